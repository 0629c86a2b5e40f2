from __future__ import annotations

from dataclasses import replace

from coverage_gate.core.gaps import Gap, gaps_of
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FileCoverage, Span
from coverage_gate.core.places import Unit
from coverage_gate.testing.values import file_coverage

SPANS = (
    Span(name="C", kind="class", first=3, last=20, header=3),
    Span(name="C.f", kind="function", first=4, last=9, header=5),
    Span(name="C.f.g", kind="function", first=6, last=7, header=6),
    Span(name="h", kind="function", first=22, last=30, header=22),
)
FILE = replace(file_coverage("a.py", [*range(1, 31)], []), spans=SPANS)


def gaps(*units: tuple[int, int] | int, file: FileCoverage = FILE) -> tuple[Gap, ...]:
    made = [
        Unit(path="a.py", line=unit)
        if isinstance(unit, int)
        else Unit(path="a.py", line=unit[0], target=unit[1])
        for unit in units
    ]
    return gaps_of(made, {"a.py": file})


def test_each_unit_is_in_the_innermost_function_or_class() -> None:
    found = {
        gap.symbol: [unit.line for unit in gap.units] for gap in gaps(1, 3, 4, 7, 9, 10, 21, 25)
    }
    assert found == {None: [1, 21], "C": [3, 10], "C.f": [4, 9], "C.f.g": [7], "h": [25]}


def test_the_largest_gap_comes_first_and_then_the_earliest() -> None:
    found = gaps(1, 23, 24, 25, 4, 5)
    assert [gap.symbol for gap in found] == ["h", "C.f", None]
    assert [gap.symbol for gap in gaps(23, 1, 7)] == [None, "C.f.g", "h"]


def test_statements_with_no_other_between_them_are_one_range() -> None:
    file = replace(
        file_coverage("a.py", [1, 4, 8, 9, 12], []), continued=bits_of([2, 5, 6, 13, 14])
    )
    (gap,) = gaps(1, 4, 9, 12, file=file)
    assert gap.lines == ((1, 6), (9, 14))


def test_branches_are_told_beside_the_lines() -> None:
    (gap,) = gaps(23, (24, 27), (24, -22))
    assert (gap.lines, gap.branches) == (((23, 23),), ((24, -22), (24, 27)))


def test_a_gap_of_branches_alone_has_no_lines() -> None:
    (gap,) = gaps((1, -1))
    assert (gap.lines, gap.branches) == ((), ((1, -1),))
