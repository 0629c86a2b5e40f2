"""The document lists each attack of the corpus."""

from __future__ import annotations

from tests.redteam.refresh import PAGE, refreshed

from coverage_gate.testing.attacks import ATTACKS, Attack, Family
from coverage_gate.testing.attacks.table import markdown


def test_the_table_is_that_of_the_corpus() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert refreshed(page) == page, "run `python -m tests.redteam.refresh`"


def test_no_two_attacks_share_a_name() -> None:
    names = [attack.name for attack in ATTACKS]
    assert len(set(names)) == len(names)


def test_a_cell_does_not_end_its_row() -> None:
    attack = Attack(
        name="a",
        family=Family.GIT,
        tries="b | c",
        held_by="patch",
        files={},
        twin_is="d",
        twin={},
    )
    assert markdown([attack]).splitlines()[-1] == "| `a` | b \\| c | `patch` | d |"
