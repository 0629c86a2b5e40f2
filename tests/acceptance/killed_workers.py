"""Workers in processes of their own that are killed and replaced, and the gate that they ask."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.context import ForkServerProcess

from coverage_gate import gate
from coverage_gate.adapters.report_files import write_report
from coverage_gate.testing.repositories import RepositoryBuilder
from stage_engine import jobqueue
from stage_engine.context import Engine
from stage_engine.engine import open_engine
from stage_engine.qg import QG_CHECKS, Answer, Check
from stage_engine.setbacks import LIMIT
from stage_engine.signals import Signals
from stage_engine.values import Job, JobState
from stage_engine.worker import Worker, WorkerOptions

HOST = "h1"

_OPTIONS = WorkerOptions(host=HOST, poll_s=0.02, recheck_s=0.2, silence_s=30, tidy_s=None)
_MANY = 10_000
_SPARED = LIMIT - 3
# Workers are forked from a server that has imported all of it: a start costs a few milliseconds.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["stage_engine.worker", "stage_engine.engine"])


def measured(repository: RepositoryBuilder, repo: str, work_item: str, branch: str) -> Answer:
    """Stands in for the gate, with a real report: half a percent for each test file.

    A branch without a test file in its own name fails.
    """
    files = repository.git("ls-tree", "-r", "--name-only", branch).splitlines()
    ok, percent = f"tests/test_{branch}.py" in files, percent_of(files)
    fields = {
        "coverage_status": "PASS" if ok else "FAIL",
        "measured_coverage": percent,
        "tree": repository.git("rev-parse", f"{branch}^{{tree}}"),
        "commit": repository.git("rev-parse", branch),
        "reason": f"{percent} %",
    }
    report = gate.render_coverage_report(work_item, fields)
    write_report(gate.report_path(repo, work_item), report)
    return ok, f"measured {percent} %"


def percent_of(files: list[str]) -> float:
    """What the stand-in measures where these files are."""
    return 50 + sum(name.startswith("tests/") for name in files) / 2


def engine_for(repository: RepositoryBuilder) -> Engine:
    """An engine by the environment, with the stand-in in place of the gate."""
    checks: dict[str, Check] = {**QG_CHECKS, "check_coverage_gate": partial(measured, repository)}
    return replace(open_engine(), checks=checks)


def _work(repository: RepositoryBuilder, variables: Mapping[str, str]) -> None:
    """Be a worker until killed."""
    os.environ.update(variables)
    # What a worker tells people is not of interest here, and a killed one may cut it short.
    with suppress(KeyboardInterrupt):
        Worker(engine=engine_for(repository), options=_OPTIONS, signals=Signals()).work()


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Workers, and an account of the killed ones.

    Attributes:
        repository: On which they work.
        engine: Sees what they see.
        variables: Their ORCH_* variables.
        size: How many live at a time.
        kills: How many living ones were killed.
        hits: How many of those had a job.
    """

    repository: RepositoryBuilder
    engine: Engine
    variables: Mapping[str, str]
    size: int
    kills: int = 0
    hits: int = 0
    _living: list[ForkServerProcess] = field(default_factory=list)

    def fill(self) -> None:
        """Start as many as are missing."""
        while len(self._living) < self.size:
            arguments = (self.repository, dict(self.variables))
            process = _CONTEXT.Process(target=_work, args=arguments, daemon=True)
            process.start()
            self._living.append(process)

    def kill(self, number: int) -> None:
        """SIGKILL the worker of this number, and have another one in its place."""
        process = self._living.pop(number)
        was_living, pid = process.is_alive(), process.pid
        process.kill()
        process.join()
        self.kills += was_living
        # Looked at before anybody starts who would take its job over; the others need a while.
        self.hits += self._has_job(pid)
        self.fill()

    def stop(self) -> None:
        """End them all."""
        for process in self._living:
            process.kill()
            process.join()
        self._living.clear()

    def await_job(self, number: int, *, within_s: float) -> None:
        """Wait until the worker of this number has a job, no longer than so many seconds."""
        deadline = time.monotonic() + within_s
        while not self._has_job(self._living[number].pid) and time.monotonic() < deadline:
            time.sleep(0.01)

    def spares(self, number: int) -> bool:
        """Whether the job of this worker lost so many that the next ones would have it given up.

        That is another test's matter; where the machine is slow, chance would bring it about here.
        """
        setbacks = (job.payload.get("setbacks", {}) for job in self._jobs(self._living[number].pid))
        return any(each.get("count", 0) >= _SPARED for each in setbacks)

    def _has_job(self, pid: int | None) -> bool:
        return bool(self._jobs(pid))

    def _jobs(self, pid: int | None) -> list[Job]:
        with self.engine.store.reading() as rows:
            jobs = jobqueue.listed(rows, states=[JobState.RUNNING], limit=_MANY)
        return [job for job in jobs if f"/{pid}/" in job.worker]
