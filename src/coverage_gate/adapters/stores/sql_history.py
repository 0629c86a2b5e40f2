"""The history of a repository's numbers in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Exists,
    Row,
    Select,
    and_,
    delete,
    exists,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.dml import ReturningInsert

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import BASELINES, HISTORY, MEASUREMENTS
from coverage_gate.adapters.stores.texts import name_text, needed
from coverage_gate.core.history import Origin, Point
from coverage_gate.core.rates import Counts

_KEY = ("repository", "branch", "commit_sha", "identity")
_SHOWN = [column for column in HISTORY.c if column.name != "payload"]


def point_row(point: Point) -> dict[str, Any]:
    """The columns of a point, but its number and files. ValueError without a name or identity."""
    return {
        "repository": name_text(needed(point.repository, name="repository")),
        "branch": name_text(point.branch),
        # NULL equals no NULL: what has no commit must be known again.
        "commit_sha": name_text(point.commit or ""),
        "tree": point.tree,
        "identity": needed(point.identity, name="identity"),
        "scope": point.scope,
        "kind": point.kind,
        "origin": point.origin.value,
        "covered": point.counts.covered,
        "total": point.counts.total,
        "at": point.at,
        "recorded_at": point.recorded_at,
    }


def noting(dialect: str, row: dict[str, Any]) -> ReturningInsert[Any]:
    """Keep a point, unless it is there. Returns a row if it was kept."""
    statement = upsert(dialect, HISTORY).values(**row)
    return statement.on_conflict_do_nothing(index_elements=list(_KEY)).returning(HISTORY.c.seq)


def measured_tree(repository: str, tree: str, scope: str, kind: str) -> Select[Any]:
    """The newest measured point of a tree, with its payload."""
    row = HISTORY.c
    return (
        select(HISTORY)
        .where(
            row.repository == repository,
            row.tree == tree,
            row.scope == scope,
            row.kind == kind,
            row.origin == Origin.MEASURED.value,
        )
        .order_by(row.seq.desc())
        .limit(1)
    )


def point_known(row: dict[str, Any]) -> Select[Any]:
    """The point that has this row's key."""
    return select(*_SHOWN).where(*(HISTORY.c[name] == row[name] for name in _KEY))


def newest_points(repository: str, branch: str | None, limit: int) -> Select[Any]:
    """Points, newest first; the payloads stay where they are."""
    row = HISTORY.c
    chosen = true() if branch is None else row.branch == branch
    return (
        select(*_SHOWN)
        .where(row.repository == repository, chosen)
        .order_by(row.at.desc(), row.seq.desc())
        .limit(max(limit, 0))
    )


def branches_of(repository: str) -> Select[Any]:
    """The branches that have points, by name."""
    row = HISTORY.c
    return select(row.branch).where(row.repository == repository).distinct().order_by(row.branch)


def payload_of_point(seq: int) -> Select[Any]:
    """The stored bytes of a point's files."""
    return select(HISTORY.c.payload).where(HISTORY.c.seq == seq)


def pruning_points(repository: str, before: str) -> Delete:
    """Forget older points, but the newest of its kind and what a baseline stands on."""
    row = HISTORY.c
    return delete(HISTORY).where(
        row.repository == repository,
        row.at < before,
        _has_newer(),
        row.commit_sha.not_in(_baseline(repository, "sha")),
        or_(row.tree.is_(None), row.tree.not_in(_baseline(repository, "tree"))),
    )


def pruning_measurements(repository: str, before: str) -> Delete:
    """Forget older measurements, but what baselines and the newest points stand on."""
    row = MEASUREMENTS.c
    needed_trees = _baseline(repository, "tree").union(_newest_trees(repository))
    return delete(MEASUREMENTS).where(
        row.repository == repository,
        row.created_at < before,
        or_(row.commit_sha.is_(None), row.commit_sha.not_in(_baseline(repository, "sha"))),
        or_(row.tree.is_(None), row.tree.not_in(needed_trees)),
    )


def _has_newer() -> Exists:
    """Whether a point's branch has a newer one of the same scope and kind."""
    row, other = HISTORY.c, HISTORY.alias("other")
    return exists().where(
        other.c.repository == row.repository,
        other.c.branch == row.branch,
        other.c.scope == row.scope,
        other.c.kind == row.kind,
        or_(other.c.at > row.at, and_(other.c.at == row.at, other.c.seq > row.seq)),
    )


def _newest_trees(repository: str) -> Select[Any]:
    """The trees at which the branches of a repository stand."""
    row = HISTORY.c
    return select(row.tree).where(
        row.repository == repository, row.tree.is_not(None), not_(_has_newer())
    )


def _baseline(repository: str, column: str) -> Select[Any]:
    found = BASELINES.c[column]
    # An operator's reset has no commit, a host's percent no tree.
    return select(found).where(
        BASELINES.c.repository == repository, found.is_not(None), found != ""
    )


def note(connection: Connection, row: dict[str, Any]) -> bool:
    """Keep a point; whether it was new."""
    statement = noting(connection.dialect.name, row)
    return connection.execute(statement).one_or_none() is not None


def point_from(row: Row[Any]) -> Point:
    """A point's row as a value."""
    return Point(
        repository=row.repository,
        branch=row.branch,
        commit=row.commit_sha or None,
        tree=row.tree,
        at=row.at,
        recorded_at=row.recorded_at,
        counts=Counts(covered=row.covered, total=row.total),
        scope=row.scope,
        kind=row.kind,
        identity=row.identity,
        origin=Origin(row.origin),
        seq=row.seq,
    )
