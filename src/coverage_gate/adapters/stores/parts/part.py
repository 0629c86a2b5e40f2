"""What each part of the store on a database reads and writes through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self

from sqlalchemy import Connection, Update

from coverage_gate.adapters.stores.database import OpenTransaction, Transactions
from coverage_gate.adapters.stores.failures import bound


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlPart:
    """Safe to use from many threads and processes.

    Attributes:
        transactions: Where its statements run. A caller's own tables in the same database can
            take part: `with store.transaction() as block, block.transactions.writing() as c:`.
    """

    transactions: Transactions

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """See `ports.Store.transaction`."""
        with self.transactions.writing() as connection:
            name = self.transactions.name
            yield replace(self, transactions=OpenTransaction(name=name, connection=connection))

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self.transactions.reading() as connection, bound():
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self.transactions.writing() as connection, bound():
            yield connection

    def _changed(self, statement: Update) -> bool:
        with self._write() as connection:
            return connection.execute(statement).rowcount == 1
