"""Options and values that several commands share."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    _Base = click.ParamType[float]
else:  # at run time not every click that we can have takes the brackets
    _Base = click.ParamType

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", re.ASCII)
_CENTURY_S = 36_500 * 86_400.0
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}

#: Options read this for standard input.
STDIN = Path("-")

file_type = click.Path(path_type=Path, allow_dash=True)
#: What a database can number.
number_type = click.IntRange(min=1, max=2**63 - 1)


class Duration(_Base):
    """Seconds, written as 90, 90s, 15m, 12h or 7d, between bounds.

    Attributes:
        least: The fewest seconds that make sense.
    """

    name = "duration"

    def __init__(self, *, least: float = 0.0) -> None:
        self.least = least

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds; a usage error for anything else."""
        match = _DURATION.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is no duration: write 90s, 15m, 12h or 7d", param, ctx)
        seconds = float(match[1]) * _UNITS[match[2]]
        if not self.least <= seconds <= _CENTURY_S:
            self.fail(f"{value!r} is not between {self.least:g}s and 36500d", param, ctx)
        return seconds


def read_input(path: Path) -> tuple[bytes, str]:
    """The content of a file or of standard input, and what to call it in errors.

    Raises:
        InputError: If it cannot be read.
    """
    from stage_engine.documents import BYTES, read_file

    if path == STDIN:
        return sys.stdin.buffer.read(BYTES + 1), "standard input"
    return read_file(path), str(path)
