"""Reads what coverage.py recorded, straight out of its SQLite files.

The process that ran the tests wrote these files, so every byte of them is a claim of the branch.
coverage.py's own reader trusts them; this one takes the few columns that are needed, checks each
value, and lets nothing else of the database take part: no view, no virtual table, no index, no
computed column. The layout is coverage.py's schema 7 (`sqldata.py`, the same since 5.0).
"""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from coverage_gate.adapters.measure.left_file import NoPlainFileError, copied
from coverage_gate.core.counting import RawFile
from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.scratch import private_folder

#: The only layout that is read.
_SCHEMA_VERSION = 7

#: Table → columns that are read.
TABLES = {
    "coverage_schema": ("version",),
    "meta": ("key", "value"),
    "file": ("id", "path"),
    "line_bits": ("file_id", "numbits"),
    "arc": ("file_id", "fromno", "tono"),
}

#: No source file that is analysed has more lines; a claim beyond is dropped unread.
LAST_LINE = 1_000_001

_SHOWN_CHARS = 200
_PROGRESS_STEPS = 10_000


class BadDataError(Exception):
    """A data file that coverage.py did not write, or not for this run; says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLimits:
    """Bounds of reading, besides the size of the files.

    Attributes:
        files: How many data files; one for each process that the tests started.
        rows: Rows of all tables and files. An arc is a row; 10,000 files of 130 lines have
            1.4 million. Each costs 8 bytes of memory.
        value_bytes: Longest text or blob. A line takes a bit of it.
        seconds: For all files together.
    """

    files: int = 100_000
    rows: int = 10_000_000
    value_bytes: int = 1024**2
    seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RawData:
    """What the tests' processes claim to have executed.

    Attributes:
        has_arcs: Whether branches were measured; None: nothing was measured.
        files: Path relative to the root → claims. A file is here even when it has no line.
        has_canary: Whether a line of the canary is claimed.
    """

    has_arcs: bool | None
    files: Mapping[str, RawFile]
    has_canary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawFiles(Mapping[str, RawFile]):
    """Path → claims, sorted; put together when asked for: the sets of all files take much room.

    Attributes:
        lines: Of all files.
        arcs: Of those that have any, end after end: a million of them take 8 MB. None where only
            lines are measured.
    """

    lines: Mapping[str, LineBits]
    arcs: Mapping[str, array[int]] | None

    def __getitem__(self, path: str) -> RawFile:
        ends = None if self.arcs is None else iter(self.arcs.get(path, ()))
        arcs = None if ends is None else frozenset(zip(ends, ends, strict=True))
        return RawFile(lines=self.lines[path], arcs=arcs)

    def __contains__(self, path: object) -> bool:
        return path in self.lines

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.lines))

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(slots=True, kw_only=True)
class Claims:
    """What was read so far.

    Attributes:
        tables: Table → columns that are read.
        prefix: What the absolute path of a known file starts with.
        known: Relative paths.
        rows_left: How many more rows are read.
        canary: Absolute path of the file that nothing runs.
    """

    prefix: str
    known: Collection[str]
    rows_left: int
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: TABLES)
    canary: str | None = None
    has_arcs: bool | None = None
    lines: dict[str, LineBits] = field(default_factory=dict)
    arcs: dict[str, array[int]] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)

    def result(self) -> RawData:
        """All of it, frozen."""
        # It is in no claim but of its lines: so nothing else needs to leave it out.
        canary = self.lines.pop(self.canary or "", 0), self.arcs.pop(self.canary or "", ())
        for path, ends in self.arcs.items():
            self.lines[path] = bits_of(line for line in set(ends) if line > 0)
        files = RawFiles(lines=self.lines, arcs=self.arcs if self.has_arcs else None)
        return RawData(has_arcs=self.has_arcs, files=files, has_canary=any(canary))


LIMITS = DataLimits()


def read_raw(
    files: Sequence[Path],
    root: Path,
    *,
    known: Collection[str],
    branch: bool,
    max_bytes: int,
    canary: Path | None = None,
    limits: DataLimits = LIMITS,
    prefix: str | None = None,
) -> RawData:
    """Read and unite the data files of one run.

    Args:
        files: All of them, whatever their order. None at all is a run that measured nothing.
        root: Absolute real path of the export as the tests' process saw it.
        known: Relative paths of the files in scope; what is claimed of others is only counted.
        branch: Whether branches were to be measured.
        max_bytes: Size of all files together.
        canary: A file that nothing runs, see `canary`.
        limits: Further bounds.
        prefix: What stands before the paths, where that is not `root`.

    Raises:
        BadDataError: For anything but data files that coverage.py writes, and nothing else.
    """
    if len(files) > limits.files:
        raise BadDataError(f"{len(files)} data files are more than the gate reads")
    claims = Claims(
        prefix=prefix_of(root) if prefix is None else prefix,
        known=known,
        rows_left=limits.rows,
        canary=str(canary) if canary else None,
    )
    read_each(
        files,
        partial(_read, claims=claims, branch=branch),
        max_bytes=max_bytes,
        limits=limits,
    )
    return claims.result()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a data file is about.

    Attributes:
        has_arcs: Whether branches were measured; None: nothing was measured.
        paths: Of the measured files, as they stand there.
    """

    has_arcs: bool | None
    paths: tuple[str, ...]


