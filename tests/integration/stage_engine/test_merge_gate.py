"""The edge deploy-staging → deploy: merge gate, coverage gate, and what refuses."""

import json
import shutil
from collections.abc import Callable

import pytest
from tests.engine_world import REPO, World

from coverage_gate import gate
from coverage_gate.adapters.report_files import read_report_file
from stage_engine import tasks
from stage_engine.engine import advance_stage, advance_task, handle_coverage_gate
from stage_engine.lease import acquire
from stage_engine.merge import cross
from stage_engine.passage import Passage
from stage_engine.qg import Answer
from stage_engine.repository import Merged, Origin
from stage_engine.values import AdvanceResult, JobState, StepStatus, TaskStatus

TESTED = {"tests/test_f1.py": ""}


@pytest.fixture
def ready(world: World) -> World:
    """A tested feature beside a main that has moved on."""
    world.feature("f1", TESTED)
    world.commit("main", {"m.txt": "m"})
    return world


def raising(error: Exception) -> Callable[[str, str, str], Answer]:
    def check(repo: str, work_item: str, branch: str) -> Answer:
        del repo, work_item, branch
        raise error

    return check


def test_the_branch_is_caught_up_in_its_worktree_before_it_is_judged(ready: World) -> None:
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    head, main = ready.head("f1"), ready.head()
    assert advance_stage(task.id, engine=engine).to_stage == "deploy"
    assert ready.repo.git("show", "-s", "--format=%P", "f1") == f"{head} {main}"
    assert ready.judged == [ready.head("f1")]
    assert (ready.worktree("f1") / "m.txt").read_text() == "m"


def test_a_branch_that_holds_main_stays_as_it_is(world: World) -> None:
    head = world.feature("f1", TESTED)
    engine = world.engine()
    task = world.at_stage(engine, world.submit(engine, "f1"), "deploy-staging")
    advance_stage(task.id, engine=engine)
    judged = world.task(engine, task.id)
    assert (judged.judged_head, judged.judged_base, world.head("f1")) == (head, world.head(), head)


def test_the_lease_is_held_from_the_merge_gate_to_the_merge(ready: World) -> None:
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    advance_stage(task.id, engine=engine)
    assert ready.lease_holder(engine) == "F1"
    advance_stage(task.id, engine=engine)
    assert ready.lease_holder(engine) is None


@pytest.mark.parametrize("stage", ["deploy-staging", "deploy"])
def test_a_busy_lease_is_waited_for_and_is_no_failure(ready: World, stage: str) -> None:
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), stage)
    other = acquire(engine.store.shared, engine.clock, repo=REPO, holder="OTHER", ttl_s=60)
    assert other is not None
    result = advance_stage(task.id, engine=engine)
    assert (result.waiting, result.rolled_back_to, result.to_stage) == (True, None, stage)
    waiting = ready.task(engine, task.id)
    assert (waiting.status, waiting.developer_retries) == (TaskStatus.WAITING, 0)
    other.release()
    ready.at_stage(engine, task, "deploy-staging")
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_a_conflict_rolls_back_with_its_paths(world: World) -> None:
    world.feature("f1", {"app.py": "x = 2\n"})
    world.commit("main", {"app.py": "x = 3\n"})
    engine = world.engine()
    task = world.at_stage(engine, world.submit(engine, "f1"), "deploy-staging")
    head = world.head("f1")
    result = advance_stage(task.id, engine=engine)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert "conflicts with main in app.py" in result.reason
    assert (world.head("f1"), world.lease_holder(engine)) == (head, None)


def test_a_conflict_that_arises_under_the_lease_rolls_back_too(world: World) -> None:
    world.feature("f1", {"app.py": "x = 2\n"})
    engine = world.engine(check_branch_mergeable=lambda *_: (True, "it was so a moment ago"))
    world.commit("main", {"app.py": "x = 3\n"})
    task = world.at_stage(engine, world.submit(engine, "f1"), "deploy-staging")
    result = advance_stage(task.id, engine=engine)
    assert (result.rolled_back_to, world.lease_holder(engine)) == ("development", None)
    assert "conflicts with main in app.py" in world.jobs(engine)[0].payload["order"]


def test_a_coverage_failure_sends_back_with_one_job_and_frees_the_lease(world: World) -> None:
    world.untested("f1")
    engine = world.engine()
    task = world.at_stage(engine, world.submit(engine, "f1"), "deploy-staging")
    result = advance_stage(task.id, engine=engine)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert (result.to_stage, result.waiting, result.parked) == ("development", False, False)
    [job] = world.jobs(engine)
    back = world.task(engine, task.id)
    assert (back.stage, back.developer_retries, back.job_id) == ("development", 1, job.id)
    assert world.lease_holder(engine) is None


