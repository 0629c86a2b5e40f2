"""The time, and who watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """The time."""

    def now_iso(self) -> str:
        """Now, ISO 8601 in UTC, to the second."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""


class Progress(Protocol):
    """Hears what the gate is doing. Must not raise."""

    def step(self, text: str) -> None:
        """A new step begins."""

    def detail(self, text: str) -> None:
        """Something to show within the step, as in "42 tests"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProgress:
    """Hears nothing."""

    def step(self, text: str) -> None:
        """Ignore."""

    def detail(self, text: str) -> None:
        """Ignore."""
