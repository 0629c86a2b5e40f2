"""Delivers messages beside the work of a worker, on a thread of its own: no job waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from coverage_gate.core.outbox import later
from coverage_gate.notifying import Courier
from coverage_gate.ports import StoreError
from coverage_gate.receiving import receivers_of
from stage_engine.context import Engine

_DAY_S = 86_400

#: How long the end of a worker waits for its last messages; the next worker has the rest.
LAST_S = 5.0


@dataclass(slots=True, kw_only=True)
class Telling:
    """Looks for messages now and then until it is ended.

    Attributes:
        courier: Delivers.
        every_s: Seconds between two looks.
        tell: Hears in one line what did not arrive.
        ended: Set to end it, after one more look.
    """

    courier: Courier
    every_s: float
    tell: Callable[[str], None]
    ended: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        """Deliver until the end."""
        is_last = False
        while not is_last:
            is_last = self.ended.wait(self.every_s)
            try:
                done = self.courier.deliver()
            except StoreError:
                # Busy or full: the messages stay, and the worker tells of the database.
                continue
            for remark in done.remarks:
                self.tell(remark)


@contextmanager
def told(
    engine: Engine, *, every_s: float, tell: Callable[[str], None], last_s: float = LAST_S
) -> Iterator[None]:
    """Have messages delivered for the length of the block, where anybody is to be told."""
    receivers = receivers_of(engine.settings.gate)
    if not receivers:
        yield
        return
    ended = threading.Event()

    def pause(seconds: float) -> None:
        """Wait between two tries; no longer than the block lasts."""
        ended.wait(seconds)

    courier = Courier(
        store=engine.store.shared,
        clock=engine.clock,
        receivers=receivers,
        redact=engine.redact(),
        pause=pause,
    )
    telling = Telling(courier=courier, every_s=every_s, tell=tell, ended=ended)
    thread = threading.Thread(target=telling.go_on, name="telling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(last_s)


def forget_messages(engine: Engine) -> int:
    """Delete messages that were settled longer ago than the settings keep them. How many."""
    days = engine.settings.gate.notify_keep_days
    if not days:
        return 0
    return engine.store.shared.forget_messages(before=later(engine.clock.now_iso(), -days * _DAY_S))
