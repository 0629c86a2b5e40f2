"""What a command printed, as text that can be shown."""

from __future__ import annotations

import re

#: Escape sequences of terminals: with parameters, up to a terminator, or of two characters.
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)|\x1b[ -/]*[0-~]|\x1b", re.DOTALL
)


def printable_text(output: bytes) -> str:
    """Text without escape sequences and control characters; line ends and tabs stay.

    A carriage return, with which progress bars overwrite their line, ends the line instead.
    """
    text = output.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    clean = _ESCAPE.sub("", text)
    return "".join(char for char in clean if char.isprintable() or char in "\n\t").rstrip()


def last_lines(text: str, *, lines: int = 100) -> str:
    """The end of a text."""
    return "\n".join(text.splitlines()[-lines:])
