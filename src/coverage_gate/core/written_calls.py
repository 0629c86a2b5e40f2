"""Calls of `coverage-gate` that people wrote into hooks and workflow files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

PROGRAM = "coverage-gate"
# At the beginning of a command: behind another one, within `$( )`, run by another, by its path.
_CALL = re.compile(
    rf"(?:^|[;&|(]|\b(?:run|exec|time)\s)\s*([^\s;&|(]*/)?{PROGRAM}(?=\s|$)([^;&|)]*)"
)


def calls_in(script: str) -> Iterator[tuple[str, ...]]:
    """The words behind each call of the program in a shell script; none where nothing follows."""
    joined = script.replace("\\\n", " ")
    for line in joined.splitlines():
        for call in _CALL.finditer(line.strip()):
            words = _words(call[2])
            if words:
                yield words


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text, comments=True))
    except ValueError:  # a quotation that a later line ends
        return tuple(text.split())