@pytest.fixture
def untested(world: World) -> World:
    world.untested("f1")
    return world


def test_the_job_carries_reason_and_report_and_the_judged_head(untested: World) -> None:
    engine = untested.engine()
    task = untested.at_stage(engine, untested.submit(engine, "f1"), "deploy-staging")
    advance_stage(task.id, engine=engine)
    [job] = untested.jobs(engine)
    assert job.payload["head"] == untested.head("f1")
    assert "measured 50 %" in job.payload["order"]
    assert "What the gate found" in job.payload["order"]


def test_people_and_tracker_are_told_of_a_failure_in_the_same_transaction(untested: World) -> None:
    engine = untested.engine()
    task = untested.at_stage(engine, untested.submit(engine, "f1"), "deploy-staging")
    advance_stage(task.id, engine=engine)
    told = [json.loads(message.payload) for message in untested.messages(engine)]
    assert [one["kind"] for one in told] == [
        "stage-change",
        "stage",
        "in-progress",
        "qg-failure",
        "comment",
    ]
    assert {one["task_id"] for one in told} == {task.id}


def test_past_the_retry_limit_no_job_is_queued_and_the_lease_is_free(untested: World) -> None:
    untested.set(DEVELOPER_RETRY_LIMIT="1")
    engine = untested.engine()
    task = untested.submit(engine, "f1")
    untested.at_stage(engine, task, "deploy-staging", developer_retries=1)
    result = advance_stage(task.id, engine=engine)
    assert (result.parked, result.enqueued_agent, untested.jobs(engine)) == (True, None, ())
    parked = untested.task(engine, task.id)
    assert (parked.status, parked.stage, parked.reason) == (
        TaskStatus.PARKED,
        "development",
        "measured 50 %",
    )
    assert untested.lease_holder(engine) is None


def test_a_coverage_gate_that_raises_answers_as_the_policy_says(ready: World) -> None:
    engine = ready.engine(check_coverage_gate=raising(ValueError("boom")))
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    result = advance_stage(task.id, engine=engine)
    [step] = [s for s in ready.steps(engine, task.id) if s.step == "check_coverage_gate"]
    assert (result.to_stage, step.status) == ("deploy", StepStatus.PASSED)
    assert "did not answer" in step.detail["reason"]


def test_a_coverage_gate_that_raises_blocks_when_closed(ready: World) -> None:
    ready.set(COVERAGE_TOOL_FAIL_CLOSED="true")
    engine = ready.engine(check_coverage_gate=raising(ValueError("boom")))
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    assert advance_stage(task.id, engine=engine).rolled_back_to == "development"


def test_the_gate_alone_intervenes_on_fail(untested: World) -> None:
    engine = untested.engine()
    task = untested.at_stage(engine, untested.submit(engine, "f1"), "deploy-staging")
    acquire(engine.store.shared, engine.clock, repo=REPO, holder="F1", ttl_s=60)
    result = AdvanceResult(task_id=task.id, from_stage=task.stage, to_stage=task.stage)
    subject = (task.id, task.stage, REPO, "F1", "f1", "", result)
    assert handle_coverage_gate(*subject, engine=engine)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert untested.lease_holder(engine) is None


def test_the_gate_alone_touches_nothing_on_pass(ready: World) -> None:
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    result = AdvanceResult(task_id=task.id, from_stage=task.stage, to_stage=task.stage)
    subject = (task.id, task.stage, REPO, "F1", "f1", "", result)
    assert not handle_coverage_gate(*subject, engine=engine)
    assert ready.task(engine, task.id) == task
    assert [step.status for step in ready.steps(engine, task.id)] == [StepStatus.PASSED]


def test_the_gate_alone_opens_an_engine_by_the_settings(ready: World) -> None:
    ready.set(COVERAGE_GATE_ENABLED="false")
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    result = AdvanceResult(task_id=task.id, from_stage=task.stage, to_stage=task.stage)
    assert not handle_coverage_gate(task.id, task.stage, REPO, "F1", "f1", "", result)


@pytest.mark.parametrize(("script", "goes_on"), [("test -f m.txt", True), ("false", False)])
def test_the_re_test_runs_on_the_caught_up_tree(ready: World, script: str, goes_on: bool) -> None:
    ready.set(TEST_COMMAND=script)
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    result = advance_stage(task.id, engine=engine)
    assert result.to_stage == ("deploy" if goes_on else "development"), result
    assert len(ready.judged) == int(goes_on)


