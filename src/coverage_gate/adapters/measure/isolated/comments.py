"""A source without its comments, so that a pattern is seen to match code."""

from __future__ import annotations

import io
import re
import tokenize

#: Tokens that are texts; an f-string has tokens of its own since Python 3.12.
_TEXTS = (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))
_PREFIXES = "rRbBfFuU"
_ANY = re.compile(r".")

#: What makes a text a text stays: its quotes and escapes.
_NO_MARK = re.compile(r"[^'\"\\\n]")


def without_comments(source: str) -> str:
    """The source with blanks for comments, and for texts that could pass for one.

    What a pattern still matches in it, it matches by code.
    """
    # Not `splitlines`, which ends a line at a form feed, too.
    lines = io.StringIO(source).readlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            _blank(lines, token.start, token.end, _ANY)
        elif token.type in _TEXTS and "#" in token.string:
            prefix = len(token.string) - len(token.string.lstrip(_PREFIXES))
            _blank(lines, (token.start[0], token.start[1] + prefix), token.end, _NO_MARK)
    return "".join(lines)


def _blank(
    lines: list[str], start: tuple[int, int], end: tuple[int, int], what: re.Pattern[str]
) -> None:
    for number in range(start[0], end[0] + 1):
        text = lines[number - 1]
        first = start[1] if number == start[0] else 0
        last = end[1] if number == end[0] else len(text)
        lines[number - 1] = text[:first] + what.sub(" ", text[first:last]) + text[last:]
