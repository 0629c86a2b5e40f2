"""The corpus as a table for people."""

from __future__ import annotations

from collections.abc import Iterable

from coverage_gate.testing.attacks.attack import Attack, Family


def markdown(attacks: Iterable[Attack]) -> str:
    """A heading and a table for each family that has attacks."""
    all_of_them = list(attacks)
    parts = []
    for family in Family:
        rows = [_row(attack) for attack in all_of_them if attack.family is family]
        if rows:
            head = ["| attack | what it tries | held by | its honest twin |", "|---|---|---|---|"]
            title = str(family)[0].upper() + str(family)[1:]
            parts.append("\n".join([f"## {title}", "", *head, *rows, ""]))
    return "\n".join(parts)


def _row(attack: Attack) -> str:
    cells = (f"`{attack.name}`", attack.tries, f"`{attack.held_by}`", attack.twin_is)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
