"""Counts and rates are exact, and only printing rounds."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.core.rates import (
    NO_COUNTS,
    BadNumberError,
    Counts,
    exact_percent,
    exact_points,
    percent_number,
    percent_text,
    points_text,
)

FRACTIONS = st.fractions(min_value=0, max_value=1)


def test_counts_add_and_print() -> None:
    assert str(Counts(covered=1, total=2) + Counts(covered=2, total=3)) == "3/5"


@pytest.mark.parametrize(("covered", "total"), [(-1, 2), (3, 2)])
def test_counts_refuse_impossible_values(covered: int, total: int) -> None:
    with pytest.raises(BadNumberError, match="out of range"):
        Counts(covered=covered, total=total)


def test_nothing_measurable_has_no_rate() -> None:
    assert NO_COUNTS.rate is None
    assert NO_COUNTS.missing == 0


@pytest.mark.parametrize(
    ("value", "share"),
    [
        (80, Fraction(4, 5)),
        (0.1, Fraction(1, 1000)),
        (100.0, Fraction(1)),
        (Decimal("99.95"), Fraction(1999, 2000)),
        (Fraction(50), Fraction(1, 2)),
    ],
)
def test_percent_is_read_as_the_decimal_it_prints_as(value: object, share: Fraction) -> None:
    assert exact_percent(value) == share


@pytest.mark.parametrize(
    "value",
    [None, True, "80", float("nan"), float("inf"), -0.1, 100.1, [], {}, Decimal("sNaN"), 1j],
)
def test_what_is_no_number_in_range_is_refused_by_name(value: object) -> None:
    with pytest.raises(BadNumberError, match="floor"):
        exact_percent(value, name="floor")


@pytest.mark.parametrize(
    "value",
    [Decimal("1e999999999"), Decimal("-1e-999999999"), Decimal("0e999999999"), 10**5000],
    ids=["huge", "tiny", "zero", "many digits"],
)
def test_a_number_that_would_fill_the_memory_is_refused_at_once(value: object) -> None:
    with pytest.raises(BadNumberError, match="no finite number of usual size"):
        exact_points(value)


def test_the_smallest_and_the_largest_float_are_numbers() -> None:
    assert exact_points(5e-324) > 0
    assert exact_points(-1.7976931348623157e308) < 0


def test_points_may_be_of_any_sign() -> None:
    assert exact_points(-0.5) == Fraction(-5, 1000)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (None, "n/a"),
        (Fraction(0), "0%"),
        (Fraction(1), "100%"),
        # one line in thirty thousand must not print as 100
        (Fraction(29_999, 30_000), "99.99%"),
        (Fraction(1, 3), "33.33%"),
        (Fraction(9, 10), "90%"),
        (Fraction(905, 1000), "90.5%"),
    ],
)
def test_percent_text_rounds_down(rate: Fraction | None, text: str) -> None:
    assert percent_text(rate) == text


def test_percent_text_without_places_is_whole() -> None:
    assert percent_text(Fraction(999, 1000), places=0) == "99%"


@given(FRACTIONS)
def test_only_exactly_everything_prints_as_hundred(rate: Fraction) -> None:
    assert (percent_number(rate) == 100) == (rate == 1)
    assert (percent_text(rate) == "100%") == (rate == 1)


@pytest.mark.parametrize(
    ("share", "text"), [(Fraction(5, 1000), "+0.5"), (Fraction(-1, 3), "-33.33")]
)
def test_points_are_signed(share: Fraction, text: str) -> None:
    assert points_text(share) == text
