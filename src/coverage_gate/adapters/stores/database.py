"""Transactions: one for a method of its own, or one that several writes share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from sqlalchemy import Connection, Engine

from coverage_gate.adapters.stores.dialect import queue_for_writing
from coverage_gate.adapters.stores.engine import WRITES
from coverage_gate.adapters.stores.failures import translated
from coverage_gate.adapters.stores.migration import is_current, migrate
from coverage_gate.ports import Clock, StoreError


class Transactions(Protocol):
    """Gives a connection inside a transaction; the block's end commits, its error rolls back."""

    @property
    def name(self) -> str:
        """What to call the database in messages."""

    def reading(self) -> AbstractContextManager[Connection]:
        """For statements that see one and the same state."""

    def writing(self) -> AbstractContextManager[Connection]:
        """For statements that happen together or not at all, while nobody else writes."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database that is connected to when it is first used, and only for as long as needed.

    Attributes:
        name: What to call it in messages, without its secrets.
        make_engine: How to reach it.
        clock: Stamps the making of the tables.
    """

    name: str
    make_engine: Callable[[], Engine]
    clock: Clock
    _thread: threading.local = field(default_factory=threading.local)

    @cached_property
    def engine(self) -> Engine:
        """Made on first use; holds no connection by itself."""
        return self.make_engine()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See `Transactions.reading`. Raises StoreError."""
        with translated(self.name), self._ready() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """See `Transactions.writing`. Raises StoreError, also for one inside another."""
        if getattr(self._thread, "writes", False):
            raise StoreError("a transaction is open: write through what it gave")
        self._thread.writes = True
        try:
            with (
                translated(self.name),
                self._ready() as connection,
                connection.execution_options(**{WRITES: True}).begin(),
            ):
                queue_for_writing(connection)
                yield connection
        finally:
            self._thread.writes = False

    @contextmanager
    def _ready(self) -> Iterator[Connection]:
        # The tables are made in a transaction of their own, so that no other one undoes them.
        with self.engine.connect() as connection:
            with connection.begin():
                current = is_current(connection, self.name)
            if not current:
                with connection.execution_options(**{WRITES: True}).begin():
                    queue_for_writing(connection)
                    migrate(connection, name=self.name, at=self.clock.now_iso())
                connection.execution_options(**{WRITES: False})
            yield connection


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransaction:
    """A transaction that is under way: its end is somebody else's.

    Attributes:
        name: What to call the database in messages.
        connection: Inside the transaction.
    """

    name: str
    connection: Connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See `Transactions.reading`. Raises StoreError."""
        with translated(self.name):
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """See `Transactions.writing`. Raises StoreError."""
        with translated(self.name):
            yield self.connection
