from __future__ import annotations

import io
import threading
from dataclasses import dataclass

import pytest

from coverage_gate.cli.progress import TerminalProgress, open_progress
from coverage_gate.cli.style import Terminal
from coverage_gate.ports import Progress

_LIVE = Terminal(color=True, is_live=True, width=40, ascii_only=False)
_PLAIN = Terminal(color=False, is_live=False, width=40, ascii_only=False)


@dataclass(slots=True)
class _Clock:
    """A clock that a test sets."""

    now: float = 0.0

    def now_iso(self) -> str:
        return ""

    def monotonic(self) -> float:
        return self.now


class _Listener(io.StringIO):
    """Tells when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = threading.Event()

    def write(self, text: str, /) -> int:
        self.heard.set()
        return super().write(text)


class _Gone(io.StringIO):
    def write(self, text: str, /) -> int:
        raise BrokenPipeError(32, text)


def _drawn(stream: io.StringIO) -> list[str]:
    """The line after each drawing, without the blanks at its end."""
    return [part.rstrip() for part in stream.getvalue().split("\r")[1:]]


def test_a_plain_stream_gets_one_line_for_each_step() -> None:
    stream = io.StringIO()
    with TerminalProgress(stream=stream, terminal=_PLAIN, clock=_Clock()) as progress:
        progress.step("reading")
        progress.detail("12 tests")
        progress.step("measuring")
    assert stream.getvalue() == "reading\nmeasuring\n"


def test_a_terminal_gets_one_line_that_is_drawn_over_and_gone_at_the_end() -> None:
    stream, clock = io.StringIO(), _Clock(now=100.0)
    with TerminalProgress(stream=stream, terminal=_LIVE, clock=clock) as progress:
        progress.step("measuring a branch")
        clock.now = 112.9
        progress.detail("42 tests")
        progress.step("done")
    assert _drawn(stream) == [
        "[  0 s] measuring a branch",
        "[ 12 s] measuring a branch: 42 tests",
        "[ 12 s] done",
        "",
        "",
    ]
    assert "\n" not in stream.getvalue()


def test_a_shorter_line_leaves_nothing_of_a_longer_one() -> None:
    stream = io.StringIO()
    progress = TerminalProgress(stream=stream, terminal=_LIVE, clock=_Clock())
    progress.step("a long step")
    progress.step("short")
    assert stream.getvalue() == "\r[  0 s] a long step\r[  0 s] short      "


def test_the_line_is_drawn_again_while_nothing_is_heard() -> None:
    stream = _Listener()
    with TerminalProgress(stream=stream, terminal=_LIVE, clock=_Clock(), tick_s=0.01) as progress:
        progress.step("waiting")
        stream.heard.clear()
        assert stream.heard.wait(10)


def test_nothing_is_drawn_before_the_first_step() -> None:
    stream = _Listener()
    with TerminalProgress(stream=stream, terminal=_LIVE, clock=_Clock(), tick_s=0.001):
        assert not stream.heard.wait(0.05)
    assert stream.getvalue() == ""


def test_hostile_and_long_text_stays_on_its_line() -> None:
    stream = io.StringIO()
    progress = TerminalProgress(stream=stream, terminal=_LIVE, clock=_Clock())
    progress.step("a\n\x1b[31m" + "x" * 100)
    (line,) = _drawn(stream)
    assert line.isprintable()
    assert len(line) == 39


def test_a_detail_without_a_step_is_shown() -> None:
    stream = io.StringIO()
    TerminalProgress(stream=stream, terminal=_LIVE, clock=_Clock()).detail("7 tests")
    assert _drawn(stream) == ["[  0 s] 7 tests"]


@pytest.mark.parametrize("terminal", [_LIVE, _PLAIN])
def test_a_stream_that_is_gone_closed_or_missing_is_given_up(terminal: Terminal) -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (_Gone(), closed, None):
        with TerminalProgress(stream=stream, terminal=terminal, clock=_Clock()) as progress:
            progress.step("one")
            progress.step("two")
        assert progress.stream is None


def test_the_progress_of_this_process_writes_to_its_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with open_progress() as opened:
        progress: Progress = opened
        progress.step("one")
    assert capsys.readouterr().err == "one\n"


def _interrupted(progress: TerminalProgress) -> None:
    with progress:
        progress.step("one")
        raise KeyboardInterrupt


def test_an_error_in_the_block_passes_and_the_line_is_gone() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        _interrupted(TerminalProgress(stream=stream, terminal=_LIVE, clock=_Clock()))
    assert stream.getvalue().endswith("\r")
