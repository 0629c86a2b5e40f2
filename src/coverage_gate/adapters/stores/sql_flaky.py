"""Flaky lines of main in SQL."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, Select, select

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import FLAKY_LINES
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.core.places import Unit
from coverage_gate.ports import StoreError

_KEY = ("repository", "tree", "path", "line", "target")


def noting(dialect: str, row: dict[str, Any]) -> Any:  # noqa: ANN401 - an insert of either dialect
    """Keep a line, or stamp it anew."""
    statement = upsert(dialect, FLAKY_LINES).values(**row)
    seen = {"blob": statement.excluded.blob, "seen_at": statement.excluded.seen_at}
    return statement.on_conflict_do_update(index_elements=list(_KEY), set_=seen)


def row_of(repository: str, line: FlakyLine, at: str) -> dict[str, Any]:
    """The columns of a flaky line. Paths need not be UTF-8, so they are kept as JSON."""
    return {
        "repository": repository,
        "tree": line.tree,
        "path": json.dumps(line.unit.path),
        "line": line.unit.line,
        "target": line.unit.target,
        "blob": line.blob,
        "seen_at": at,
    }


def seen_since(repository: str, since: str) -> Select[Any]:
    """Those that were seen at that time or later, by place."""
    row = FLAKY_LINES.c
    return (
        select(FLAKY_LINES)
        .where(row.repository == repository, row.seen_at >= since)
        .order_by(row.tree, row.path, row.line, row.target)
    )


def line_of(row: Row[Any]) -> FlakyLine:
    """A row as a value.

    Raises:
        StoreError: If it was changed by hand.
    """
    try:
        path = json.loads(row.path)
    except ValueError as error:
        raise StoreError(f"a flaky line of {row.repository!r} was changed by hand") from error
    return FlakyLine(
        tree=row.tree,
        unit=Unit(path=str(path), line=row.line, target=row.target),
        blob=row.blob,
    )
