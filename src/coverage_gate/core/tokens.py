"""How many tokens of a language model a text takes, estimated on the safe side.

No vocabulary is shipped and none is asked for. Those of today's models keep words and parts of
names in pieces of about five letters, together with the dot, slash or underscore before them;
digits by three; other marks in pairs. A character outside of ASCII never takes more tokens than it
has bytes. See ADR 0018.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"[._/]?[A-Za-z]+|[0-9]+|\s+|[^\x00-\x7f]|[^\w\s\x80-\U0010ffff]+|.", re.DOTALL)
_LETTERS, _BLANKS, _DIGITS, _MARKS = 5, 4, 3, 2
#: Tokens of "…".
_CUT = 3


def tokens_in(text: str) -> int:
    """A number that the text's tokens do not exceed."""
    return sum(map(_tokens_of, _PIECE.findall(text)))


def within(text: str, tokens: int) -> str:
    """The text, or its beginning and "…" where it takes more tokens than these, at least three."""
    used, end = 0, len(text)
    for found in _PIECE.finditer(text):
        cost = _tokens_of(found[0])
        if used + cost > tokens - _CUT >= used:
            # Two characters of ASCII never take more than one token.
            left = tokens - _CUT - used if found[0].isascii() else 0
            end = min(found.start() + 2 * left, found.end())
        used += cost
        if used > tokens:
            return text[:end] + "…"
    return text


def _tokens_of(piece: str) -> int:
    last = piece[-1]
    if not last.isascii():
        return len(piece.encode("utf-8", "surrogatepass"))
    if piece == " ":
        return 0  # belongs to the word that comes after it
    if last.isalpha():
        size = _LETTERS
    elif last.isdigit():
        size = _DIGITS
    else:
        size = _BLANKS if last.isspace() else _MARKS
    return -(-len(piece) // size)
