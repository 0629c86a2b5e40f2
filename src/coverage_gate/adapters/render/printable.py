r"""Text from outside made safe to show: on one line, as a block, in Markdown.

Test ids, paths, messages and output are chosen by the branch. What cannot be printed is shown as
an escape (`\x1b`, `\u202e`), so that it neither moves a cursor nor reorders or hides a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LINE_LIMIT = 500
#: Of a text in an object for machines, and of a warning.
TEXT_LIMIT = 4_000
BLOCK_LIMIT = 8_000
ELLIPSIS = "…"
LEFT_OUT = "… the beginning is left out"

_BACKTICKS = re.compile(r"`+")
# What CommonMark or GitHub's dialect would read as markup in the middle of a line: an entity could
# bring back a character that was escaped, a dollar sign opens a formula, and a bare address or
# e-mail address becomes a link. An underscore inside of a word is harmless and stays readable.
_MARKUP = re.compile(
    r"[\\`*\[\]<>#|~&$@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=//)|(?<=www)\."
    # At the start: a list item, or a line of a table, a rule, an underlined heading.
    r"|\A[-+](?=\s|\Z)|\A[-=:](?=[-=:\s]*\Z)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\A([0-9]{1,9})([.)])(?=\s|\Z)")


def one_line(text: str, *, limit: int = LINE_LIMIT) -> str:
    """The text on one line of at most `limit` characters, all of them printable.

    Control characters, line ends, ANSI sequences, bidirectional overrides, invisible characters
    and lone surrogates become escapes; what is too long ends in "…", never within an escape.
    """
    if len(text) <= limit and text.isprintable():
        return text
    kept, is_whole = _fitting((_visible(char) for char in text[: limit + 1]), limit)
    return "".join(kept) if is_whole else "".join(kept) + ELLIPSIS


def block(text: str, *, limit: int = BLOCK_LIMIT) -> str:
    """Several lines of printable text, without a final line feed; what is too long loses its head.

    The end of an output tells why it ended. The limit is in characters, without the line that
    says that something is left out.
    """
    clean = text.replace("\r\n", "\n").replace("\t", "    ").rstrip("\n")
    tail = reversed(clean[-limit - 1 :])
    kept, is_whole = _fitting((char if char == "\n" else _visible(char) for char in tail), limit)
    shown = "".join(reversed(kept))
    return shown if is_whole else f"{LEFT_OUT}\n{shown}"


def markdown_code(text: str, *, limit: int = LINE_LIMIT) -> str:
    """A code span of the text, that no backtick in it can end. Not for the cells of a table."""
    shown = one_line(text, limit=limit) or " "
    fence = "`" * (_longest_run(shown) + 1)
    # CommonMark takes one space off both ends, where both have one.
    is_stripped = shown[0] == shown[-1] == " " and bool(shown.strip())
    pad = " " if is_stripped or "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markdown_text(text: str, *, limit: int = LINE_LIMIT) -> str:
    """One line of plain Markdown text, also for the cells of a table.

    It cannot start a heading, list, quote, table, HTML, link, formula or front matter.
    """
    shown = one_line(text, limit=limit).strip()
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", shown))


def markdown_paragraphs(text: str, *, limit: int = BLOCK_LIMIT) -> str:
    """Each line that is not blank as a paragraph of plain Markdown text."""
    lines = block(text, limit=limit).split("\n")
    return "\n\n".join(markdown_text(line, limit=limit) for line in lines if line.strip())


def markdown_fence(text: str, *, limit: int = BLOCK_LIMIT) -> str:
    """A fenced code block of the text, that no line of it can end."""
    shown = block(text, limit=limit)
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}text\n{shown}\n{fence}"


def exact(text: str) -> str:
    """The text as it is, but for lone surrogates, which are shown as escapes.

    A file name that is no UTF-8 arrives with them, and other readers of JSON and XML refuse them.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")


def _fitting(pieces: Iterable[str], limit: int) -> tuple[list[str], bool]:
    """The first pieces that fit and whether these are all; if not, one character stays free."""
    kept: list[str] = []
    room = limit
    for piece in pieces:
        kept.append(piece)
        room -= len(piece)
        if room < 0:
            while room < 1:
                room += len(kept.pop())
            return kept, False
    return kept, True


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
