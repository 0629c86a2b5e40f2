"""The heart-beat of a job, given in the background for as long as somebody works on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from coverage_gate.ports import StoreError
from stage_engine import jobqueue
from stage_engine.context import Engine
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
        ended = threading.Event()
        thread = threading.Thread(target=self._beat, args=(ended,), name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _beat(self, ended: threading.Event) -> None:
        while not ended.wait(self.every_s):
            try:
                with self.engine.store.writing() as rows:
                    is_ours = jobqueue.beat(rows, self.job, clock=self.engine.clock)
            except StoreError:
                # The database is busy or full; silence is forgiven for some beats.
                continue
            if not is_ours:
                self.is_lost = True
                return


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
