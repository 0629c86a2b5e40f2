"""Points in time as text."""

import pytest

from coverage_gate.core.times import days_before, moment

NOW = "2026-01-31T12:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1_767_225_600, "2026-01-01T00:00:00Z"),
        (-5, "1970-01-01T00:00:00Z"),
        (1_900_000_000, NOW),
        (10**30, NOW),
    ],
)
def test_a_moment_is_neither_before_the_first_nor_after_the_latest(seconds: int, text: str) -> None:
    assert moment(seconds, latest=NOW) == text


def test_days_are_counted_back() -> None:
    assert days_before(NOW, 31) == "2025-12-31T12:00:00Z"
