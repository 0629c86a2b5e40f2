"""The heart-beat of a job, given in the background for as long as somebody works on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from stage_engine import jobqueue
from stage_engine.context import Engine
from stage_engine.repeating import repeated
from stage_engine.values import Job


@dataclass(slots=True, kw_only=True)
class Pulse:
    """Says that the job's worker lives.

    Attributes:
        engine: Where the job is.
        job: As it was taken.
        every_s: Seconds between two beats.
        is_lost: Whether the job was cancelled or given to somebody else; it has to be left alone.
    """

    engine: Engine
    job: Job
    every_s: float
    is_lost: bool = field(default=False, init=False)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat for the length of the block."""
        with repeated(self._beat, every_s=self.every_s, name="pulse"):
            yield

    def _beat(self) -> bool:
        with self.engine.store.writing() as rows:
            is_ours = jobqueue.beat(rows, self.job, clock=self.engine.clock)
        self.is_lost = not is_ours
        return is_ours


@contextmanager
def carried(engine: Engine, job: Job, *, every_s: float) -> Iterator[Pulse]:
    """The heart-beat of a job that is worked on in the block.

    Where the block is interrupted, the job goes back into the queue before the interrupt goes on.
    """
    pulse = Pulse(engine=engine, job=job, every_s=every_s)
    try:
        with pulse.beating():
            yield pulse
    except KeyboardInterrupt:
        with engine.store.writing() as rows:
            if jobqueue.give_back(rows, job, clock=engine.clock):
                jobqueue.log(rows, job, "interrupted; it goes back into the queue")
        raise
