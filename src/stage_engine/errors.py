"""What a person who uses the engine can mend."""

from __future__ import annotations

from collections.abc import Iterable


class InputError(Exception):
    """Something that was given cannot be used; nothing was done.

    Attributes:
        problems: Everything that is wrong with it, each with what to do.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class NotFoundError(Exception):
    """There is no such run, job or entry. The message says what to do next."""
