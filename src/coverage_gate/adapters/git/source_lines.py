"""The lines of a source file as Python numbers them, which are not always those of git.

Git ends a line at a line feed. Python ends one at a carriage return, too, so that one line of git
may be several of Python; and a coding declaration may make other bytes mean a line feed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")

#: Encodings, spelt with dashes, in which the byte of a line end is one and nothing else is.
_PLAIN_CODING = re.compile(
    r"utf-?8(-(sig|unix|dos|mac|emacs))?|(us-)?ascii|latin-?[0-9]+(-unix)?|l1|iso-?(ir-)?8859-[0-9]+"
    r"(-(unix|1987))?|(windows-|cp)125[0-8]|cp(437|85[0258]|86[0-9]|874|932|936|949|950)|koi8-[rtu]"
    r"|euc-?(jp|kr)|shift-?jis|gbk|gb2312|big5",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLines:
    """The lines of a source file.

    Attributes:
        texts: Python's lines without line ends.
        starts: For each line of git and the place after the last one: its first line of Python,
            less 1; None where the numbers are the same.
    """

    texts: tuple[bytes, ...]
    starts: tuple[int, ...] | None

    def line_of(self, git_line: int) -> int:
        """The first of Python's lines in a line of git; both 1-based.

        Raises:
            IndexError: If the file has no such line, nor ends right before it.
        """
        last = len(self.texts) + 1 if self.starts is None else len(self.starts)
        if not 0 < git_line <= last:
            raise IndexError(git_line)
        return git_line if self.starts is None else self.starts[git_line - 1] + 1

    def between(self, start: int, end: int) -> tuple[bytes, ...]:
        """The texts of Python's lines from one (1-based) to before another."""
        return self.texts[start - 1 : end - 1]


def source_lines(content: bytes) -> SourceLines | None:
    """The lines of a file; None where the encoding that it declares could make others of them."""
    plain = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not all(map(_is_plain, plain.split(b"\n", 2)[:2])):
        return None
    texts = plain.split(b"\n")
    if not texts[-1]:
        texts.pop()
    has_more = plain.count(b"\n") != content.count(b"\n")
    return SourceLines(
        texts=tuple(texts), starts=_starts(content, len(texts)) if has_more else None
    )


def _is_plain(line: bytes) -> bool:
    match = _CODING.match(line)
    return match is None or bool(_PLAIN_CODING.fullmatch(match[1].decode().replace("_", "-")))


def _starts(content: bytes, total: int) -> tuple[int, ...]:
    lines: Sequence[bytes] = content.split(b"\n")
    # The line feed after a trailing carriage return belongs to it.
    counts = (1 + line.removesuffix(b"\r").count(b"\r") for line in lines[:-1])
    starts = list(accumulate(counts, initial=0))
    return (*starts, total) if lines[-1] else tuple(starts)
