"""The stage deploy: main moves to what was judged, or not at all; and what a kill leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.engine_world import REPO, World, make_world

from coverage_gate import gate
from coverage_gate.clock import SystemClock
from stage_engine.engine import Engine, advance_stage, advance_task, settle_intents
from stage_engine.landing import finish
from stage_engine.lease import acquire
from stage_engine.values import StepStatus, Task, TaskStatus

TESTED = {"tests/test_f1.py": ""}


class KilledError(BaseException):
    """Stands in for a signal that nobody can catch."""


@dataclass(slots=True, kw_only=True)
class Tripwire:
    """A progress that acts when a step of this name begins."""

    name: str
    act: Callable[[], object]

    def step(self, text: str) -> None:
        if text.endswith(self.name):
            self.act()

    def detail(self, text: str) -> None:
        del text


@dataclass(slots=True, kw_only=True)
class TrickClock:
    """The real clock, which acts at one call after it was armed.

    Every transaction and every lease looks at the clock, so that a call is a place between two
    effects.
    """

    at_call: int
    act: Callable[[], object]
    clock: SystemClock = field(default_factory=SystemClock)
    calls: int = -1

    def arm(self) -> None:
        self.calls = 0

    def _count(self) -> None:
        if self.calls >= 0:
            self.calls += 1
            if self.calls == self.at_call:
                self.act()

    def now_iso(self) -> str:
        self._count()
        return self.clock.now_iso()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def now_ms(self) -> int:
        self._count()
        return self.clock.now_ms()

    def boot_id(self) -> str:
        return self.clock.boot_id()


def die() -> None:
    raise KilledError


def judged(world: World, branch: str = "f1") -> tuple[Engine, Task]:
    """A task in deploy, its sub-gates passed."""
    world.feature(branch, {f"tests/test_{branch}.py": ""})
    engine = world.engine()
    task = world.at_stage(engine, world.submit(engine, branch), "deploy-staging")
    assert advance_stage(task.id, engine=engine).to_stage == "deploy"
    return engine, world.task(engine, task.id)


def killed_before(world: World, step: str) -> tuple[Engine, Task]:
    """A task whose process died when this step of deploy began."""
    engine, task = judged(world)
    with pytest.raises(KilledError):
        advance_stage(task.id, engine=replace(engine, progress=Tripwire(name=step, act=die)))
    return engine, task


def test_main_is_the_judged_commit_afterwards(world: World) -> None:
    engine, task = judged(world)
    result = advance_stage(task.id, engine=engine)
    assert (result.advanced, result.to_stage) == (True, "done")
    assert world.head() == task.judged_head
    assert engine.store.shared.open_intents(REPO) == ()


@pytest.mark.parametrize("branch", ["main", "f1"])
def test_a_verdict_on_other_commits_is_void_and_no_failure(world: World, branch: str) -> None:
    engine, task = judged(world)
    late = world.commit(branch, {"late.txt": "late"})
    main = world.head()
    result = advance_stage(task.id, engine=engine)
    assert (result.to_stage, result.waiting, result.rolled_back_to) == (
        "deploy-staging",
        False,
        None,
    )
    back = world.task(engine, task.id)
    assert (back.judged_head, back.developer_retries, world.head()) == (None, 0, main)
    assert world.lease_holder(engine) is None
    assert advance_task(task.id, engine=engine).to_stage == "done"
    assert world.repo.git("merge-base", late, "main") == late


def test_a_branch_that_is_gone_is_not_merged(world: World) -> None:
    engine, task = judged(world)
    world.repo.git("update-ref", "-d", "refs/heads/f1")
    assert advance_stage(task.id, engine=engine).to_stage == "deploy-staging"
    assert advance_stage(task.id, engine=engine).waiting
    assert world.head() == task.judged_base


def test_main_that_moves_at_the_last_moment_is_not_overwritten(world: World) -> None:
    engine, task = judged(world)
    late: list[str] = []
    # The merge looks at the clock once: when it writes its intent, after it looked at main.
    clock = TrickClock(at_call=2, act=lambda: late.append(world.commit("main", {"l": "l"})))
    tripwire = Tripwire(name=": merge", act=clock.arm)
    hasty = replace(engine, store=replace(engine.store, clock=clock), progress=tripwire)
    result = advance_stage(task.id, engine=hasty)
    assert (result.to_stage, [world.head()]) == ("deploy-staging", late)
    assert "moved away" in result.reason
    assert engine.store.shared.open_intents(REPO) == ()
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_a_lease_that_is_lost_while_merging_makes_the_task_wait(world: World) -> None:
    engine, task = judged(world)

    def rob() -> None:
        lease = engine.store.shared.lease(REPO)
        assert lease is not None
        engine.store.shared.release_lease(REPO, holder="F1", fence=lease.fence)

    robbed = replace(engine, progress=Tripwire(name="merge", act=rob))
    result = advance_stage(task.id, engine=robbed)
    assert (result.waiting, result.reason) == (True, "the merge lease was lost")
    assert world.head() == task.judged_base
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_a_baseline_is_not_believed_after_the_lease_was_lost(world: World) -> None:
    engine, task = judged(world)

    def rob() -> None:
        lease = engine.store.shared.lease(REPO)
        assert lease is not None
        engine.store.shared.release_lease(REPO, holder="F1", fence=lease.fence)

    robbed = replace(engine, progress=Tripwire(name="merge-verify", act=rob))
    result = advance_stage(task.id, engine=robbed)
    assert (result.waiting, world.task(engine, task.id).stage) == (True, "deploy")
    assert (world.head(), world.baseline()) == (task.judged_head, None)
    assert advance_stage(task.id, engine=engine).to_stage == "done"
    assert world.baseline() == 52.0


def test_main_that_lost_the_merge_again_is_noticed(world: World) -> None:
    engine, task = judged(world)

    def undo() -> None:
        world.repo.git("update-ref", "refs/heads/main", str(task.judged_base))

    result = advance_stage(
        task.id, engine=replace(engine, progress=Tripwire(name="merge-verify", act=undo))
    )
    assert result.waiting
    assert "does not hold" in result.reason
    assert world.baseline() is None


@pytest.mark.parametrize("step", ["look at the branch", "merge", "merge-verify"])
def test_a_task_whose_process_was_killed_ends_as_if_it_was_not(world: World, step: str) -> None:
    engine, task = killed_before(world, step)
    assert advance_stage(task.id, engine=engine).to_stage == "done"
    assert (world.head(), world.baseline()) == (task.judged_head, 52.0)
    assert world.lease_holder(engine) is None
    assert engine.store.shared.open_intents(REPO) == ()


def expire(engine: Engine) -> None:
    """Let the lease of whoever has it run out."""
    lease = engine.store.shared.lease(REPO)
    assert lease is not None
    engine.store.shared.renew_lease(
        REPO,
        holder=lease.holder or "",
        fence=lease.fence,
        ttl_ms=1,
        now_ms=engine.clock.now_ms() - 10,
        boot=engine.clock.boot_id(),
    )


def test_the_next_one_finishes_what_was_killed_after_the_merge(world: World) -> None:
    engine, task = killed_before(world, "merge-verify")
    world.feature("f2", {"tests/test_f2.py": ""})
    other = world.submit(engine, "f2")
    expire(engine)
    assert advance_task(other.id, engine=engine).to_stage == "done"
    assert world.task(engine, task.id).status is TaskStatus.DONE
    assert {run.status for run in world.runs(engine)} == {TaskStatus.DONE}
    assert (world.holds("f1"), world.holds("f2"), world.baseline()) == (True, True, 53.0)


def open_intent(world: World, engine: Engine, task: Task) -> None:
    """Leave the intent of a task as a process does that dies right after writing it."""
    lease = engine.acquire(task)
    assert lease is not None
    engine.store.shared.open_intent(
        repository=REPO,
        holder=lease.holder,
        fence=lease.fence,
        sha=str(task.judged_head),
        payload={"task_id": task.id, "old": task.judged_base},
        at="2026-01-01T00:00:00Z",
    )
    assert world.lease_holder(engine) == task.work_item


def test_an_intent_that_was_not_carried_out_is_dropped(world: World) -> None:
    engine, task = judged(world)
    open_intent(world, engine, task)
    assert settle_intents(engine, REPO) == 1
    assert (world.baseline(), world.lease_holder(engine)) == (None, None)
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_an_intent_of_a_task_that_somebody_works_on_is_left_alone(world: World) -> None:
    engine, task = judged(world)
    open_intent(world, engine, task)
    with engine.exclusive(task.id):
        assert settle_intents(engine, REPO) == 0
        assert settle_intents(engine, REPO, own=task.id) == 1


def test_an_intent_waits_while_another_one_holds_the_lease(world: World) -> None:
    engine, task = judged(world)
    open_intent(world, engine, task)
    expire(engine)
    other = acquire(engine.store.shared, engine.clock, repo=REPO, holder="OTHER", ttl_s=60)
    assert other is not None
    assert settle_intents(engine, REPO) == 0
    assert len(engine.store.shared.open_intents(REPO)) == 1


def test_an_intent_of_another_task_stays_open_when_a_task_is_finished(world: World) -> None:
    engine, task = judged(world)
    other = world.submit(engine, "main", "OTHER")
    lease = engine.acquire(task)
    assert lease is not None
    engine.store.shared.open_intent(
        repository=REPO,
        holder=lease.holder,
        fence=lease.fence,
        sha="0" * 40,
        payload={"task_id": other.id},
        at="2026-01-01T00:00:00Z",
    )
    assert advance_stage(task.id, engine=engine).to_stage == "done"
    assert [intent.sha for intent in engine.store.shared.open_intents(REPO)] == ["0" * 40]


def test_settling_twice_raises_the_baseline_once(world: World) -> None:
    engine, _ = killed_before(world, "merge-verify")
    assert [settle_intents(engine, REPO), settle_intents(engine, REPO)] == [1, 0]
    assert len(engine.store.shared.ratchet_log(REPO, limit=10)) == 1


def test_nothing_is_finished_without_the_lease(world: World) -> None:
    engine, task = judged(world)
    lease = engine.acquire(task)
    assert lease is not None
    lease.release()
    assert finish(engine, task, lease) is None
    assert world.task(engine, task.id) == task


def test_a_merge_without_artefact_is_done_with_the_baseline_unchanged(world: World) -> None:
    engine, task = judged(world)
    gate.report_path(REPO, "F1").unlink()
    result = advance_stage(task.id, engine=engine)
    assert (result.to_stage, world.baseline()) == ("done", None)
    assert "baseline unchanged" in result.reason


@pytest.fixture
def checked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A repository that is not bare, with main checked out."""
    return make_world(tmp_path, monkeypatch, bare=False)


