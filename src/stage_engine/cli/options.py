"""Options and values that several commands share."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", re.ASCII)
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}

#: Options read this for standard input.
STDIN = Path("-")

file_type = click.Path(path_type=Path, allow_dash=True)


class Duration(click.ParamType[float]):
    """Seconds, written as 90, 90s, 15m, 12h or 7d."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds; a usage error for anything else."""
        match = _DURATION.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is no duration: write 90s, 15m, 12h or 7d", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


def read_input(path: Path) -> tuple[bytes, str]:
    """The content of a file or of standard input, and what to call it in errors.

    Raises:
        InputError: If it cannot be read.
    """
    from stage_engine.documents import BYTES, read_file  # noqa: PLC0415 - loads pydantic

    if path == STDIN:
        return sys.stdin.buffer.read(BYTES + 1), "standard input"
    return read_file(path), str(path)
