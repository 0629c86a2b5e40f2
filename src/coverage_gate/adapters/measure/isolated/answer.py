"""How the facts of files are written, and how much of them."""

from __future__ import annotations

import json
from typing import IO

SCHEMA = 1

#: A file of more lines is told as one that cannot be counted.
MAX_LINES = 1_000_000

#: Longest message about a file, in characters.
MAX_MESSAGE = 300

Facts = dict[str, object]


def line(value: Facts) -> str:
    """One JSON object on a line of its own."""
    return json.dumps(value, separators=(",", ":")) + "\n"


def write(answer: IO[str], text: str) -> None:
    """Write a line so that it is there whatever comes next.

    The reader blames the file after the last line when the process dies.
    """
    answer.write(text)
    answer.flush()