def look_at(file: Path, *, max_bytes: int, limits: DataLimits = LIMITS) -> Seen:
    """What a data file of elsewhere is about.

    Raises:
        BadDataError: As `read_raw`.
    """
    claims = Claims(prefix="", known=(), rows_left=limits.rows)

    def look(connection: sqlite3.Connection) -> None:
        """What one file tells goes into the claims. Raises BadDataError, as `read_raw` does."""
        _check_layout(connection, claims)
        claims.has_arcs = _has_arcs(connection, claims)
        paths_of(connection, claims)

    read_each([file], look, max_bytes=max_bytes, limits=limits)
    return Seen(has_arcs=claims.has_arcs, paths=tuple(sorted(claims.foreign)))


def prefix_of(root: Path) -> str:
    """What the absolute path of a file of the export starts with."""
    return str(root).rstrip("/") + "/"


def read_each(
    files: Sequence[Path],
    read: Callable[[sqlite3.Connection], None],
    *,
    max_bytes: int,
    limits: DataLimits,
) -> None:
    """Read file by file, within the limits.

    Raises:
        BadDataError: Whatever goes wrong; it names the file.
    """
    deadline = time.monotonic() + limits.seconds
    room = max_bytes
    for file in sorted(files):
        with _translated(file), private_folder() as folder:
            copy = folder / "data"
            size = copied(file, room, copy)
            room -= size
            # A process that measured nothing leaves an empty file.
            if size:
                with closing(_connected(copy)) as connection:
                    _bound(connection, limits, deadline)
                    read(connection)


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    """Whatever goes wrong while reading one file becomes a BadDataError that names it."""
    try:
        yield
    except (BadDataError, NoPlainFileError) as error:
        raise BadDataError(f"{_printable(file.name)}: {error}") from error
    except MemoryError as error:
        raise BadDataError(f"{_printable(file.name)}: needs too much memory") from error
    except (sqlite3.Error, sqlite3.Warning, OSError, ValueError, OverflowError) as error:
        said = f"{type(error).__name__}: {_printable(str(error))}"
        raise BadDataError(f"{_printable(file.name)}: cannot be read: {said}") from error


def _connected(copy: Path) -> sqlite3.Connection:
    """A data file that nobody changes any more, without locks and a log beside it.

    On disk and not in memory: it may be larger than all else that counting needs.
    """
    return sqlite3.connect(f"{copy.as_uri()}?mode=ro&nolock=1", uri=True, isolation_level=None)


