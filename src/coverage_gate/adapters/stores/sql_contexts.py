"""The context map of a repository's main in SQL: one, the newest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import CONTEXT_MAPS


def keeping(dialect: str, row: dict[str, Any]) -> Any:  # noqa: ANN401 - an insert of either dialect
    """Keep a map in the place of the one before."""
    statement = upsert(dialect, CONTEXT_MAPS).values(**row)
    fresh = {name: statement.excluded[name] for name in row if name != "repository"}
    return statement.on_conflict_do_update(index_elements=["repository"], set_=fresh)


def payload_of(repository: str) -> Select[Any]:
    """The stored bytes of a map."""
    return select(CONTEXT_MAPS.c.payload).where(CONTEXT_MAPS.c.repository == repository)
