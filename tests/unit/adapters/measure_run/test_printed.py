"""Output made printable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.measure.printed import last_lines, printable_text


@pytest.mark.parametrize(
    ("output", "text"),
    [
        # plain text and line ends
        (b"a\n\tb\n\n", "a\n\tb"),
        (b"1 %\r2 %\r\nend", "1 %\n2 %\nend"),
        ("… é 字".encode(), "… é 字"),
        # colours, cursor, titles, links, character sets
        (b"\x1b[1;31mred\x1b[0m \x1b[2J\x1b[?25l.", "red ."),
        (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b", "ab"),
        (b"\x1b(Ba\x1bMb\x1bPq#0\x1b\\c", "abc"),
        (b"a\x1b]never ends", "a"),
        (b"a\x1b", "a"),
        # control, bidirectional and broken
        (b"a\x00\x08\x7fb", "ab"),
        ("a\u202eb\u200b".encode(), "ab"),
        (b"a\xff\xfeb", "a\ufffd\ufffdb"),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(output: bytes, text: str) -> None:
    assert printable_text(output) == text


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_nothing_that_is_not_printable_comes_through(output: bytes) -> None:
    assert all(char.isprintable() or char in "\n\t" for char in printable_text(output))


def test_a_long_run_of_escapes_takes_no_long_time() -> None:
    assert printable_text(b"\x1b]" * 30_000 + b"\x1b[" * 30_000) == ""


def test_the_last_lines_are_the_end() -> None:
    assert last_lines("a\nb\nc", lines=2) == "b\nc"
