"""Points of a history, one for each day, of a thousand statements each."""

from __future__ import annotations

from coverage_gate.core.history import FileCounts, Point
from coverage_gate.core.rates import Counts
from coverage_gate.ports import Store


def keep_points(
    store: Store, repository: str, *covered: int, branch: str, scope: str = "scope"
) -> None:
    """Keep one for each count, on the days after those that the branch has."""
    known = len(store.history(repository, branch=branch, limit=99))
    for day, count in enumerate(covered, start=known + 1):
        counts = Counts(covered=count, total=1000)
        at = f"2026-01-{day:02}T12:00:00Z"
        point = Point(
            repository=repository,
            branch=branch,
            commit=f"{day:040x}",
            tree=None,
            at=at,
            recorded_at=at,
            counts=counts,
            scope=scope,
            kind="ctrace-3.11-line",
            identity=f"{day}",
        )
        store.note_point(point, [FileCounts(path="src/a.py", lines=counts)])
