"""Branches of a statement on both sides: lines 1 to 9 of the base are 11 to 19 of the head."""

from __future__ import annotations

from coverage_gate.core.arcs import ArcMatch, match_arcs
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.linemap import LineRun, line_map
from coverage_gate.core.matching import Partner, Sheet, sheet_of
from coverage_gate.core.measurement import Arc, FileCoverage
from coverage_gate.testing.values import tree_id

BACK = line_map([LineRun(start=1, path="h.py", other=11, length=9)])


def sheet(path: str, arcs: dict[Arc, bool]) -> Sheet:
    return sheet_of(
        FileCoverage(
            path=path,
            blob=tree_id(path),
            statements=bits_of([1, 11]),
            executed=0,
            branches=tuple(sorted(arcs)),
            taken=tuple(sorted(arc for arc, ran in arcs.items() if ran)),
        )
    )


def matched(base: dict[Arc, bool], head: dict[Arc, bool]) -> ArcMatch:
    partner = Partner(path="b.py", line=1, moved=False)
    return match_arcs(sheet("h.py", head), 11, sheet("b.py", base), partner, BACK)


def test_a_branch_to_the_same_line_or_exit_is_the_same() -> None:
    match = matched({(1, 2): True, (1, -5): False}, {(11, 12): False, (11, -15): True})
    assert (set(match.kept), match.fresh, match.gone) == ({(11, 12), (11, -15)}, (), ())
    assert (match.lost, match.gained) == (((11, 12),), ((11, -15),))


def test_what_is_left_in_equal_number_is_the_same_choice_with_another_target() -> None:
    match = matched({(1, 2): True, (1, 4): True}, {(11, 12): True, (11, 13): True})
    assert (len(match.kept), match.lost, match.fresh) == (2, (), ())


def test_of_what_is_left_nothing_is_lost_as_long_as_as_many_ran() -> None:
    match = matched({(1, 20): True, (1, 30): False}, {(11, 40): False, (11, 50): True})
    assert (match.lost, match.gained) == ((), ())


def test_of_what_is_left_one_is_lost_when_one_less_ran() -> None:
    match = matched({(1, 20): True, (1, 30): True}, {(11, 40): False, (11, 50): True})
    assert (match.lost, match.gained) == (((11, 40),), ())


def test_what_is_left_in_another_number_is_new_and_gone() -> None:
    match = matched({(1, 2): True, (1, 20): True}, {(11, 12): True, (11, 30): True, (11, 40): True})
    assert (match.kept, match.gone) == (((11, 12),), ((1, 20),))
    assert set(match.fresh) == {(11, 30), (11, 40)}


def test_a_choice_that_is_none_any_more_loses_its_branches() -> None:
    match = matched({(1, 2): True, (1, 3): False}, {})
    assert (set(match.gone), match.lost) == ({(1, 2), (1, 3)}, ())


def test_statements_without_branches_have_nothing_to_compare() -> None:
    assert matched({}, {}) == ArcMatch()
