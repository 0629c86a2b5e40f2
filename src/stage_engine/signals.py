"""SIGTERM and SIGINT as a wish: the first is heard when it suits, the second interrupts."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

ASKING = (signal.SIGTERM, signal.SIGINT)
_HURRY = 2


class HurryError(KeyboardInterrupt):
    """Somebody asked twice. An interrupt, so that no boundary takes it for an error."""


@dataclass(slots=True, kw_only=True)
class Signals:
    """How often this process was asked to stop.

    Attributes:
        asked: How often.
    """

    asked: int = 0
    _may_raise: bool = False
    _pipe: tuple[int, int] = field(default_factory=os.pipe)

    @property
    def is_asked(self) -> bool:
        """Whether to stop."""
        return self.asked > 0

    def ask(self, number: int = 0, frame: FrameType | None = None) -> None:
        """What the signals call: note it, wake who sleeps, and interrupt who works if asked twice.

        Nothing here may wait for a lock: whoever holds it is what was interrupted.
        """
        del number, frame
        self.asked += 1
        os.write(self._pipe[1], b".")
        if self._may_raise and self.asked >= _HURRY:
            self._may_raise = False
            raise HurryError

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear the signals for the length of the block."""
        before = {number: signal.signal(number, self.ask) for number in ASKING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            for end in self._pipe:
                os.close(end)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Work that may end in HurryError."""
        self._may_raise = True
        try:
            yield
        finally:
            self._may_raise = False

    def sleep(self, seconds: float) -> None:
        """Sleep for so long, or until asked to stop."""
        if not self.is_asked:
            select.select([self._pipe[0]], [], [], seconds)
