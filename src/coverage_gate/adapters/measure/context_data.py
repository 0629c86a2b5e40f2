"""Reads which test ran which lines, out of what coverage.py recorded; see `data_file`."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from coverage_gate.adapters.measure.data_file import (
    LAST_LINE,
    LIMITS,
    TABLES,
    BadDataError,
    Claims,
    DataLimits,
    check_table,
    paths_of,
    prefix_of,
    read_each,
    rows_of,
)
from coverage_gate.core.counting import Run, StaticFile
from coverage_gate.core.linebits import LineBits, bits_of

_TABLES = {
    "context": ("id", "context"),
    "file": TABLES["file"],
    "line_bits": ("file_id", "context_id", "numbits"),
    "arc": ("file_id", "context_id", "fromno", "tono"),
}
_EVERY_LINE: LineBits = (1 << (LAST_LINE + 1)) - 2

#: Path → name of a context → lines.
Contexts = dict[str, dict[str, LineBits]]


def read_contexts(
    files: Sequence[Path],
    root: Path,
    *,
    known: Collection[str],
    branch: bool,
    max_bytes: int,
    limits: DataLimits = LIMITS,
) -> Contexts:
    """What is claimed to have run under which context. What ran under none is left out.

    The arguments are those of `data_file.read_raw`.

    Raises:
        BadDataError: For anything but data files that coverage.py writes, and nothing else.
    """
    claims = Claims(prefix=prefix_of(root), known=known, rows_left=limits.rows, tables=_TABLES)
    found: Contexts = {}
    read = partial(_read, claims=claims, found=found, branch=branch)
    read_each(files, read, max_bytes=max_bytes, limits=limits)
    return found


def statements_of(found: Contexts, statics: Sequence[StaticFile]) -> Contexts:
    """The same in statements: of one of several lines only the first is told."""
    files = {static.path: static for static in statics}
    return {
        path: {name: _statements(lines, files[path]) for name, lines in held.items()}
        for path, held in found.items()
    }


def _statements(lines: LineBits, static: StaticFile) -> LineBits:
    told = lines
    for run in static.runs:
        if lines & _span(run):
            told |= 1 << run.target
    return told & static.statements


def _span(run: Run) -> LineBits:
    return (1 << (run.last + 1)) - (1 << run.first)


def _read(connection: sqlite3.Connection, *, claims: Claims, found: Contexts, branch: bool) -> None:
    for table, columns in _TABLES.items():
        check_table(connection, table, columns)
    paths = paths_of(connection, claims)
    names = dict(_names(connection, claims))
    ran = _arcs(connection, claims) if branch else _lines(connection, claims)
    for (file, context), lines in ran.items():
        path, name = paths.get(file), names.get(context)
        if path is not None and name:
            held = found.setdefault(path, {})
            held[name] = held.get(name, 0) | lines


def _names(connection: sqlite3.Connection, claims: Claims) -> Iterator[tuple[int, str]]:
    for number, name in rows_of(connection, claims, "context"):
        if type(number) is not int or not isinstance(name, str):
            raise BadDataError("the table context holds a value of a wrong type")
        yield number, name


def _lines(connection: sqlite3.Connection, claims: Claims) -> Mapping[tuple[int, int], LineBits]:
    ran = {}
    for file, context, numbits in rows_of(connection, claims, "line_bits"):
        if type(file) is not int or type(context) is not int or not isinstance(numbits, bytes):
            raise BadDataError("the table line_bits holds a value of a wrong type")
        ran[file, context] = int.from_bytes(numbits, "little") & _EVERY_LINE
    return ran


def _arcs(connection: sqlite3.Connection, claims: Claims) -> Mapping[tuple[int, int], LineBits]:
    ends: dict[tuple[int, int], set[int]] = {}
    for file, context, _, end in rows_of(connection, claims, "arc"):
        if type(file) is not int or type(context) is not int or type(end) is not int:
            raise BadDataError("the table arc holds a value of a wrong type")
        if 0 < end <= LAST_LINE:
            ends.setdefault((file, context), set()).add(end)
    return {place: bits_of(lines) for place, lines in ends.items()}
