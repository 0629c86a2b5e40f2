"""A merge that lowers coverage by more than is allowed is told, once."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from coverage_gate.alerting import leave_alert, note_merge, step_of
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.history import FileCounts, Merged, Point, Standing, Step
from coverage_gate.core.rates import Counts
from coverage_gate.core.records import OutboxState
from coverage_gate.testing.stores import MemoryStore

KEY = BaselineKey(repository="shop", scope="scope", kind="ctrace-3.11-branch")
TWO = Fraction(2, 100)
NOW = "2026-03-01T00:00:00Z"


def measured(
    store: MemoryStore, covered: int, *, branch: str, tree: str, scope: str = KEY.scope
) -> None:
    """Keep a point of a thousand statements, as a measurement does."""
    counts = Counts(covered=covered, total=1000)
    point = Point(
        repository="shop",
        branch=branch,
        commit=f"commit-of-{tree}",
        tree=tree,
        at="2026-01-01T00:00:00Z",
        recorded_at="2026-01-01T00:00:00Z",
        counts=counts,
        scope=scope,
        kind=KEY.kind,
        identity=f"{tree}-{scope}",
    )
    assert store.note_point(point, [FileCounts(path="a.py", lines=counts)])


def merged(store: MemoryStore, tree: str, *, scope: str = KEY.scope) -> Step | None:
    key = BaselineKey(repository="shop", scope=scope, kind=KEY.kind)
    landed = Merged(key=key, tree=tree, branch="main", commit=f"merge-of-{tree}", at=NOW)
    return note_merge(store, landed, max_drop=TWO, topics=["telegram"])


def told(store: MemoryStore) -> list[dict[str, str]]:
    rows = store.messages(states=tuple(OutboxState), limit=99)
    return [json.loads(row.payload) for row in rows]


@pytest.fixture
def store() -> MemoryStore:
    """Main has 900 of 1000."""
    found = MemoryStore()
    measured(found, 900, branch="main", tree="base")
    return found


def test_a_merge_that_falls_by_more_than_two_points_is_told_exactly_once(
    store: MemoryStore,
) -> None:
    measured(store, 879, branch="feature", tree="fell")
    for _ in range(3):  # a merge may be verified again
        step = merged(store, "fell")
        assert step is not None
        assert step.standing is Standing.REGRESSION
    assert told(store) == [
        {
            "kind": "note",
            "repo": "shop",
            "work_item": "main",
            "message": (
                "coverage fell by more than 2 points: -2.1 points, from 90% (900/1000) at "
                "commit-of to 87.9% (879/1000) at merge-of-"
            ),
        }
    ]


@pytest.mark.parametrize("covered", [880, 881, 950])
def test_a_merge_that_falls_by_two_points_or_less_is_not_told(
    store: MemoryStore, covered: int
) -> None:
    measured(store, covered, branch="feature", tree="held")
    step = merged(store, "held")
    assert step is not None
    assert step.standing is Standing.HELD
    assert told(store) == []


def test_small_merges_that_add_up_are_told_exactly_once(store: MemoryStore) -> None:
    for covered in (890, 885, 879, 878):
        measured(store, covered, branch="feature", tree=f"t{covered}")
        for _ in range(2):
            merged(store, f"t{covered}")
    (row,) = told(store)
    assert row["message"].startswith("coverage fell by more than 2 points in several steps: -2.1")


def test_a_merge_across_a_changed_configuration_is_not_comparable(store: MemoryStore) -> None:
    measured(store, 100, branch="feature", tree="other", scope="other")
    step = merged(store, "other", scope="other")
    assert step is not None
    assert step.standing is Standing.NOT_COMPARABLE
    assert told(store) == []


def test_a_second_fall_is_told_again(store: MemoryStore) -> None:
    for covered in (870, 840):
        measured(store, covered, branch="feature", tree=f"t{covered}")
        merged(store, f"t{covered}")
    assert len(told(store)) == 2


def test_what_was_not_measured_is_no_point(store: MemoryStore) -> None:
    assert merged(store, "unknown") is None
    assert store.history("shop", branch="main", limit=9)[0].tree == "base"


def test_whoever_asks_again_by_hand_tells_nobody_twice(store: MemoryStore) -> None:
    measured(store, 800, branch="feature", tree="fell")
    step = merged(store, "fell")
    assert step is not None
    assert not leave_alert(store, step, max_drop=TWO, topics=["telegram"], at=NOW)
    assert leave_alert(store, step, max_drop=TWO, topics=["telegram", "other"], at=NOW)


def test_a_point_that_lies_too_far_back_stands_alone(store: MemoryStore) -> None:
    (point,) = store.history("shop", limit=1)
    assert step_of(MemoryStore(), point, max_drop=TWO).standing is Standing.FIRST