def test_a_checked_out_main_shows_the_merge(checked_out: World) -> None:
    engine, task = judged(checked_out)
    assert advance_stage(task.id, engine=engine).to_stage == "done"
    assert (checked_out.repo.path / "tests/test_f1.py").exists()
    assert checked_out.repo.git("status", "--porcelain") == ""


def test_a_checked_out_main_with_changes_in_the_way_is_not_moved(checked_out: World) -> None:
    engine, task = judged(checked_out)
    (checked_out.repo.path / "tests/test_f1.py").write_text("mine")
    result = advance_stage(task.id, engine=engine)
    assert (result.waiting, checked_out.head()) == (True, task.judged_base)
    assert "tests/test_f1.py" in result.reason
    (checked_out.repo.path / "tests/test_f1.py").unlink()
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_changes_that_are_not_in_the_way_stay(checked_out: World) -> None:
    engine, task = judged(checked_out)
    (checked_out.repo.path / "app.py").write_text("mine")
    assert advance_stage(task.id, engine=engine).to_stage == "done"
    assert checked_out.repo.git("status", "--porcelain") == " M app.py"


def test_a_checked_out_main_that_cannot_follow_any_more_is_told(checked_out: World) -> None:
    engine, task = judged(checked_out)
    (checked_out.repo.path / "tests").mkdir(exist_ok=True)

    def obstruct() -> None:
        (checked_out.repo.path / "tests/test_f1.py").write_text("mine")

    late = replace(engine, progress=Tripwire(name="merge-verify", act=obstruct))
    result = advance_stage(task.id, engine=late)
    assert (result.to_stage, checked_out.head()) == ("done", task.judged_head)
    assert "still shows the commit before" in result.reason


