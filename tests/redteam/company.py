"""Honest branches that can be one branch: where each of them is honest, all together are.

A twin alone is measured in a second, and there are as many as attacks. Twins that change different
files, or one file in the same way, are put together into one tree. Most have a module `refunds` of
their own: where two would be one file, that of the second one gets a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from coverage_gate.testing.attacks import Attack, Files
from coverage_gate.testing.attacks.attack import Content

#: More of them at once would say less about each.
MOST = 8


@dataclass(slots=True)
class Company:
    """Twins that are judged together.

    Attributes:
        attacks: Whose twins they are.
        files: What they change together.
    """

    attacks: list[Attack] = field(default_factory=list)
    files: dict[str, Content] = field(default_factory=dict)

    def takes(self, attack: Attack) -> bool:
        """Take a twin in, if there is room and no two want to be in one place."""
        if len(self.attacks) == MOST:
            return False
        for twin in (attack.twin, _numbered(attack.twin, len(self.attacks))):
            if not _quarrel(self.files, twin):
                self.attacks.append(attack)
                self.files.update(twin)
                return True
        return False


def _numbered(twin: Files, number: int) -> Files:
    """The same with another name for the module, where it is named in texts only."""
    if not all(isinstance(content, str) for content in twin.values()):
        return twin
    return {_named(path, number): _named(str(content), number) for path, content in twin.items()}


def _named(text: str, number: int) -> str:
    return text.replace("refunds", f"refunds{number}")


def _quarrel(one: Files, other: Files) -> bool:
    tests = {path.rpartition("/")[2]: path for path in one if "test_" in path}
    return any(
        one[path] != content
        if path in one
        else any(_is_within(path, each) for each in one)
        # pytest imports test files by their name alone.
        or path.rpartition("/")[2] in tests
        for path, content in other.items()
    )


def _is_within(path: str, other: str) -> bool:
    return path.startswith(f"{other}/") or other.startswith(f"{path}/")


def companies(attacks: Iterable[Attack]) -> tuple[Company, ...]:
    """Each twin in the first company that takes it."""
    found: list[Company] = []
    for attack in attacks:
        if not any(company.takes(attack) for company in found):
            fresh = Company()
            fresh.takes(attack)
            found.append(fresh)
    return tuple(found)
