"""What is done again and again beside a block of work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from coverage_gate.ports import StoreError


@contextmanager
def repeated(step: Callable[[], bool], *, every_s: float, name: str) -> Iterator[None]:
    """Take a step now and then while the block runs, until one answers that it was the last.

    A database that is busy or full is no last step: the next one may succeed.

    Args:
        step: Answers whether to go on.
        every_s: Seconds before each step.
        name: Of the thread.
    """
    ended = threading.Event()

    def run() -> None:
        """One step after another, until one is the last or the block ends."""
        goes_on = True
        while goes_on and not ended.wait(every_s):
            with suppress(StoreError):
                goes_on = step()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
