"""What a waiver is of, and for how long."""

import pytest

from coverage_gate.cli.waive import CATEGORIES
from coverage_gate.core.waiver import (
    BadWaiverError,
    Category,
    expiry,
    place_of,
    read_range,
    taken_from,
)
from coverage_gate.testing.values import waiver

TEXT = b"one\ntwo\r\nthree\nfour\nthree\n"
NOW = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "lines"), [("3", (3, 3)), (" 10-14 ", (10, 14)), ("1-500", (1, 500))]
)
def test_lines_are_read(text: str, lines: tuple[int, int]) -> None:
    assert read_range(text) == lines


@pytest.mark.parametrize("text", ["", "0", "3-2", "1-501", "a", "1-", "-1", "٣", "1,2", "9" * 20])
def test_other_words_are_no_lines(text: str) -> None:
    with pytest.raises(BadWaiverError):
        read_range(text)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("14d", "2026-01-15T00:00:00Z"),
        ("12h", "2026-01-01T12:00:00Z"),
        ("366d", "2027-01-02T00:00:00Z"),
    ],
)
def test_the_end_is_counted_from_now(text: str, end: str) -> None:
    assert expiry(text, NOW) == end


@pytest.mark.parametrize("text", ["", "0d", "367d", "9999h", "14", "d", "1w", "-1d", "1.5d"])
def test_other_words_are_no_time(text: str) -> None:
    with pytest.raises(BadWaiverError):
        expiry(text, NOW)


def test_a_file_without_these_lines_has_nothing_to_waive() -> None:
    assert taken_from(TEXT, 1, 5)
    with pytest.raises(BadWaiverError, match="the file has 5 lines, not 6"):
        taken_from(TEXT, 1, 6)


@pytest.mark.parametrize(
    ("now", "place"),
    [
        (TEXT, (2, 3)),
        (b"zero\n" + TEXT, (3, 4)),
        (TEXT.replace(b"\r\n", b"\n"), (2, 3)),
        (TEXT.replace(b"two", b"too"), None),
        (b"zero\n" + TEXT + TEXT, None),
        (TEXT + TEXT, (2, 3)),
        (b"", None),
        (None, None),
    ],
)
def test_a_waiver_follows_its_lines_and_ends_with_them(
    now: bytes | None, place: tuple[int, int] | None
) -> None:
    assert place_of(waiver(lines=(2, 3), text=TEXT), now) == place


def test_the_command_line_knows_every_category() -> None:
    assert list(CATEGORIES) == [str(each) for each in Category]
