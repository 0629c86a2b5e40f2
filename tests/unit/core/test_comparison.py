"""Two measurements and the change between them."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from coverage_gate.core.attribution import Attribution, attribute, surviving
from coverage_gate.core.comparison import Comparison, compare
from coverage_gate.core.deltas import Bucket
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FileCoverage, Kind
from coverage_gate.core.rates import Counts
from coverage_gate.testing.values import (
    covered,
    file_coverage,
    file_diff,
    measurement,
)

LINES = "".join(f"line_{number}()\n" for number in range(1, 10))


def causes(comparison: Comparison) -> dict[str, int]:
    """The causes that are not 0."""
    made = attribute(comparison)
    assert made is not None
    return {name: count for name, count in asdict(made).items() if count}


def compared(before: list[FileCoverage], after: list[FileCoverage], *diffs: FileDiff) -> Comparison:
    return compare(measurement(*before, tree="base"), measurement(*after), diffs)


def test_a_file_that_nobody_touched_loses_and_gains_lines_and_branches() -> None:
    old = replace(
        file_coverage("a.py", [1, 2, 3], [1, 2]), branches=((1, 2), (1, 3)), taken=((1, 2),)
    )
    new = replace(old, executed=bits_of([2, 3]), taken=((1, 3),))
    assert causes(compared([old], [new])) == {"lost": 2, "gained": 2}


def test_files_that_enter_and_leave_without_a_change_are_included_and_excluded() -> None:
    old, new = covered(3, 5, path="a.py"), covered(1, 2, path="b.py")
    assert causes(compared([old], [new])) == {
        "newly_excluded_covered": 3,
        "newly_excluded_uncovered": 2,
        "newly_included_covered": 1,
        "newly_included_uncovered": 1,
    }


def test_the_same_text_with_other_statements_is_told_unit_by_unit() -> None:
    old = file_coverage("a.py", [1, 2, 3], [1, 2])
    new = replace(file_coverage("a.py", [1, 4], [1]), excluded=bits_of([2]), continued=bits_of([9]))
    assert causes(compared([old], [new])) == {
        "newly_excluded_covered": 1,
        "deleted_uncovered": 1,
        "new_uncovered": 1,
    }


def test_a_renamed_file_is_moved_as_a_whole() -> None:
    old, new = covered(3, 5, path="a.py"), covered(3, 5, path="b.py")
    diff = file_diff("b.py", LINES, LINES, old_path="a.py")
    assert causes(compared([old], [new], diff)) == {"moved": 5}


def test_a_file_that_is_renamed_out_of_what_is_measured_is_excluded_and_not_deleted() -> None:
    diff = file_diff("scripts/b.py", LINES, LINES, old_path="a.py")
    comparison = compared([covered(3, 5, path="a.py")], [], diff)
    assert causes(comparison) == {"newly_excluded_covered": 3, "newly_excluded_uncovered": 2}
    assert surviving(comparison) == Counts(covered=3, total=5)


def test_a_file_that_is_renamed_into_what_is_measured_arrives() -> None:
    diff = file_diff("b.py", LINES, LINES, old_path="scripts/a.py")
    comparison = compared([], [covered(3, 5, path="b.py")], diff)
    assert causes(comparison) == {"newly_included_covered": 3, "newly_included_uncovered": 2}
    assert comparison.heads[0].of(Bucket.ARRIVED).lines.bit_count() == 5


def test_a_touched_file_that_becomes_measured_has_new_lines_and_included_ones() -> None:
    diff = file_diff("a.py", LINES, LINES.replace("line_2", "other"))
    comparison = compared([], [covered(5, 5, path="a.py")], diff)
    assert causes(comparison) == {"newly_included_covered": 4, "new_covered": 1}
    assert comparison.heads[0].of(Bucket.ARRIVED).count == 0


def test_a_file_that_cannot_be_compared_is_all_new_and_all_deleted() -> None:
    diff = replace(file_diff("a.py", LINES, LINES), is_whole=True)
    comparison = compared([covered(3, 5, path="a.py")], [covered(4, 5, path="a.py")], diff)
    assert causes(comparison) == {
        "deleted_covered": 3,
        "deleted_uncovered": 2,
        "new_covered": 4,
        "new_uncovered": 1,
    }


def test_a_file_that_is_no_python_any_more_leaves_what_is_measured() -> None:
    diff = file_diff("a.py", LINES, LINES + "x = (\n")
    comparison = compared([covered(3, 5, path="a.py")], [], diff)
    assert causes(comparison) == {"newly_excluded_covered": 3, "newly_excluded_uncovered": 2}


def test_without_a_measured_base_only_what_is_new_by_its_text_is_known() -> None:
    diffs = (
        file_diff("a.py", LINES, LINES.replace("line_2", "other")),
        file_diff("c.py", LINES, LINES, old_path="b.py"),
    )
    head = measurement(covered(5, 5, path="a.py"), covered(1, 5, path="c.py"), covered(1, 1))
    comparison = compare(None, head, diffs)
    assert [(each.file.path, dict(each.units)) for each in comparison.heads] == [
        ("a.py", {Bucket.NEW: comparison.heads[0].of(Bucket.NEW)})
    ]
    assert comparison.heads[0].of(Bucket.NEW).lines == bits_of([2])
    assert (attribute(comparison), surviving(comparison)) == (None, None)


def test_a_base_of_another_kind_counts_as_none() -> None:
    kind = Kind(core="sysmon", python="3.14", branch=False)
    comparison = compare(measurement(covered(1, 2), kind=kind), measurement(covered(2, 2)), ())
    assert comparison == Comparison()


@pytest.mark.parametrize(
    "diffs",
    [
        (),
        (replace(file_diff("src/a.py", "a", "b"), blob="x"),),
        (replace(file_diff("src/a.py", "a", "b"), old_blob="x"),),
    ],
)
def test_bytes_that_were_not_measured_are_noticed(diffs: tuple[FileDiff, ...]) -> None:
    old = covered(1, 2)
    new = old if diffs else replace(old, blob="other")
    assert compared([old], [new], *diffs).mismatched == ("src/a.py",)


def test_a_branch_that_starts_from_no_statement_is_counted_too() -> None:
    old = replace(file_coverage("a.py", [1], [1]), branches=((3, 4),), taken=((3, 4),))
    new = replace(file_coverage("a.py", [2], [2]), branches=((4, 5),))
    diff = file_diff("a.py", LINES, "\n" + LINES)
    assert causes(compared([old], [new], diff)) == {"lost": 1}


def test_a_statement_that_was_only_formatted_anew_is_the_same() -> None:
    call = "result = compute_the_thing(first, second)\n"
    broken = call.replace("(", "(\n    ").replace(")", ",\n)")
    diff = file_diff("a.py", LINES + call, LINES + broken)
    new = replace(file_coverage("a.py", [1, 10], [1]), continued=bits_of([11, 12]))
    assert causes(compared([file_coverage("a.py", [1, 10], [1, 10])], [new], diff)) == {
        "lost": 1,
        "moved": 1,
    }


def test_lines_that_are_another_statement_now_are_deleted_and_new() -> None:
    old = file_coverage("a.py", [1, 2, 3], [1, 2])
    new = replace(file_coverage("a.py", [3], [3]), continued=bits_of([4]))
    diff = file_diff("a.py", LINES, "(\n" + LINES)
    assert causes(compared([old], [new], diff)) == {
        "new_covered": 1,
        "deleted_covered": 2,
        "deleted_uncovered": 1,
    }


def test_a_unit_on_a_line_that_goes_on_with_another_statement_has_no_partner() -> None:
    old = file_coverage("a.py", [2], [2])
    new = replace(file_coverage("a.py", [3], [3]), continued=bits_of([3]))
    diff = file_diff("a.py", LINES, "(\n" + LINES)
    assert causes(compared([old], [new], diff)) == {"new_covered": 1, "deleted_covered": 1}


def test_branches_of_what_is_no_statement_on_one_side_go_along() -> None:
    old = replace(file_coverage("a.py", [1], [1]), branches=((3, 4), (3, 5)), taken=((3, 4),))
    diff = file_diff("a.py", LINES, LINES.replace("line_3", "other"))
    assert causes(compared([old], [file_coverage("a.py", [1], [1])], diff)) == {
        "deleted_covered": 1,
        "deleted_uncovered": 1,
    }


def test_a_statement_of_which_main_knew_nothing_is_new() -> None:
    diff = file_diff("a.py", LINES, "\n" + LINES)
    made = compared([file_coverage("a.py", [], [])], [file_coverage("a.py", [2], [2])], diff)
    assert causes(made) == {"new_covered": 1}


def test_sums_are_of_all_buckets() -> None:
    made = Attribution(
        new_covered=1,
        new_uncovered=2,
        deleted_covered=4,
        deleted_uncovered=8,
        newly_excluded_covered=16,
        newly_excluded_uncovered=32,
        newly_included_covered=64,
        newly_included_uncovered=128,
        lost=256,
        gained=512,
        moved=1024,
    )
    assert made.covered_delta == 1 + 512 + 64 - 4 - 256 - 16
    assert made.total_delta == 3 + 64 + 128 - 12 - 48
