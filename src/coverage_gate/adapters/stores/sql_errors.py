"""Tool errors in a row, and of which repositories something is known, in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CompoundSelect, Delete, Select, delete, select, union
from sqlalchemy.sql.dml import ReturningInsert

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import (
    BASELINES,
    HISTORY,
    LEASES,
    MEASUREMENTS,
    TOOL_ERRORS,
)

_NAMING = (BASELINES, HISTORY, LEASES, MEASUREMENTS, TOOL_ERRORS)


def counting(dialect: str, repository: str, at: str) -> ReturningInsert[Any]:
    """One more. Returns how many there are."""
    added = upsert(dialect, TOOL_ERRORS).values(repository=repository, in_a_row=1, at=at)
    return added.on_conflict_do_update(
        index_elements=["repository"],
        set_={"in_a_row": TOOL_ERRORS.c.in_a_row + 1, "at": at},
    ).returning(TOOL_ERRORS.c.in_a_row)


def counted(repository: str) -> Select[Any]:
    """How many there are; no row where there are none."""
    return select(TOOL_ERRORS.c.in_a_row).where(TOOL_ERRORS.c.repository == repository)


def forgetting(repository: str, fewer_than: int | None) -> Delete:
    """Begin again at none."""
    all_of_it = delete(TOOL_ERRORS).where(TOOL_ERRORS.c.repository == repository)
    return all_of_it if fewer_than is None else all_of_it.where(TOOL_ERRORS.c.in_a_row < fewer_than)


def repositories() -> CompoundSelect[Any]:
    """The names that have a baseline, number, tool error or lease, each once."""
    return union(*(select(table.c.repository) for table in _NAMING))
