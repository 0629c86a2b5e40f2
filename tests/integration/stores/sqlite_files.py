"""Stores on real files, and another program's look at them."""

import sqlite3
from contextlib import closing
from fractions import Fraction
from pathlib import Path

from coverage_gate.adapters.stores.store import SqlStore, open_store
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.ratchet import RatchetResult, Rise
from coverage_gate.testing.fakes import FixedClock

KEY = BaselineKey(repository="repo", scope="scope", kind="kind")
AT = "2026-01-01T00:00:00Z"


def store_at(path: Path, *, wait_ms: int = 50) -> SqlStore:
    """A store that does not wait long."""
    return open_store(path, clock=FixedClock(), busy_timeout_ms=wait_ms)


def rise(
    store: SqlStore, tenths: int, *, holder: str | None = None, fence: int | None = None
) -> RatchetResult:
    """Ratchet a value in tenths."""
    return store.ratchet(
        Rise(
            key=KEY,
            rate=Fraction(tenths, 10),
            sha="sha",
            holder=holder,
            fence=fence,
            at=AT,
        )
    )


def sql(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """What statements answer that do not come from the store."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [row for text in statements for row in connection.execute(text).fetchall()]


def change_by_hand(path: Path, table: str, values: str) -> None:
    """Set columns of every row, past the store."""
    sql(path, f"UPDATE {table} SET {values}")  # noqa: S608 - both are constants of the tests
