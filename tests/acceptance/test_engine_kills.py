"""Workers of a running pipeline are killed a hundred times, and every task ends where it must."""

from __future__ import annotations

import os
import random
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.acceptance.killed_workers import HOST, Fleet, engine_for, percent_of
from tests.engine_world import REPO, World, make_world

from stage_engine import jobqueue, tasks
from stage_engine.engine import Engine, submit_task
from stage_engine.values import JobState, StepStatus, Task, TaskStatus

KILLS, HITS, MERGES = 100, 50, 12
SEED = 20_240_229
#: A worker is killed so many seconds after it was seen with a job, at most.
SPAN_S = 0.7
#: Jobs that lost a worker rest for a while; so long is waited for one that does not.
IDLE_S = 0.5
#: With fewer open tasks there are new ones, so that workers have something to do.
FEW = 4
LIMIT_S = 300.0
#: Follows the work order, which names the branch by its task; one task is beyond it.
DEVELOPER = """
grep -q "do $ORCH_BRANCH" "$ORCH_WORK_ORDER"
case "$ORCH_BRANCH" in doomed*) echo no idea; exit 1;; esac
mkdir -p tests
touch "tests/test_$ORCH_BRANCH.py"
git add -A
git -c user.name=dev -c user.email=dev@example.invalid -c core.hooksPath=/dev/null commit -qm tests
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """All that is left when a pipeline has come to its end.

    Attributes:
        done: Branches of the tasks that are done.
        parked: Branches of the tasks that wait for a person.
        merged: Branches whose file main holds, and whose head.
        baseline: In percent.
        lease: Who holds the merge lease.
        left: Intents, jobs and steps that are not over, and locks of git.
        database: What SQLite says of its file.
    """

    done: list[str]
    parked: list[str]
    merged: list[str]
    baseline: float | None
    lease: str | None = None
    left: list[str] = field(default_factory=list)
    database: str = "ok"


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """Batches of tasks, and what has to become of each."""

    world: World
    engine: Engine
    merging: list[str] = field(default_factory=list)
    doomed: list[str] = field(default_factory=list)

    def submit_batch(self, number: int) -> None:
        """Two tested branches, two that a developer mends, and one that nobody mends."""
        for kind in ("tested", "sound", "bare", "naked", "doomed"):
            branch = f"{kind}{number}"
            has_test = kind in {"tested", "sound"}
            test = {f"tests/test_{branch}.py": ""} if has_test else {}
            self.world.feature(branch, {f"{branch}.txt": branch, **test})
            (self.doomed if kind == "doomed" else self.merging).append(branch)
            item, title = branch.upper(), f"do {branch}"
            submit_task(
                self.engine, repo=REPO, work_item=item, branch=branch, title=title, host=HOST
            )

    def tasks(self) -> tuple[Task, ...]:
        with self.engine.store.reading() as rows:
            return tasks.listed(rows)

    def is_settled(self) -> bool:
        return not self.open_tasks() and not self.active_jobs()

    def open_tasks(self) -> int:
        return sum(task.is_open for task in self.tasks())

    def active_jobs(self) -> tuple[str, ...]:
        states = [state for state in JobState if state.is_active]
        with self.engine.store.reading() as rows:
            jobs = jobqueue.listed(rows, states=states)
        return tuple(f"{job.kind} of task {job.task_id}: {job.state}" for job in jobs)

    def ended(self, status: TaskStatus) -> list[str]:
        return sorted(task.branch for task in self.tasks() if task.status is status)

    def running_steps(self) -> list[str]:
        return [
            f"{task.branch}: {step.stage}, {step.step}"
            for task in self.tasks()
            for step in self.world.steps(self.engine, task.id)
            if step.status is StepStatus.RUNNING
        ]

    def files_of_main(self) -> list[str]:
        return self.world.repo.git("ls-tree", "-r", "--name-only", "main").splitlines()

    def merged(self) -> list[str]:
        """What main holds by its files, each with what main holds by its history."""
        files = [name.removesuffix(".txt") for name in self.files_of_main()]
        named = {*self.merging, *self.doomed} & {*files}
        held = {name for name in (*self.merging, *self.doomed) if self.world.holds(name)}
        only_files = [f"only its files: {self._lines(name)}" for name in named - held]
        only_history = [f"only its history: {self._lines(name)}" for name in held - named]
        return sorted([*(named & held), *only_files, *only_history])

    def _lines(self, branch: str) -> str:
        """How a branch and main went, for the message of a failure."""
        drawn = self.world.repo.git("log", "--graph", "--format=%h %s %D", branch, "main")
        moves = self.world.repo.git("reflog", "show", "--format=%h %gd %gs %cd", branch)
        judged = [task.judged_head for task in self.tasks() if task.branch == branch]
        return f"{branch}, judged {judged}\n{drawn}\n{moves}\n"

    def ending(self) -> Ending:
        self.world.repo.git("fsck", "--connectivity-only", "--no-dangling")
        with self.engine.store.reading() as rows:
            database = rows.connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        intents = map(str, self.engine.store.shared.open_intents(REPO))
        locks = map(str, Path(self.world.repo.git_dir).rglob("*.lock"))
        return Ending(
            done=self.ended(TaskStatus.DONE),
            parked=self.ended(TaskStatus.PARKED),
            merged=self.merged(),
            baseline=self.world.baseline(),
            lease=self.world.lease_holder(self.engine),
            left=[*intents, *self.active_jobs(), *self.running_steps(), *locks],
            database=database,
        )

    def is_wrong(self, task: Task) -> bool:
        return (task.status is TaskStatus.PARKED) != (task.branch in self.doomed)

    def told(self) -> str:
        """Where everything is, for the message of a failure."""
        astray = [t for t in self.tasks() if t.is_open or self.is_wrong(t)]
        lines = [f"{t.branch}: {t.stage} {t.status} {t.reason}" for t in astray]
        said = " ".join(t.reason for t in astray)
        named = {t.branch for t in self.tasks() if t.branch in said} | {t.branch for t in astray}
        lines += map(self._lines, sorted(named))
        return "\n".join([*lines, *self.active_jobs()])


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    for name in [name for name in os.environ if name.startswith("ORCH_")]:
        monkeypatch.delenv(name)
    world = make_world(tmp_path, monkeypatch)
    script = tmp_path / "developer.sh"
    script.write_text(DEVELOPER)
    world.repo.git("config", "core.logAllRefUpdates", "always")
    world.set(DEVELOPER_COMMAND=shlex.join(["sh", "-e", str(script)]))
    world.set(DEVELOPER_RETRY_LIMIT="2", LEASE_TTL_S="1")
    return Pipeline(world=world, engine=engine_for(world.repo))


@pytest.fixture
def fleet(pipeline: Pipeline) -> Iterator[Fleet]:
    variables = {name: value for name, value in os.environ.items() if name.startswith("ORCH_")}
    fleet = Fleet(
        repository=pipeline.world.repo, engine=pipeline.engine, variables=variables, size=2
    )
    yield fleet
    fleet.stop()


def _kill_at_random(pipeline: Pipeline, fleet: Fleet, chance: random.Random) -> None:
    deadline, batches = time.monotonic() + LIMIT_S, 0
    # On a slow machine less gets done between two kills: then it takes more of them.
    while fleet.kills < KILLS or len(pipeline.merging) < MERGES:
        assert time.monotonic() < deadline, pipeline.told()
        if pipeline.open_tasks() < FEW:
            pipeline.submit_batch(batches)
            batches += 1
        victim = chance.randrange(fleet.size)
        fleet.await_job(victim, within_s=IDLE_S)
        time.sleep(chance.uniform(0, SPAN_S))
        if not fleet.spares(victim):
            fleet.kill(victim)


def _await_end(pipeline: Pipeline) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not pipeline.is_settled():
        assert time.monotonic() < deadline, pipeline.told()
        time.sleep(0.05)


def test_after_a_hundred_kills_every_task_has_ended_where_it_must(
    pipeline: Pipeline, fleet: Fleet
) -> None:
    fleet.fill()
    _kill_at_random(pipeline, fleet, random.Random(SEED))  # noqa: S311 - no secret
    _await_end(pipeline)
    enough = (fleet.kills >= KILLS, fleet.hits >= HITS, len(pipeline.merging) >= MERGES)
    assert enough == (True, True, True), f"{fleet.kills} kills, {fleet.hits} of them at work"
    assert pipeline.ending() == Ending(
        done=sorted(pipeline.merging),
        parked=sorted(pipeline.doomed),
        merged=sorted(pipeline.merging),
        baseline=percent_of(pipeline.files_of_main()),
    ), pipeline.told()
