"""Facts about source files in SQL: bytes under a key and a name, kept for a while."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Delete, Select, delete, select

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import STATIC_FACTS

#: Values of one statement; SQLite takes 999 of them everywhere.
_AT_ONCE = 500


def found(
    connection: Connection, repository: str, key: str, names: Collection[str]
) -> dict[str, bytes]:
    """Name → payload of those that are kept."""
    payloads: dict[str, bytes] = {}
    for some in _chunks(names):
        rows = connection.execute(named(repository, key, some))
        payloads.update((row.name, row.payload) for row in rows)
    return payloads


def named(repository: str, key: str, names: Collection[str]) -> Select[Any]:
    """The rows of these names."""
    row = STATIC_FACTS.c
    chosen = (row.repository == repository, row.key == key, row.name.in_(names))
    return select(row.name, row.payload).where(*chosen)


def keep(
    connection: Connection, repository: str, key: str, facts: Mapping[str, bytes], at: str
) -> None:
    """Keep these, each in the place of one of its name."""
    rows = [
        {"repository": repository, "key": key, "name": name, "kept_at": at, "payload": payload}
        for name, payload in facts.items()
    ]
    if rows:
        connection.execute(keeping(connection.dialect.name), rows)


def keeping(dialect: str) -> Any:  # noqa: ANN401 - an insert of either dialect
    """Keep one."""
    statement = upsert(dialect, STATIC_FACTS)
    fresh = {name: statement.excluded[name] for name in ("kept_at", "payload")}
    return statement.on_conflict_do_update(index_elements=STATIC_FACTS.primary_key, set_=fresh)


def forgetting(repository: str, *, before: str | None = None) -> Delete:
    """Delete those that were kept before a time, or all."""
    row = STATIC_FACTS.c
    statement = delete(STATIC_FACTS).where(row.repository == repository)
    return statement if before is None else statement.where(row.kept_at < before)


def _chunks(names: Collection[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
