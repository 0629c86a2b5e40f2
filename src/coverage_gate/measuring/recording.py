"""Measurements as points of a history: what the numbers of a branch were at which commit."""

from __future__ import annotations

from coverage_gate.adapters.git.view import GitView
from coverage_gate.core.history import counts_of, point_of
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.times import moment
from coverage_gate.ports import RepositoryError, Store


def note(
    store: Store,
    measured: Measurement,
    *,
    repository: str,
    branch: str,
    view: GitView | None,
    now: str,
) -> None:
    """Keep a measurement as a point, at the time of its commit.

    Args:
        store: Where.
        measured: One that has an identity, and whose tests passed.
        repository: Whose.
        branch: Of which branch; empty where nobody said.
        view: The repository that has the commit.
        now: No commit is later, whatever it says.

    Raises:
        StoreError: If it cannot be written.
    """
    at = committed_at(view, measured.provenance.commit, now=now)
    point = point_of(measured, repository=repository, branch=branch, at=at, recorded_at=now)
    store.note_point(point, map(counts_of, measured.files))


def committed_at(view: GitView | None, commit: str | None, *, now: str) -> str:
    """When a commit was made; now where that cannot be told."""
    if view is None or commit is None:
        return now
    try:
        return moment(view.committed_at(commit), latest=now)
    except (RepositoryError, ValueError):  # it is not there, or names no time
        return now
