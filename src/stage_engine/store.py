"""The engine's rows in the library's database: what belongs together is written together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, inspect

from coverage_gate.adapters.stores.database import OpenTransaction
from coverage_gate.adapters.stores.store import SqlStore
from stage_engine.schema import LOGS, make_tables


class EngineClock(Protocol):
    """The time, and the clock of leases; `coverage_gate.clock.SystemClock` fits."""

    def now_iso(self) -> str:
        """Now, ISO 8601 in UTC, to the second."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""

    def now_ms(self) -> int:
        """Milliseconds, comparable between equal `boot_id()`."""

    def boot_id(self) -> str:
        """Names the clock of `now_ms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One transaction. `tasks` and `jobqueue` read and write through it.

    Attributes:
        connection: For the engine's tables.
        shared: The library's store in the same transaction: lease, intents, outbox.
        at: The time of the transaction, ISO 8601 in UTC.
    """

    connection: Connection
    shared: SqlStore
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStore:
    """Gives transactions. Safe to use from many threads and processes; see `SqlStore`.

    Attributes:
        shared: The library's store.
        clock: Stamps what is written.
    """

    shared: SqlStore
    clock: EngineClock

    @contextmanager
    def writing(self) -> Iterator[Rows]:
        """All or nothing, one writer at a time. Raises StoreError, also inside another one."""
        with (
            self.shared.transaction() as block,
            block.transactions.writing() as connection,
        ):
            make_tables(connection)
            yield Rows(connection=connection, shared=block, at=self.clock.now_iso())

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """One and the same state for all that is read in the block. Raises StoreError."""
        with self.shared.transactions.reading() as connection:
            if inspect(connection).has_table(LOGS.name):
                name = self.shared.transactions.name
                same = OpenTransaction(name=name, connection=connection)
                block = SqlStore(transactions=same)
                yield Rows(connection=connection, shared=block, at=self.clock.now_iso())
                return
        with self.writing() as rows:
            yield rows
