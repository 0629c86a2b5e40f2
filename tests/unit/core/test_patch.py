from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.comparison import Comparison, compare
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FileCoverage, Span
from coverage_gate.core.patch import Patch, is_excused, patch_holds, patch_of
from coverage_gate.testing.values import file_coverage, file_diff, measurement

BODY = Span(name="f", kind="function", first=1, last=9, header=2)


def added(*files: FileCoverage) -> Comparison:
    """A change that adds these files."""
    text = "x\n" * 20
    diffs = [file_diff(file.path, None, text) for file in files]
    return compare(measurement(tree="base"), measurement(*files), diffs)


def patch(*files: FileCoverage) -> Patch:
    return patch_of(added(*files))


def new(statements: list[int], executed: list[int], *, path: str = "a.py") -> FileCoverage:
    return file_coverage(path, statements, executed)


def test_what_is_new_is_counted_with_its_branches() -> None:
    file = replace(new([1, 2], [1]), branches=((1, 2), (1, 3)), taken=((1, 2),))
    counts = patch(file).counts
    assert (str(counts.statements), str(counts.branches)) == ("1/2", "1/2")


def test_what_does_not_run_is_named_file_by_file() -> None:
    found = patch(new([1, 2, 3, 7], [1]), new([1], [1], path="b.py"), new([4], [], path="c.py"))
    assert found.places == ("a.py:2-3, 7", "c.py:4")


def test_imports_and_constants_do_not_count_beside_logic() -> None:
    constants = replace(new([1, 2, 3], [1, 2, 3], path="b.py"), trivial=bits_of([1, 2, 3]))
    logic = replace(
        new([1, 2, 3], [2, 3]), trivial=bits_of([2, 3]), branches=((1, 2), (2, 3)), taken=((2, 3),)
    )
    counts = patch(constants, logic).counts
    assert (str(counts.statements), str(counts.branches)) == ("0/1", "0/1")


def test_imports_and_constants_alone_do_count() -> None:
    constants = replace(new([1, 2, 3], [1, 2]), trivial=bits_of([1, 2, 3]))
    assert str(patch(constants).counts.statements) == "2/3"


@pytest.mark.parametrize(("ran", "holds"), [(8, False), (9, True), (10, True)])
def test_the_share_is_compared_exactly(ran: int, holds: bool) -> None:
    file = new(list(range(1, 11)), list(range(1, ran + 1)))
    assert patch_holds(patch(file), Fraction(9, 10)) is holds


@pytest.mark.parametrize(
    ("statements", "executed", "excused"),
    [
        ([3, 4], [3], True),
        ([2, 3, 4], [2], False),
        ([2, 3, 4], [2, 4], True),
        ([1, 2], [1], True),
        ([1, 2], [], False),
        ([3, 4, 5, 6], [3], True),
        ([3, 4, 5, 6, 7], [3, 4, 5, 6], False),
        ([2, 12], [12], True),
        ([3, 12], [12], False),
    ],
)
def test_few_statements_are_excused_when_something_decisive_runs(
    statements: list[int], executed: list[int], excused: bool
) -> None:
    assert is_excused(patch(replace(new(statements, executed), spans=(BODY,)))) is excused


def test_without_a_line_of_its_header_a_function_begins_at_its_first_line() -> None:
    span = Span(name="f", kind="function", first=2, last=9)
    assert not is_excused(patch(replace(new([2, 3], [2]), spans=(span,))))


def test_a_class_is_no_function() -> None:
    span = Span(name="C", kind="class", first=2, last=9, header=2)
    assert is_excused(patch(replace(new([2, 3], [2]), spans=(span,))))


def test_the_header_of_an_inner_function_is_in_the_body_of_the_outer_one() -> None:
    inner = Span(name="f.g", kind="function", first=4, last=6, header=4)
    assert is_excused(patch(replace(new([2, 4, 5], [2, 4]), spans=(BODY, inner))))
