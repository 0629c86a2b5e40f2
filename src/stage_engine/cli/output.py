"""How the commands answer: a table of 80 columns for people, one JSON object for machines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import click

from coverage_gate.adapters.render.canvas import Canvas, Style
from coverage_gate.adapters.render.json_verdict import to_json_line
from coverage_gate.cli.style import terminal_of

SCHEMA_VERSION = 1

_GAP = "  "
_STYLES = {
    "passed": Style.GOOD,
    "done": Style.GOOD,
    "failed": Style.BAD,
    "error": Style.BAD,
    "parked": Style.BAD,
    "waiting": Style.WARNING,
    "interrupted": Style.WARNING,
    "cancelled": Style.QUIET,
    "skipped": Style.QUIET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its heading.
        width: Columns of the terminal; 0: what the others leave.
        is_number: Set to the right.
    """

    title: str
    width: int = 0
    is_number: bool = False


def canvas() -> Canvas:
    """What stdout can show."""
    shown = terminal_of(sys.stdout)
    return Canvas(columns=shown.width, is_colored=shown.color, is_ascii=shown.ascii_only)


def say(line: str) -> None:
    """Print a line as it is: whether it has colours is for its canvas to decide."""
    click.echo(line, color=True)


def answer_json(found: Mapping[str, object]) -> None:
    """Print one object with its schema version as the last line."""
    click.echo(to_json_line({"schema_version": SCHEMA_VERSION, **found}))


def status_text(on: Canvas, status: str, *, width: int = 0) -> str:
    """A status in its colour."""
    style = _STYLES.get(status)
    padded = status.ljust(width)
    return padded if style is None else on.painted(padded, style)


def table(on: Canvas, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines that fit the terminal; what is too long is cut off and ends in "…"."""
    widths = _widths(on, columns)
    heading = [
        _cell(on, column, column.title, width)
        for column, width in zip(columns, widths, strict=True)
    ]
    lines = [on.painted(_GAP.join(heading).rstrip(), Style.HEADING)]
    for row in rows:
        cells = [
            _cell(on, column, text, width)
            for column, text, width in zip(columns, row, widths, strict=True)
        ]
        lines.append(_GAP.join(cells).rstrip())
    return lines


def _widths(on: Canvas, columns: Sequence[Column]) -> list[int]:
    fixed = sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)
    left = on.columns - fixed
    return [column.width or max(left, len(column.title)) for column in columns]


def _cell(on: Canvas, column: Column, text: str, width: int) -> str:
    shown = on.plain(text, limit=width)
    if shown in _STYLES:
        return status_text(on, shown, width=width)
    return shown.rjust(width) if column.is_number else shown.ljust(width)


def seconds_text(duration_ms: int | None) -> str:
    """A duration, as in "1.25 s"; "-" for none."""
    return "-" if duration_ms is None else f"{duration_ms / 1000:.2f} s"
