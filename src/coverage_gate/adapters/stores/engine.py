"""A SQLite file opened so that nothing is lost: pragmas, transactions, rights, fallbacks."""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from coverage_gate.adapters.stores.schema import MIN_SQLITE
from coverage_gate.ports import StoreError

#: Execution option of a connection that is going to write.
WRITES = "coverage_gate_writes"

# Changing the journal is a wish: it does not wait for whoever reads or writes just now.
_CONVERSION_MS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlitePlace:
    """A SQLite file and how to use it.

    Attributes:
        path: Absolute path.
        journal: "WAL" or "DELETE"; see `journal`.
        busy_timeout_ms: How long to wait for another process.
    """

    path: Path
    journal: str
    busy_timeout_ms: int

    @property
    def name(self) -> str:
        """The path for messages, with control characters escaped."""
        return repr(str(self.path))


def sqlite_engine(place: SqlitePlace) -> Engine:
    """An engine over the file.

    It keeps no connection open between two transactions. So nothing is shared across a fork, no
    lock outlives its use, and a file that was moved away is noticed.

    Raises:
        StoreError: If the interpreter's SQLite is too old.
    """
    check_sqlite(sqlite3.sqlite_version_info)
    return _engine_of(place)


@lru_cache(maxsize=16)
def _engine_of(place: SqlitePlace) -> Engine:
    """Kept for what it knows of statements: making them into SQL costs more than running them."""
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: open_file(place),
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def check_sqlite(version: tuple[int, ...]) -> None:
    """Refuse a SQLite that lacks what the statements need."""
    if version < MIN_SQLITE:
        have, need = (".".join(map(str, numbers)) for numbers in (version, MIN_SQLITE))
        raise StoreError(
            f"this Python has SQLite {have}; the store needs {need} or newer: use a newer Python"
        )


def open_file(place: SqlitePlace) -> sqlite3.Connection:
    """Open the file, made with its folder if missing; read-only where it can only be read.

    Raises:
        StoreError: If it cannot be made or is no file.
        sqlite3.Error: If it cannot be opened or is no database.
    """
    try:
        _prepare(place.path)
        return _opened(place, "mode=rw")
    except sqlite3.OperationalError as error:
        if not _is_frozen(place.path, error):
            raise
    except OSError as error:
        raise StoreError(
            f"the database {place.name} cannot be made: {error.strerror}. Let this user write "
            "its folder, or set ORCH_DB_PATH to another file"
        ) from error
    return _opened(place, "mode=ro&immutable=1")


def _begin(connection: Connection) -> None:
    # A transaction that reads before it writes is refused at once when another one wrote in
    # between, whatever the timeout; one that says at its start that it will write waits.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare(path: Path) -> None:
    if path.exists():
        if not path.is_file():
            raise StoreError(
                f"{str(path)!r} is no file: set ORCH_DB_PATH to the path of a database file"
            )
        return
    for folder in reversed((path.parent, *path.parent.parents)):
        folder.mkdir(mode=0o700, exist_ok=True)
    # Another process may be first. SQLite gives its journals the rights of the file.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def _opened(place: SqlitePlace, query: str) -> sqlite3.Connection:
    with ExitStack() as stack:
        connection = stack.enter_context(
            closing(
                sqlite3.connect(
                    f"file:{quote(os.fsencode(place.path))}?{query}",
                    uri=True,
                    isolation_level=None,
                    check_same_thread=False,
                )
            )
        )
        _set_up(connection, place)
        stack.pop_all()
        return connection


def _set_up(connection: sqlite3.Connection, place: SqlitePlace) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_CONVERSION_MS}")
    with suppress(sqlite3.OperationalError):  # read-only or busy: any journal is safe
        connection.execute(f"PRAGMA journal_mode = {place.journal}")
    connection.execute(f"PRAGMA busy_timeout = {place.busy_timeout_ms:d}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA schema_version")  # the first real look at the file


def _is_frozen(path: Path, error: sqlite3.OperationalError) -> bool:
    # A file in write-ahead mode wants two files beside it even to be read. Where they cannot be
    # made and no writer has left any, the file alone is complete.
    if not error.sqlite_errorname.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return False
    log = path.with_name(f"{path.name}-wal")
    return path.is_file() and not (log.exists() and log.stat().st_size)
