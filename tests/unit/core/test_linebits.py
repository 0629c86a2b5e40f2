"""A set of lines as one integer behaves like a set of lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.core.linebits import bits_of, lines_of, ranges_of, ranges_text

LINES = st.frozensets(st.integers(min_value=1, max_value=3000))


@given(LINES)
def test_lines_survive_the_round_trip_in_rising_order(lines: frozenset[int]) -> None:
    assert list(lines_of(bits_of(lines))) == sorted(lines)


@given(LINES, LINES)
def test_set_algebra_is_bit_algebra(left: frozenset[int], right: frozenset[int]) -> None:
    assert set(lines_of(bits_of(left) & ~bits_of(right))) == left - right
    assert (bits_of(left) | bits_of(right)).bit_count() == len(left | right)


def test_line_zero_is_no_line() -> None:
    with pytest.raises(ValueError, match="no line number: 0"):
        bits_of([0])


@given(LINES)
def test_ranges_hold_exactly_the_lines(lines: frozenset[int]) -> None:
    ranges = ranges_of(sorted(lines))
    assert {line for first, last in ranges for line in range(first, last + 1)} == lines


def test_ranges_print_as_people_write_them() -> None:
    assert ranges_text([1, 2, 3, 7]) == "1-3, 7"
