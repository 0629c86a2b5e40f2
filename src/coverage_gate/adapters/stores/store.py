"""The store on a database. See `ports.Store` for what each method promises."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.stores.database import Database
from coverage_gate.adapters.stores.engine import SqlitePlace, sqlite_engine
from coverage_gate.adapters.stores.journal import MOUNTS, journal_of, read_mounts
from coverage_gate.adapters.stores.parts.accounts import Accounts
from coverage_gate.adapters.stores.parts.baselines import Baselines
from coverage_gate.adapters.stores.parts.history import History
from coverage_gate.adapters.stores.parts.leases import Leases
from coverage_gate.adapters.stores.parts.lessons import Lessons
from coverage_gate.adapters.stores.parts.measurements import Measurements
from coverage_gate.adapters.stores.parts.messages import Messages
from coverage_gate.adapters.stores.parts.waivers import Waivers
from coverage_gate.adapters.stores.target import sqlite_path
from coverage_gate.ports import Clock

BUSY_TIMEOUT_MS = 30_000


def open_store(
    target: str | Path, *, clock: Clock, busy_timeout_ms: int = BUSY_TIMEOUT_MS
) -> SqlStore:
    """A store on a SQLite file. Nothing is opened or made before its first use.

    Args:
        target: Path of the file, or a `sqlite:///` URL of it.
        clock: Stamps the making of the tables.
        busy_timeout_ms: How long to wait for another process that writes.

    Raises:
        StoreError: For a target that is not supported.
    """
    path = sqlite_path(target)
    place = SqlitePlace(
        path=path,
        journal=journal_of(path, read_mounts(MOUNTS)),
        busy_timeout_ms=busy_timeout_ms,
    )
    return SqlStore(
        transactions=Database(
            name=place.name, make_engine=lambda: sqlite_engine(place), clock=clock
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlStore(Accounts, Baselines, Measurements, History, Lessons, Leases, Waivers, Messages):
    """Fits `ports.Store`: all its parts on one database."""
