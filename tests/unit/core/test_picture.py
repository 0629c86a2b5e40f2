"""Which lines of a change are shown, and what is told of each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.golden.cases import conflict, passing

from coverage_gate.core import picture
from coverage_gate.core.deltas import NO_UNITS
from coverage_gate.core.ledger import Hidden
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.picture import Mark, PictureFile, picture_of
from coverage_gate.core.places import LostLine, Unit
from coverage_gate.core.verdict import Verdict
from coverage_gate.testing.values import file_coverage, file_diff, measurement

LINES = [f"line {number}" for number in range(1, 21)]
TEXT = "\n".join(LINES) + "\n"


def verdict(**changes: object) -> Verdict:
    measured = measurement(file_coverage("a.py", range(1, 21), range(1, 11)))
    plain = replace(passing(), measurement=measured, lost=(), hidden=(), flaky=())
    return replace(plain, **changes)  # type: ignore[arg-type]


def shown(file: PictureFile) -> list[list[int]]:
    return [[line.number for line in block] for block in file.blocks]


def test_new_lines_are_shown_with_those_around_in_blocks() -> None:
    old = "".join(f"{line}\n" for line in LINES if line not in ("line 4", "line 15"))
    (file,) = picture_of(verdict(), [file_diff("a.py", old, TEXT)], {"a.py": TEXT})
    assert shown(file) == [[1, 2, 3, 4, 5, 6, 7], [12, 13, 14, 15, 16, 17, 18]]
    assert [line.number for block in file.blocks for line in block if line.is_new] == [4, 15]
    assert (file.count(Mark.COVERED), file.count(Mark.COVERED, new_only=True)) == (7, 1)
    assert (file.count(Mark.UNCOVERED, new_only=True), file.left) == (1, 0)


def test_what_is_the_matter_is_shown_without_a_change_and_counts_more() -> None:
    found = verdict(
        flaky=(Unit(path="a.py", line=1), Unit(path="b.py", line=1)),
        lost=(LostLine(path="a.py", line=12), LostLine(path="b.py", line=1)),
        hidden=(
            Hidden(path="a.py", lines=bits_of([12, 20]), why="w", units=NO_UNITS),
            Hidden(path="b.py", lines=bits_of([1]), why="w", units=NO_UNITS),
        ),
    )
    (file,) = picture_of(found, [], {"a.py": TEXT})
    marks = {line.number: line.mark for block in file.blocks for line in block}
    assert (marks[1], marks[12], marks[20]) == (Mark.FLAKY, Mark.HIDDEN, Mark.HIDDEN)
    assert not any(line.is_new for block in file.blocks for line in block)


def test_added_files_are_new_as_a_whole_and_deleted_ones_are_not_shown() -> None:
    diffs = [file_diff("a.py", None, TEXT), file_diff("gone.py", TEXT, None)]
    (file,) = picture_of(verdict(), diffs, {"a.py": TEXT, "gone.py": TEXT})
    assert shown(file) == [list(range(1, 21))]
    whole = replace(file_diff("a.py", TEXT, TEXT), is_whole=True)
    assert picture_of(verdict(), [whole], {"a.py": TEXT}) == (file,)


def test_files_without_lines_or_measurement_have_nothing_to_tell() -> None:
    assert picture_of(verdict(), [file_diff("e.py", None, "")], {"e.py": ""}) == ()
    (file,) = picture_of(conflict(), [file_diff("a.py", None, "x = 1")], {"a.py": "x = 1"})
    assert file.blocks[0][0].mark is Mark.PLAIN


def test_a_long_file_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MOST_LINES", 5)
    (file,) = picture_of(verdict(), [file_diff("a.py", None, TEXT)], {"a.py": TEXT})
    assert (shown(file), file.left) == ([[1, 2, 3, 4, 5]], 15)