def test_a_re_test_that_cannot_start_makes_the_task_wait(ready: World) -> None:
    ready.set(TEST_COMMAND="no-such-program")
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    result = advance_stage(task.id, engine=engine)
    assert (result.waiting, result.to_stage) == (True, "deploy-staging")
    assert "SandboxError" in result.reason


def test_what_was_left_uncommitted_is_kept_and_not_tested(ready: World) -> None:
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    ready.set(TEST_COMMAND="sh -c 'test ! -s tests/test_f1.py'")
    gate.ensure_worktree(REPO, "f1")
    (ready.worktree("f1") / "tests/test_f1.py").write_text("left")
    assert advance_stage(task.id, engine=ready.engine()).to_stage == "deploy"
    [step] = [s for s in ready.steps(engine, task.id) if s.step == "merge gate: catch-up"]
    assert "what was not committed there is in refs/leftovers/f1/" in step.detail["reason"]


def test_a_worktree_that_was_removed_by_hand_is_no_trouble(ready: World) -> None:
    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    advance_stage(task.id, engine=engine)
    shutil.rmtree(ready.worktree("f1"))
    ready.at_stage(engine, task, "deploy-staging")
    assert advance_task(task.id, engine=engine).to_stage == "done"


@pytest.mark.parametrize("branch", ["main", "f1"])
def test_what_moves_while_it_is_judged_is_judged_again(ready: World, branch: str) -> None:
    moved: list[str] = []

    def meddle(repo: str, work_item: str, name: str) -> Answer:
        if not moved:
            moved.append(ready.commit(branch, {"late.txt": "late"}))
        return ready.measure(repo, work_item, name)

    engine = ready.engine(check_coverage_gate=meddle)
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    result = advance_stage(task.id, engine=engine)
    assert (result.waiting, result.to_stage) == (True, "deploy-staging")
    assert "moved while it was judged" in result.reason
    assert ready.lease_holder(engine) is None
    assert advance_task(task.id, engine=engine).to_stage == "done"
    assert ready.repo.git("merge-base", moved[0], "main") == moved[0]


def test_a_branch_that_goes_before_the_catch_up_makes_the_task_wait(ready: World) -> None:
    def delete(repo: str, work_item: str, branch: str) -> Answer:
        del repo, work_item
        ready.repo.git("update-ref", "-d", f"refs/heads/{branch}")
        return True, "it was there"

    engine = ready.engine(check_branch_mergeable=delete)
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    result = advance_stage(task.id, engine=engine)
    assert (result.waiting, ready.lease_holder(engine)) == (True, None)
    assert "the branch f1 is gone" in result.reason


def test_a_branch_that_moves_while_it_is_caught_up_is_not_overwritten(ready: World) -> None:
    late: list[str] = []

    class Moving(Origin):
        """A repository whose branch gets a commit just when the merge is made."""

        def merged(self, ours: str, theirs: str) -> Merged:
            late.append(ready.commit("f1", {"late.txt": "late"}))
            return super().merged(ours, theirs)

    engine = ready.engine()
    task = ready.at_stage(engine, ready.submit(engine, "f1"), "deploy-staging")
    plain = engine.origin(REPO)
    with engine.store.writing() as rows:
        run = tasks.ensure_run(rows, task.id, source="test")
    result = AdvanceResult(task_id=task.id, from_stage=task.stage, to_stage=task.stage)
    passage = Passage(engine=engine, task=task, run=run, result=result)
    cross(passage, Moving(name=plain.name, location=plain.location, main=plain.main))
    assert (result.waiting, result.reason) == (True, "f1 moved while it was caught up")
    assert [ready.head("f1")] == late


def test_a_failed_task_that_was_mended_by_hand_comes_again(untested: World) -> None:
    engine = untested.engine()
    task = untested.submit(engine, "f1")
    assert advance_task(task.id, engine=engine).waiting
    untested.commit("f1", {"tests/test_f1.py": ""})
    assert advance_task(task.id, engine=engine).to_stage == "done"
    assert [job.state for job in untested.jobs(engine)] == [JobState.CANCELLED]
    assert untested.baseline() == 51.0


def test_the_report_of_the_merge_is_that_of_the_merged_tree(ready: World) -> None:
    engine = ready.engine()
    advance_task(ready.submit(engine, "f1").id, engine=engine)
    text = read_report_file(gate.report_path(REPO, "F1"))
    assert ready.repo.git("rev-parse", "main^{tree}") in text
