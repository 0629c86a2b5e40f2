"""A small real world for the engine: a repository, a database, and a gate that measures at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from coverage_gate import gate
from coverage_gate.adapters.report_files import write_report
from coverage_gate.core.records import OutboxRow
from coverage_gate.testing.repositories import RepositoryBuilder
from stage_engine import jobqueue, tasks
from stage_engine.engine import Engine, open_engine, submit_task
from stage_engine.qg import QG_CHECKS, Answer, Check
from stage_engine.values import Job, Run, StageExecution, Task

REPO = "shop"
FAR = "9999-01-01T00:00:00Z"


@dataclass(slots=True, kw_only=True)
class World:
    """Everything below one folder, and the environment that names it.

    Attributes:
        folder: Holds it all.
        repo: The authoritative repository.
        patch: Sets variables.
        judged: Branch heads that the stand-in for the coverage gate saw.
    """

    folder: Path
    repo: RepositoryBuilder
    patch: pytest.MonkeyPatch
    judged: list[str] = field(default_factory=list)

    def set(self, **variables: str) -> None:
        """Set ORCH_* variables, named without the prefix."""
        for name, value in variables.items():
            self.patch.setenv(f"ORCH_{name}", value)

    def engine(self, **checks: Check) -> Engine:
        """An engine by the environment as it is now, some checks replaced."""
        all_checks = {**QG_CHECKS, "check_coverage_gate": self.measure, **checks}
        return self.with_checks(open_engine(), all_checks)

    def with_checks(self, engine: Engine, checks: Mapping[str, Check]) -> Engine:
        """The engine with these checks alone."""
        return replace(engine, checks=checks)

    def feature(self, branch: str, files: Mapping[str, str] | None = None) -> str:
        """A branch off main with one commit. Returns its id."""
        self._follow()
        self.repo.branch(branch)
        sha = self.repo.commit(branch, files or {f"{branch}.txt": branch})
        self.repo.switch("main")
        return sha

    def commit(self, branch: str, files: Mapping[str, str]) -> str:
        """One more commit on a branch, made without its worktree. Returns its id."""
        self._follow()
        self.repo.switch(branch)
        sha = self.repo.commit("more", files)
        self.repo.switch("main")
        return sha

    def untested(self, branch: str) -> None:
        """A main without tests, and a branch off it."""
        self._follow()
        self.repo.delete("tests")
        self.repo.commit("no tests")
        self.feature(branch)

    def _follow(self) -> None:
        # The engine moves main beneath the builder's index.
        self.repo.git("read-tree", "--reset", "-u", "HEAD")

    def head(self, branch: str = "main") -> str:
        """The commit of a branch."""
        return self.repo.git("rev-parse", f"refs/heads/{branch}")

    def holds(self, branch: str) -> bool:
        """Whether main holds the head of a branch."""
        return self.repo.git("merge-base", "main", branch) == self.head(branch)

    def worktree(self, branch: str) -> Path:
        """Where the branch's worktree is."""
        return self.folder / "worktrees" / REPO / branch

    def measure(self, repo: str, work_item: str, branch: str) -> Answer:
        """Stands in for the gate: 50 % and 1 for each test file, FAIL without any; with report."""
        files = self.repo.git("ls-tree", "-r", "--name-only", branch).splitlines()
        percent = 50 + sum(name.startswith("tests/") for name in files)
        ok = percent > 50
        fields = {
            "coverage_status": "PASS" if ok else "FAIL",
            "measured_coverage": percent,
            "tree": self.repo.git("rev-parse", f"{branch}^{{tree}}"),
            "commit": self.head(branch),
            "reason": f"{percent} %",
        }
        path = gate.report_path(repo, work_item)
        write_report(path, gate.render_coverage_report(work_item, fields))
        self.judged.append(self.head(branch))
        return ok, f"measured {percent} %"

    def submit(self, engine: Engine, branch: str, work_item: str = "") -> Task:
        """A task for a branch; the work item is the branch's name in capitals."""
        item = work_item or branch.upper()
        return submit_task(engine, repo=REPO, work_item=item, branch=branch, title=f"do {branch}")

    def at_stage(self, engine: Engine, task: Task, stage: str, **values: object) -> Task:
        """Put a task at a stage."""
        with engine.store.writing() as rows:
            return tasks.change(rows, tasks.find(rows, task.id), stage=stage, **values)

    def task(self, engine: Engine, task_id: int) -> Task:
        """A task as it stands."""
        with engine.store.reading() as rows:
            return tasks.find(rows, task_id)

    def runs(self, engine: Engine) -> tuple[Run, ...]:
        """All runs, newest first."""
        with engine.store.reading() as rows:
            return tasks.runs(rows)

    def steps(self, engine: Engine, task_id: int) -> list[StageExecution]:
        """The steps of all runs of a task, oldest first."""
        with engine.store.reading() as rows:
            runs = tasks.runs(rows, task_id=task_id)
            return [step for run in reversed(runs) for step in tasks.executions(rows, run.run_id)]

    def jobs(self, engine: Engine) -> tuple[Job, ...]:
        """All jobs, newest first."""
        with engine.store.reading() as rows:
            return jobqueue.listed(rows)

    def take(self, engine: Engine, kind: str = jobqueue.DEVELOP) -> Job:
        """Take the oldest job of a kind."""
        with engine.store.writing() as rows:
            job = jobqueue.take_job(rows, worker="w1", host="h1", clock=engine.clock, kinds=[kind])
        assert job is not None
        return job

    def messages(self, engine: Engine) -> tuple[OutboxRow, ...]:
        """All messages that wait to be sent."""
        return engine.store.shared.claim_messages(at=FAR, retry_at=FAR, limit=1000)

    def lease_holder(self, engine: Engine) -> str | None:
        """Who holds the merge lease."""
        lease = engine.store.shared.lease(REPO)
        return None if lease is None else lease.holder

    def baseline(self) -> float | None:
        """The stored baseline as a percent."""
        found: float | None = gate.snapshot()["baselines"].get(REPO, {}).get("coverage")
        return found


def make_world(folder: Path, patch: pytest.MonkeyPatch, *, bare: bool = True) -> World:
    """A repository `shop` with one commit on main, and variables that lead to it."""
    repo = RepositoryBuilder.create(folder / "repos" / REPO, bare=bare)
    repo.commit("first", {"app.py": "x = 1\n", "tests/test_app.py": "def test_x(): pass\n"})
    world = World(folder=folder, repo=repo, patch=patch)
    folders = {name: str(folder / name.lower()) for name in ("REPOS", "WORKTREES", "REPORTS")}
    world.set(**{f"{name}_DIR": path for name, path in folders.items()})
    world.set(DB_PATH=str(folder / "engine.db"), COVERAGE_GATE_REPOS=REPO)
    return world
