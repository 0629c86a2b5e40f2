"""What a database's errors mean to the person who has to do something about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from coverage_gate.ports import StoreError

# By the beginning of the name of SQLite's result code.
_SENTENCES = {
    "SQLITE_BUSY": "is locked by another process; nothing was written. Try again when it is done",
    "SQLITE_LOCKED": "is locked by this process; nothing was written. Try again",
    "SQLITE_READONLY": (
        "cannot be written; nothing was changed. Let this user write the file and its folder, or "
        "set ORCH_DB_PATH to another file"
    ),
    "SQLITE_CANTOPEN": (
        "cannot be opened. Let this user read and write the file and its folder, or set "
        "ORCH_DB_PATH to another file"
    ),
    "SQLITE_PERM": "cannot be opened. Let this user read and write the file and its folder",
    "SQLITE_AUTH": "cannot be opened. Let this user read and write the file and its folder",
    "SQLITE_FULL": "found no room; nothing was written. Free space on its disk and try again",
    "SQLITE_IOERR": "could not be read or written. Look at its disk, then try again",
    "SQLITE_NOTADB": (
        "is no SQLite database; it was left as it is. Move it away, or set ORCH_DB_PATH to "
        "another file"
    ),
    "SQLITE_CORRUPT": (
        "is damaged; it was left as it is. Restore it from a backup, or move it away and set the "
        "baselines anew with `coverage-gate baseline set`"
    ),
    "SQLITE_CONSTRAINT": "refused a value that is out of range or falls",
    "SQLITE_NOMEM": "found no memory; nothing was written. Try again",
}


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn a database's error in the block into a StoreError that says what to do.

    Args:
        name: What to call the database, without its secrets.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(sentence(name, error)) from error


@contextmanager
def bound() -> Iterator[None]:
    """Turn the refusal of a value on its way into a statement into a StoreError.

    The driver raises it as an error of Python: a number beyond 64 bits, a lone surrogate.
    """
    try:
        yield
    except (OverflowError, UnicodeEncodeError) as error:
        raise StoreError(f"a value cannot be stored: {_words(error)}") from error


def sentence(name: str, error: Exception) -> str:
    """One line: which database, what happened, what to do next, and the database's own words."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    code = getattr(cause, "sqlite_errorname", "")
    for known, advice in _SENTENCES.items():
        if code.startswith(known):
            return f"the database {name} {advice} ({_words(cause)})"
    return f"the database {name} failed: {_words(cause)}"


def _words(cause: BaseException) -> str:
    return " ".join(str(cause).split()) or type(cause).__name__
