"""Feeds a parser and lets nothing out but what it documents."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: In each run of the tests; `make fuzz-night` asks for 2,000,000.
INPUTS = int(os.environ.get("FUZZ_INPUTS", "20000"))
#: Any text; each makes other inputs.
SEED = os.environ.get("FUZZ_SEED", "day")
#: CPU time that one input may take.
_SLOW_S = 5.0
_SHOWN = 2000


class FoundError(AssertionError):
    """An input that made a parser do what it does not document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One parser under hostile inputs.

    Attributes:
        name: Makes its inputs other than those of other parsers.
        inputs: How many.
    """

    name: str
    inputs: int = INPUTS

    def random(self) -> random.Random:
        """What decides the inputs."""
        return random.Random(f"{self.name} {SEED}")  # noqa: S311 - no secret

    def run(
        self,
        make: Callable[[], T],
        parse: Callable[[T], R],
        *,
        refuses: tuple[type[Exception], ...] = (),
        holds: Callable[[R], object] = lambda _: True,
    ) -> int:
        """Parse one input after the other.

        Args:
            make: Makes an input.
            parse: The parser.
            refuses: The errors that it documents.
            holds: Whether an answer has the form that is promised.

        Returns:
            How many inputs were not refused.

        Raises:
            FoundError: At the first input that does something else, or takes too long.
        """
        taken = 0
        for number in range(self.inputs):
            value = make()
            started = time.process_time()
            try:
                answer = parse(value)
            except refuses:
                continue
            except Exception as error:
                raise FoundError(self._told(number, value, repr(error))) from error
            taken += 1
            if not holds(answer):
                raise FoundError(self._told(number, value, f"answers {answer!r:.200}"))
            if time.process_time() - started > _SLOW_S:
                raise FoundError(self._told(number, value, "takes too long"))
        return taken

    def _told(self, number: int, value: object, what: str) -> str:
        return f"{self.name}, seed {SEED!r}, input {number}: {what}: {value!r:.{_SHOWN}}"
