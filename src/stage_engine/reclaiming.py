"""Takes the jobs of dead workers over, and ends workers that are frozen.

A worker whose process this machine's kernel does not know any more is dead for certain, and its
job goes back at once. Any other one is judged by its silence, and only by a worker that was itself
awake for that long: after the machine slept, all of them seem silent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from stage_engine import jobqueue
from stage_engine.context import Engine
from stage_engine.machine import process_of
from stage_engine.setbacks import set_back
from stage_engine.store import EngineClock, Rows
from stage_engine.values import Job, JobState

#: More jobs than workers could ever have at once.
_MANY = 10_000
#: Two clocks are never read at the same time; a sleep takes longer than this.
_SLEEP_MS = 1000


@dataclass(slots=True, kw_only=True)
class Vigil:
    """How long a worker has been awake.

    Attributes:
        clock: The clock that runs on while the machine sleeps, and the one that does not.
    """

    clock: EngineClock
    _since: float = field(init=False)
    _slept_ms: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = self.clock.monotonic()
        self._slept_ms = self._slept()

    def awake_ms(self) -> int:
        """Milliseconds since it began, or since the machine slept the last time."""
        slept = self._slept()
        if slept - self._slept_ms > _SLEEP_MS:
            self._since = self.clock.monotonic()
        self._slept_ms = slept
        return int((self.clock.monotonic() - self._since) * 1000)

    def _slept(self) -> float:
        return self.clock.now_ms() - self.clock.monotonic() * 1000


def reclaim_jobs(engine: Engine, *, own: str, silence_ms: int, awake_ms: int) -> tuple[Job, ...]:
    """Put the jobs of dead workers back into the queue.

    Args:
        engine: The engine.
        own: The worker that asks, which has no job now: one in its name was not written back.
        silence_ms: A worker that was not heard of for so long is taken for dead, and ended if it
            is frozen.
        awake_ms: How long the asking worker has been awake.

    Returns:
        Those that went back, or failed because that happened too often.
    """
    patience = silence_ms if awake_ms >= silence_ms else None
    with engine.store.reading() as rows:
        if not _lost(rows, engine.clock, own=own, patience_ms=patience):
            return ()
    with engine.store.writing() as rows:
        lost = _lost(rows, engine.clock, own=own, patience_ms=patience)
        for job, reason in lost:
            set_back(rows, job, reason=reason, clock=engine.clock)
    for job, _ in lost:
        _end_frozen(job, engine.clock, own=own)
    return tuple(job for job, _ in lost)


def _lost(
    rows: Rows, clock: EngineClock, *, own: str, patience_ms: int | None
) -> list[tuple[Job, str]]:
    running = jobqueue.listed(rows, states=[JobState.RUNNING], limit=_MANY)
    judged = ((job, _why_lost(job, clock, own=own, patience_ms=patience_ms)) for job in running)
    return [(job, reason) for job, reason in judged if reason is not None]


def _why_lost(job: Job, clock: EngineClock, *, own: str, patience_ms: int | None) -> str | None:
    if job.worker == own:
        return "how it went could not be written"
    if job.boot != clock.boot_id():
        return "the machine was restarted"
    process = process_of(job.worker)
    if process is not None and process.is_gone:
        return f"its worker {job.worker} is gone"
    silence = clock.now_ms() - job.heartbeat_ms
    if patience_ms is not None and silence > patience_ms:
        return f"its worker {job.worker} was silent for {silence // 1000} s"
    return None


def _end_frozen(job: Job, clock: EngineClock, *, own: str) -> None:
    """Its job is given to somebody else, but it would keep the task's lock for ever."""
    process = process_of(job.worker) if job.boot == clock.boot_id() else None
    if process is not None and job.worker != own:
        process.kill()
