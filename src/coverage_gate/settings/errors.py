"""What is raised for settings that cannot be used."""

from __future__ import annotations

from collections.abc import Iterable


class SettingsError(Exception):
    """One or more settings are unusable. The text names each and says what is allowed.

    Attributes:
        problems: One line per variable, file key or flag; no secret is in them.
    """

    code = "bad-settings"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def problem(label: str, phrase: object, allowed: str) -> str:
    """One line of a SettingsError: what is wrong with which setting, and what is allowed."""
    return f"{label} {phrase}. Allowed: {allowed}."
