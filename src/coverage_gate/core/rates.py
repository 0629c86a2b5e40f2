"""Exact counts and rates, and the one place where they are rounded for people.

A rate is a `fractions.Fraction` in [0, 1] and is never rounded before it is compared.
Nothing measurable (0/0) is its own state: the rate is None, neither 0 nor 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

PERCENT_PLACES = 2
NUMBER_PLACES = 4

#: Every float is within; the exact share of 1e999999999 alone would fill the memory.
_LARGEST_EXPONENT = 400


class BadNumberError(ValueError):
    """A value that should be a finite number in range is none; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a run covered, as integers.

    Attributes:
        covered: Executed statements, plus taken branches where branches are measured.
        total: Executable statements, plus branches where branches are measured.
    """

    covered: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.covered <= self.total:
            raise BadNumberError(f"counts out of range: {self.covered}/{self.total}")

    def __add__(self, other: Counts) -> Counts:
        return Counts(covered=self.covered + other.covered, total=self.total + other.total)

    def __str__(self) -> str:
        return f"{self.covered}/{self.total}"

    @property
    def rate(self) -> Fraction | None:
        """The exact share in [0, 1], or None when nothing was measurable."""
        return Fraction(self.covered, self.total) if self.total else None

    @property
    def missing(self) -> int:
        """How many of the total were not covered."""
        return self.total - self.covered


NO_COUNTS = Counts(covered=0, total=0)


def exact_percent(value: object, *, name: str = "value") -> Fraction:
    """Read a percentage as the exact share that its printed form means.

    Args:
        value: int, float, Decimal or Fraction in 0..100; a float is the decimal it prints as.
        name: What to call it in the error.

    Returns:
        The share in [0, 1].

    Raises:
        BadNumberError: If it is no finite number in 0..100; bool and text are no numbers.
    """
    share = exact_points(value, name=name)
    if not 0 <= share <= 1:
        raise BadNumberError(f"{name} is outside 0..100: {value!r}")
    return share


def exact_points(value: object, *, name: str = "value") -> Fraction:
    """Read percentage points of any size and sign as an exact share.

    Raises:
        BadNumberError: If it is no finite number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        raise BadNumberError(f"{name} is no number: {value!r}")
    if isinstance(value, Fraction):
        return value / 100
    try:
        return _exact(Decimal(str(value))) / 100
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise BadNumberError(f"{name} is no finite number of usual size") from error


def _exact(number: Decimal) -> Fraction:
    if number.is_finite() and abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise OverflowError(f"10 to the power of {number.adjusted()}")
    return Fraction(number)


def percent_number(rate: Fraction, *, places: int = NUMBER_PLACES) -> float:
    """The rate as a percentage for machines, rounded down so that 100 means exactly 100."""
    scale: int = 10**places
    return math.floor(rate * 100 * scale) / scale


def percent_text(rate: Fraction | None, *, places: int = PERCENT_PLACES) -> str:
    """The rate for people: rounded down, no trailing zeros, "n/a" when nothing was measurable."""
    if rate is None:
        return "n/a"
    scale = 10**places
    whole, part = divmod(math.floor(rate * 100 * scale), scale)
    digits = f"{part:0{places}d}".rstrip("0") if places else ""
    return f"{whole}.{digits}%" if digits else f"{whole}%"


def points_text(share: Fraction, *, places: int = PERCENT_PLACES) -> str:
    """A signed difference in percentage points for people, rounded toward zero."""
    sign = "-" if share < 0 else "+"
    return sign + percent_text(abs(share), places=places).removesuffix("%")
