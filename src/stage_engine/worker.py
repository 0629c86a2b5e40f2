"""A worker: takes jobs one after another, until it is asked to stop or nothing is left.

Any number of them work on one database. A job is taken by one guarded statement, a task is worked
on under a lock of the kernel, and what a dead worker had goes back into the queue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from coverage_gate.boundary import describe_error, visible
from coverage_gate.ports import StoreError
from stage_engine import jobqueue
from stage_engine.cleanup import clean_up
from stage_engine.context import Engine
from stage_engine.jobkinds import Work, kinds_for, run_job
from stage_engine.machine import worker_name
from stage_engine.pulse import carried
from stage_engine.reclaiming import Vigil, reclaim_jobs
from stage_engine.signals import Signals
from stage_engine.telling import forget_messages, told
from stage_engine.values import Job, JobState

_BEATS = 6
_LONGEST_BEAT_S = 5.0
_MANY = 10_000


class Ending(StrEnum):
    """Why a worker stopped."""

    ASKED = "asked to stop"
    MAX_JOBS = "--max-jobs reached"
    IDLE = "nothing left to do"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How a worker works.

    Attributes:
        host: Jobs of other hosts are left alone.
        poll_s: Seconds between two looks while there is nothing to do.
        max_jobs: Stop after taking so many; None: never for that.
        is_draining: Stop when no job is due and none runs elsewhere.
        waits_for_others: Whether draining waits for jobs that run elsewhere.
        silence_s: After so long without a heart-beat a worker is taken for dead.
        recheck_s: The longest time until something that waits is looked at again.
        tidy_s: Seconds between two clean-ups of what is old; None: never.
        keep_s: How old that has to be.
        scratch: Where scratch folders are; None: where this process makes its own.
    """

    host: str
    poll_s: float = 1.0
    max_jobs: int | None = None
    is_draining: bool = False
    waits_for_others: bool = True
    silence_s: float = 60.0
    recheck_s: float = 60.0
    tidy_s: float | None = 3600.0
    keep_s: float = 7 * 86_400.0
    scratch: Path | None = None

    @property
    def beat_s(self) -> float:
        """Seconds between two signs of life."""
        return min(self.silence_s / _BEATS, _LONGEST_BEAT_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """What a worker did.

    Attributes:
        worker: Its name.
        taken: How many jobs it took.
        ended: How many of them ended in which state; "pending": they went back.
        why: Why it stopped.
    """

    worker: str
    taken: int
    ended: Mapping[str, int]
    why: Ending


@dataclass(slots=True, kw_only=True)
class Worker:
    """One worker in its process.

    Attributes:
        engine: Whose jobs it does.
        options: How.
        signals: Say when to stop.
        tell: Hears in one line what happens.
        name: That no other worker ever has.
    """

    engine: Engine
    options: WorkerOptions
    signals: Signals
    tell: Callable[[str], None] = lambda _: None
    name: str = ""
    _ended: Counter[str] = field(default_factory=Counter)
    _vigil: Vigil = field(init=False)
    _next_watch: float = 0.0
    _next_tidy: float = 0.0
    _has_swept: bool = False

    def __post_init__(self) -> None:
        self.name = self.name or worker_name(self.options.host)
        self._vigil = Vigil(clock=self.engine.clock)

    def work(self) -> WorkerReport:
        """Take and do jobs until there is a reason to stop; what is to be told is told meanwhile.

        Raises:
            HurryError: If it was asked to stop twice; its job went back into the queue.
        """
        with told(self.engine, every_s=self.options.poll_s, tell=self.tell):
            return self._work()

    def _work(self) -> WorkerReport:
        taken = 0
        while (why := self._why_stop(taken)) is None:
            try:
                job = self._next()
                if job is not None:
                    taken += 1
                    self._do(job)
                elif self._is_idle():
                    why = Ending.IDLE
                    break
                else:
                    self.signals.sleep(self.options.poll_s)
            except StoreError as error:
                # Busy, full or away: what was begun is kept as it was, and tried again.
                self.tell(f"the database cannot be used: {self._described(error)}")
                self.signals.sleep(self.options.poll_s)
        return WorkerReport(worker=self.name, taken=taken, ended=dict(self._ended), why=why)

    def _why_stop(self, taken: int) -> Ending | None:
        if self.signals.is_asked:
            return Ending.ASKED
        return Ending.MAX_JOBS if taken == self.options.max_jobs else None

    def _next(self) -> Job | None:
        self._tidy()
        kinds = kinds_for(self.engine)
        clock = self.engine.clock
        with self.engine.store.writing() as rows:
            return jobqueue.take_job(
                rows, worker=self.name, host=self.options.host, clock=clock, kinds=kinds
            )

    def _do(self, job: Job) -> None:
        shown = f"job {job.id} ({job.kind}{f', task {job.task_id}' if job.task_id else ''})"
        self.tell(f"{shown}: taken, attempt {job.attempt}")
        with (
            carried(self.engine, job, every_s=self.options.beat_s) as pulse,
            self.signals.interruptible(),
        ):
            work = Work(
                engine=self.engine,
                job=job,
                recheck_s=self.options.recheck_s,
                should_stop=lambda: self.signals.is_asked or pulse.is_lost,
            )
            state = run_job(work)
        self._ended[state] += 1
        # Back in the queue is no step forward; everything else may be one for those that wait.
        self._has_swept = self._has_swept and state is JobState.PENDING
        self.tell(f"{shown}: {state}")

    def _is_idle(self) -> bool:
        """Whether a draining worker has nothing left to do, what waits looked at once more."""
        if not self.options.is_draining:
            return False
        if not self.options.waits_for_others:
            return True
        if self._runs_elsewhere():
            return False
        if self._has_swept:
            return True
        self._has_swept = True
        with self.engine.store.writing() as rows:
            jobqueue.wake(rows)
        return False

    def _runs_elsewhere(self) -> bool:
        with self.engine.store.reading() as rows:
            running = jobqueue.listed(rows, states=[JobState.RUNNING], limit=_MANY)
        return any(job.host in ("", self.options.host) for job in running)

    def _tidy(self) -> None:
        """Now and then take over what dead workers had, and clean up."""
        now = self.engine.clock.monotonic()
        if now >= self._next_watch:
            self._next_watch = now + self.options.beat_s
            self._watch()
        if self.options.tidy_s is not None and now >= self._next_tidy:
            self._next_tidy = now + self.options.tidy_s
            self._clean_up()

    def _watch(self) -> None:
        lost = reclaim_jobs(
            self.engine,
            own=self.name,
            silence_ms=int(self.options.silence_s * 1000),
            awake_ms=self._vigil.awake_ms(),
        )
        for job in lost:
            self.tell(f"job {job.id} ({job.kind}): taken over from {job.worker}")

    def _clean_up(self) -> None:
        options = self.options
        found = clean_up(self.engine, older_than_s=options.keep_s, scratch=options.scratch)
        for find in found:
            if find.is_removed:
                self.tell(f"cleaned up: {visible(str(find.path))}, {find.reason}")
        if gone := forget_messages(self.engine):
            self.tell(f"cleaned up: {gone} messages that were delivered or dead")

    def _described(self, error: StoreError) -> str:
        return describe_error(error, redact=self.engine.redact())
