"""Where SQLite and PostgreSQL differ: the insert that may update, and who may write now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, func, select
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

# Any number that no other program in the same PostgreSQL database uses for a lock of its own.
_WRITER_LOCK = 0x636F_7665_7261_6765

# SQLite's writers queue at BEGIN IMMEDIATE. On PostgreSQL this lock gives the same order, is let
# go with the transaction, and holds behind a pooler of transactions. It orders writers and is not
# what keeps a stale one out: that is the fence, within the guarded statement.
WRITER_QUEUE: dict[str, tuple[Select[tuple[Any]], ...]] = {
    "sqlite": (),
    "postgresql": (select(func.pg_advisory_xact_lock(_WRITER_LOCK)),),
}


def upsert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that knows `on_conflict_do_update`, for the dialect of this name."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - SQLite need not wait for it

        return postgresql.insert(table)
    return sqlite.insert(table)


def queue_for_writing(connection: Connection) -> None:
    """Wait until no other transaction of the store writes."""
    for statement in WRITER_QUEUE[connection.dialect.name]:
        connection.execute(statement)
