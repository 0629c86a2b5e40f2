"""What a stream can show: colours, how wide, which characters."""

from __future__ import annotations

import os
import sys
import textwrap
from dataclasses import dataclass
from typing import TextIO

from coverage_gate.adapters.render.canvas import Canvas
from coverage_gate.settings import TerminalWishes, terminal_wishes

_WIDTH = 80
_NARROWEST = 40
_NEEDED = "✓✗–…≥→"  # noqa: RUF001 - a dash


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What may be written to a stream.

    Attributes:
        color: ANSI colours.
        is_live: A line may be drawn over again.
        width: Columns.
        ascii_only: Other characters than ASCII would not arrive.
    """

    color: bool
    is_live: bool
    width: int
    ascii_only: bool


def terminal_of(stream: TextIO | None, *, wishes: TerminalWishes | None = None) -> Terminal:
    """Look at a stream, which may be closed or missing.

    `NO_COLOR` and a dumb terminal win over `FORCE_COLOR`.
    """
    wishes = terminal_wishes() if wishes is None else wishes
    is_terminal = _is_terminal(stream)
    return Terminal(
        color=(is_terminal or wishes.is_forced) and not wishes.is_plain,
        is_live=is_terminal and not wishes.is_plain,
        width=_width(stream) if is_terminal else _WIDTH,
        ascii_only=not _shows(_NEEDED, stream),
    )


def folded(text: str, stream: TextIO | None) -> str:
    """A sentence, between words on lines as wide as a terminal; a program gets one line."""
    if not _is_terminal(stream):
        return text
    width = max(_width(stream), _NARROWEST)
    # Paths and commands stay whole, to be copied.
    return textwrap.fill(
        text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def canvas_of_stdout(*, is_plain: bool = False) -> Canvas:
    """What stdout shows; plain: what a file shows, which has no colours and any character."""
    shown = terminal_of(sys.stdout)
    return Canvas(
        columns=_WIDTH if is_plain else max(shown.width, _NARROWEST),
        is_colored=shown.color and not is_plain,
        is_ascii=shown.ascii_only and not is_plain,
    )


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _width(stream: TextIO | None) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _WIDTH if stream else _WIDTH
    except (OSError, ValueError):
        return _WIDTH


def _shows(text: str, stream: TextIO | None) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