def test_a_kill_before_the_checkout_follows_is_mended(checked_out: World) -> None:
    engine, task = killed_before(checked_out, "merge-verify")
    assert checked_out.repo.git("status", "--porcelain") != ""
    assert advance_stage(task.id, engine=engine).to_stage == "done"
    assert checked_out.repo.git("status", "--porcelain") == ""


def test_the_steps_of_a_void_verdict_are_recorded(world: World) -> None:
    engine, task = judged(world)
    world.commit("main", {"late.txt": "late"})
    advance_stage(task.id, engine=engine)
    last = world.steps(engine, task.id)[-1]
    assert (last.step, last.status) == ("merge", StepStatus.FAILED)


def test_a_kill_between_any_two_effects_changes_nothing_in_the_end(world: World) -> None:
    kills, ended, engine = 0, False, world.engine()
    while not ended:
        _, task = judged(world, f"f{kills}")
        clock = TrickClock(at_call=kills + 1, act=die)
        clock.arm()
        try:
            mortal = replace(engine, store=replace(engine.store, clock=clock))
            ended = advance_stage(task.id, engine=mortal).to_stage == "done"
        except KilledError:
            kills += 1
            assert advance_task(task.id, engine=engine).to_stage == "done"
        assert (world.head(), world.lease_holder(engine)) == (task.judged_head, None)
    assert kills >= 8
    assert (world.baseline(), engine.store.shared.open_intents(REPO)) == (52 + kills, ())


def test_no_step_of_a_task_that_somebody_else_finished_stays_open(world: World) -> None:
    engine, task = killed_before(world, "merge-verify")
    assert StepStatus.RUNNING in {step.status for step in world.steps(engine, task.id)}
    assert settle_intents(engine, REPO) == 1
    assert world.task(engine, task.id).status is TaskStatus.DONE
    assert StepStatus.RUNNING not in {step.status for step in world.steps(engine, task.id)}
