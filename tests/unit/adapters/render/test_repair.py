"""What suffices, told so that somebody can do it."""

import pytest

from coverage_gate.adapters.render.repair import MAX_GAPS, gap_items, gap_text, repair_heading
from coverage_gate.core.gaps import Gap, Repair

GAP = Gap(path="src/a.py", symbol="f", lines=((3, 5), (9, 9)), branches=((3, 7), (9, -1)), units=())


@pytest.mark.parametrize(
    ("repair", "heading"),
    [
        (None, ""),
        (Repair(need=0), ""),
        (Repair(need=1, gaps=(GAP,)), "1 statement more, run by tests, suffice."),
        (Repair(need=7, gaps=(GAP,)), "7 statements more, run by tests, suffice."),
        (
            Repair(need=None, gaps=(GAP,), reason="a test fails"),
            "Covering alone does not turn the verdict: a test fails.",
        ),
    ],
)
def test_the_heading_says_how_much_suffices(repair: Repair | None, heading: str) -> None:
    assert repair_heading(repair) == heading


def test_a_gap_names_place_lines_and_branches() -> None:
    assert gap_text(GAP) == "src/a.py f: lines 3-5, 9; branches 3→7, 9→exit"


def test_a_gap_outside_of_functions_has_its_file_alone() -> None:
    gap = Gap(path="src/a.py", symbol=None, lines=((1, 1),), branches=(), units=())
    assert gap_text(gap) == "src/a.py: lines 1"


def test_a_gap_of_branches_names_no_lines() -> None:
    gap = Gap(path="src/a.py", symbol="f", lines=(), branches=((1, 3),), units=())
    assert gap_text(gap) == "src/a.py f: branches 1→3"


def test_what_is_left_out_is_said() -> None:
    items = gap_items(Repair(need=1, gaps=(GAP,) * (MAX_GAPS + 2)))
    assert len(items) == MAX_GAPS + 1
    assert items[-1] == "2 more gaps are not told"


def test_without_repair_there_are_no_items() -> None:
    assert gap_items(None) == ()
    assert gap_items(Repair(need=1, gaps=(GAP,))) == (gap_text(GAP),)
