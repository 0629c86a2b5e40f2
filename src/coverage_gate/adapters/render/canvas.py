"""A terminal's width, colours and character set, and text laid out for them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from enum import StrEnum

from coverage_gate.adapters.render.marks import to_ascii
from coverage_gate.adapters.render.printable import ELLIPSIS, LINE_LIMIT, one_line


class Style(StrEnum):
    """What a colour says; each is an ANSI parameter."""

    GOOD = "1;32"
    BAD = "1;31"
    WARNING = "1;33"
    QUIET = "2"
    HEADING = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """How a terminal shows text.

    Attributes:
        columns: Its width.
        is_colored: Whether it gets ANSI colours.
        is_ascii: Whether it can show ASCII only.
    """

    columns: int
    is_colored: bool
    is_ascii: bool

    def painted(self, text: str, style: Style) -> str:
        """The gate's own text in a colour, where there are colours."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.is_colored else text

    def plain(self, text: str, *, limit: int = LINE_LIMIT) -> str:
        """Text from outside on one line that the terminal can show, cut at `limit` characters."""
        shown = one_line(text, limit=limit)
        if not self.is_ascii:
            return shown
        # The equals of some characters are longer.
        plain = to_ascii(shown)
        return plain if len(plain) <= limit else plain[: limit - 3] + to_ascii(ELLIPSIS)

    def wrapped(self, text: str, *, limit: int = LINE_LIMIT, indent: int = 0) -> list[str]:
        """Text from outside in indented lines of the width; a longer word stays whole."""
        return textwrap.wrap(
            self.plain(text, limit=limit),
            width=self.columns,
            initial_indent=" " * indent,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
