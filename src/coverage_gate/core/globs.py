"""Which paths a pattern means, as people know it from `.gitignore`.

A path is relative to the root of the tree, with forward slashes. `*` and `?` stay within a folder's
or file's name, `**` spans folders. A pattern without a slash means that name in any folder, one
that ends with a slash all that is below, one that begins with `*/` any depth (as in coverage.py's
patterns); every other one begins at the root. No other character is special.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST = 500

_PIECES = re.compile(r"(?:\*\*/)+|/\*\*\Z|\*+|\?|[^*?]", re.DOTALL)


def is_glob(text: str) -> bool:
    """Whether a text can be a pattern: no `!`, `./`, `..` or backslash, which would match nothing.

    Such a pattern would be taken for a working one until somebody looks.
    """
    odd = text.startswith(("!", "./")) or "\\" in text or ".." in text.split("/")
    return 0 < len(text) <= LONGEST and text.isprintable() and not odd and text.strip("/") != ""


def matches(pattern: str, path: str) -> bool:
    """Whether a path is one of those that a pattern means."""
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    text = f"{pattern}**" if pattern.endswith("/") else pattern
    if text.startswith("*/"):
        text = f"*{text}"
    elif "/" not in text:
        text = f"**/{text}"
    pieces = _PIECES.findall(text.removeprefix("/"))
    return re.compile("".join(map(_regex, pieces)), re.DOTALL)


def _regex(piece: str) -> str:
    if piece.startswith("**/"):
        return "(?:[^/]+/)*"
    if piece == "/**":
        return "/.+"
    if piece == "?":
        return "[^/]"
    return "[^/]*" if piece.startswith("*") else re.escape(piece)
