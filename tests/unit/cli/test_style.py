from __future__ import annotations

import fcntl
import io
import os
import struct
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest

from coverage_gate.cli.style import Terminal, folded, terminal_of
from coverage_gate.settings import TerminalWishes

_NOTHING = TerminalWishes()


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """A real terminal of 60 columns."""
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        yield stream
    os.close(leader)


def test_a_terminal_is_coloured_live_and_as_wide_as_it_is(terminal: TextIO) -> None:
    shown = Terminal(color=True, is_live=True, width=60, ascii_only=False)
    assert terminal_of(terminal, wishes=_NOTHING) == shown


def test_a_terminal_that_does_not_know_its_width_has_eighty_columns(terminal: TextIO) -> None:
    fcntl.ioctl(terminal.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
    assert terminal_of(terminal, wishes=_NOTHING).width == 80


@pytest.mark.parametrize("is_forced", [True, False])
def test_a_plain_wish_wins_on_a_terminal(terminal: TextIO, *, is_forced: bool) -> None:
    shown = terminal_of(terminal, wishes=TerminalWishes(is_plain=True, is_forced=is_forced))
    assert not shown.color
    assert not shown.is_live


def test_a_file_is_plain() -> None:
    shown = Terminal(color=False, is_live=False, width=80, ascii_only=True)
    assert terminal_of(io.StringIO(), wishes=_NOTHING) == shown


def test_a_file_is_coloured_by_force_but_never_live() -> None:
    shown = terminal_of(io.StringIO(), wishes=TerminalWishes(is_forced=True))
    assert shown.color
    assert not shown.is_live


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_that_cannot_show_the_marks_gets_ascii(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert terminal_of(stream, wishes=_NOTHING).ascii_only


def test_a_stream_of_an_unknown_encoding_gets_ascii() -> None:
    class Strange(io.StringIO):
        encoding = "klingon"

    assert terminal_of(Strange(), wishes=_NOTHING).ascii_only


def test_a_closed_or_missing_stream_is_plain(terminal: TextIO) -> None:
    closed = os.fdopen(os.dup(terminal.fileno()), "w")
    closed.close()
    assert not terminal_of(closed, wishes=_NOTHING).color
    assert not terminal_of(None, wishes=_NOTHING).color


def test_a_terminal_without_a_file_below_it_has_eighty_columns() -> None:
    class Pretender(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert terminal_of(Pretender(), wishes=_NOTHING).width == 80


def test_wishes_are_read_from_the_environment(
    terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal_of(terminal).color


def test_a_sentence_is_folded_between_words_where_people_read_it(terminal: TextIO) -> None:
    path = "/a/path/of-more-columns/than-the-terminal-has/and-that-somebody/wants-to-copy"
    lines = folded(f"{'some words ' * 12}{path}", terminal).split("\n")
    assert lines[-1].strip() == path
    assert max(map(len, lines[:-1])) <= 60
    assert all(line.startswith("  ") for line in lines[1:])


def test_a_program_gets_one_line() -> None:
    assert folded("some words " * 12, io.StringIO()) == "some words " * 12