def _bound(connection: sqlite3.Connection, limits: DataLimits, deadline: float) -> None:
    """Let a connection read what it has only, and nothing for too long."""
    for limit, value in (
        (sqlite3.SQLITE_LIMIT_LENGTH, limits.value_bytes),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
        (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 20),
        (sqlite3.SQLITE_LIMIT_COLUMN, 50),
        (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
    ):
        connection.setlimit(limit, value)
    connection.set_progress_handler(_over(deadline), _PROGRESS_STEPS)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")


def _over(deadline: float) -> Callable[[], bool]:
    """Interrupts SQLite, which raises OperationalError, once the time is over."""
    return lambda: time.monotonic() > deadline


def _check_layout(connection: sqlite3.Connection, claims: Claims) -> None:
    for table, columns in TABLES.items():
        check_table(connection, table, columns)
    versions = list(rows_of(connection, claims, "coverage_schema"))
    if versions != [(_SCHEMA_VERSION,)]:
        raise BadDataError(f"has schema {_printable(repr(versions))}, not {_SCHEMA_VERSION}")


def _read(connection: sqlite3.Connection, claims: Claims, *, branch: bool) -> None:
    _check_layout(connection, claims)
    has_arcs = _has_arcs(connection, claims)
    if has_arcs is None:
        return
    if has_arcs is not branch:
        kinds = ("lines", "branches")
        raise BadDataError(f"holds {kinds[has_arcs]} where {kinds[branch]} were to be measured")
    claims.has_arcs = has_arcs
    paths = paths_of(connection, claims)
    if has_arcs:
        _read_arcs(connection, claims, paths)
    else:
        _read_lines(connection, claims, paths)


def check_table(connection: sqlite3.Connection, table: str, columns: tuple[str, ...]) -> None:
    """Whether it is an ordinary table whose columns are stored, not computed."""
    found = connection.execute(
        "SELECT type, rootpage FROM sqlite_master WHERE lower(name) = ?", (table,)
    ).fetchmany(2)
    if len(found) != 1 or found[0][0] != "table" or type(found[0][1]) is not int or not found[0][1]:
        raise BadDataError(f"has no ordinary table {table}")
    hidden = {
        row[1]: row[6] for row in connection.execute(f"PRAGMA main.table_xinfo({table})").fetchall()
    }
    if any(hidden.get(column) != 0 for column in columns):
        raise BadDataError(f"the table {table} has not the columns of a data file")


def rows_of(
    connection: sqlite3.Connection, claims: Claims, table: str
) -> Iterator[tuple[object, ...]]:
    """The rows of a table itself, whatever an index says of it."""
    columns = ", ".join(claims.tables[table])
    # Nothing in the statement comes from outside.
    for row in connection.execute(f"SELECT {columns} FROM main.{table} NOT INDEXED"):  # noqa: S608
        claims.rows_left -= 1
        if claims.rows_left < 0:
            raise BadDataError("has more rows than the gate reads")
        yield row


def _has_arcs(connection: sqlite3.Connection, claims: Claims) -> bool | None:
    values = [value for key, value in rows_of(connection, claims, "meta") if key == "has_arcs"]
    if not values:
        return None
    if values not in (["0"], ["1"]):
        raise BadDataError(f"has_arcs is {_printable(repr(values))}")
    return values == ["1"]


def paths_of(connection: sqlite3.Connection, claims: Claims) -> dict[int, str]:
    """Id → relative path of the known files; the others are noted as foreign."""
    paths: dict[int, str] = {}
    for number, path in rows_of(connection, claims, "file"):
        if type(number) is not int or not isinstance(path, str):
            raise BadDataError("the table file holds a value of a wrong type")
        relative = path.removeprefix(claims.prefix)
        if path == claims.canary:
            # coverage.py names every file of the sources, also those that did not run.
            paths[number] = path
            claims.lines.setdefault(path, 0)
        elif path.startswith(claims.prefix) and relative in claims.known:
            paths[number] = relative
            claims.lines.setdefault(relative, 0)
        else:
            claims.foreign.add(path)
    return paths


def _read_lines(connection: sqlite3.Connection, claims: Claims, paths: Mapping[int, str]) -> None:
    for number, numbits in rows_of(connection, claims, "line_bits"):
        if type(number) is not int or not isinstance(numbits, bytes):
            raise BadDataError("the table line_bits holds a value of a wrong type")
        path = paths.get(number)
        if path is not None:
            # A byte holds eight lines, the lowest bit the first: as in a LineBits. No line is 0.
            claims.lines[path] |= int.from_bytes(numbits, "little") & _EVERY_LINE


_EVERY_LINE: LineBits = (1 << (LAST_LINE + 1)) - 2


def _read_arcs(connection: sqlite3.Connection, claims: Claims, paths: Mapping[int, str]) -> None:
    arcs = {number: claims.arcs.setdefault(path, array("i")) for number, path in paths.items()}
    for number, start, end in rows_of(connection, claims, "arc"):
        if type(number) is not int or type(start) is not int or type(end) is not int:
            raise BadDataError("the table arc holds a value of a wrong type")
        if number in arcs and abs(start) <= LAST_LINE and abs(end) <= LAST_LINE:
            ends = arcs[number]
            ends.append(start)
            ends.append(end)


def _printable(text: str) -> str:
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text[:_SHOWN_CHARS]
    )
    return shown if len(text) <= _SHOWN_CHARS else shown + "…"
