"""The tables made where they are missing, by whoever comes first, in the transaction at hand."""

from __future__ import annotations

from sqlalchemy import Connection, func, inspect, select

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import METADATA, SCHEMA_VERSION, TRIGGERS, VERSIONS
from coverage_gate.ports import StoreError


def is_current(connection: Connection, name: str) -> bool:
    """Whether the tables are there and of this version.

    Raises:
        StoreError: If they are of a newer version, which this one cannot know how to keep.
    """
    if not inspect(connection).has_table(VERSIONS.name):
        return False
    version = connection.execute(select(func.max(VERSIONS.c.version))).scalar() or 0
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the database {name} was written by a newer coverage-gate (schema {version}, this "
            f"one knows {SCHEMA_VERSION}); nothing was changed. Upgrade coverage-gate, or set "
            "ORCH_DB_PATH to another file"
        )
    return bool(version == SCHEMA_VERSION)


def migrate(connection: Connection, *, name: str, at: str) -> None:
    """Add what is missing. Tables that are not ours are not looked at.

    Two processes may start at once: the caller's transaction has the only right to write.

    Raises:
        StoreError: If a table of ours belongs to somebody else, or is of a newer version.
    """
    if is_current(connection, name):
        return
    METADATA.create_all(connection, checkfirst=True)
    _refuse_strangers(connection, name)
    for statement in TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    stamp = upsert(connection.dialect.name, VERSIONS).values(version=SCHEMA_VERSION, applied_at=at)
    connection.execute(stamp.on_conflict_do_nothing())


def _refuse_strangers(connection: Connection, name: str) -> None:
    look = inspect(connection)
    for table in METADATA.sorted_tables:
        missing = set(table.c.keys()) - {column["name"] for column in look.get_columns(table.name)}
        if missing:
            raise StoreError(
                f"the database {name} has a table {table.name} that is not ours (no column "
                f"{min(missing)}); nothing was changed. Set ORCH_DB_PATH to another file"
            )
