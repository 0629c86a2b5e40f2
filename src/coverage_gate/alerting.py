"""Telling people that coverage fell: once for each commit, through the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from coverage_gate.core.history import FAR_BACK, Merged, Point, Standing, Step, step_text, steps
from coverage_gate.core.outbox import NOTE
from coverage_gate.ports import Store


def leave_alert(
    store: Store, step: Step, *, max_drop: Fraction, topics: Sequence[str], at: str
) -> bool:
    """Leave the regression of a step for each topic; False where it was told before, or is none.

    Raises:
        StoreError: If it cannot be written.
    """
    if step.standing is not Standing.REGRESSION:
        return False
    point = step.point
    payload = {
        "kind": NOTE,
        "repo": point.repository,
        "work_item": point.branch,
        "message": step_text(step, max_drop=max_drop),
    }
    key = f"regression/{point.repository}/{point.branch}/{point.commit or point.identity}"
    left = [store.enqueue(topic=topic, payload=payload, dedup_key=key, at=at) for topic in topics]
    return any(left)


def step_of(store: Store, point: Point, *, max_drop: Fraction) -> Step:
    """How a kept point stands beside what its branch had before."""
    kept = store.history(point.repository, branch=point.branch, limit=FAR_BACK)
    found = steps(reversed(kept), max_drop=max_drop)
    first = Step(point=point, before=None, standing=Standing.FIRST)
    return next((step for step in found if step.point == point), first)


def note_merge(
    store: Store, merged: Merged, *, max_drop: Fraction, topics: Sequence[str]
) -> Step | None:
    """Keep a merged tree's numbers as a point of its branch, and tell where they fell.

    Args:
        store: Within the transaction of the merge.
        merged: What landed, and where.
        max_drop: A share; what falls by more is told.
        topics: Who is told.

    Returns:
        How it stands; None where the tree was not measured so.
    """
    point = store.note_merge(merged)
    if point is None:
        return None
    step = step_of(store, point, max_drop=max_drop)
    leave_alert(store, step, max_drop=max_drop, topics=topics, at=merged.at)
    return step
