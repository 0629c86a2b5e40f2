"""The rows that the store in memory keeps, and the small questions it asks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.core.history import FileCounts, Point
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.ratchet import LeaseRow, RatchetStep, rank_of
from coverage_gate.core.records import AuditRow, Intent, MeasurementSummary, OutboxRow, OutboxState
from coverage_gate.core.waiver import Waiver

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Rows:
    """Everything that a store keeps; the values in it are never changed, only replaced."""

    baselines: dict[tuple[BaselineKey, int], Baseline] = field(default_factory=dict)
    steps: list[RatchetStep] = field(default_factory=list)
    measurements: dict[str, tuple[MeasurementSummary, Measurement]] = field(default_factory=dict)
    points: list[tuple[Point, tuple[FileCounts, ...]]] = field(default_factory=list)
    last_point: int = 0
    flaky: dict[tuple[str, str, Unit], tuple[FlakyLine, str]] = field(default_factory=dict)
    contexts: dict[str, ContextMap] = field(default_factory=dict)
    facts: dict[tuple[str, str, str], tuple[str, bytes]] = field(default_factory=dict)
    leases: dict[str, LeaseRow] = field(default_factory=dict)
    intents: list[Intent] = field(default_factory=list)
    audits: list[AuditRow] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    last_message: int = 0
    tool_errors: dict[str, int] = field(default_factory=dict)
    waivers: list[Waiver] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)
    waiver_uses: set[tuple[int, str]] = field(default_factory=set)

    def copy(self) -> Rows:
        """Containers of its own over the same values."""
        return Rows(
            baselines=dict(self.baselines),
            steps=list(self.steps),
            measurements=dict(self.measurements),
            points=list(self.points),
            last_point=self.last_point,
            flaky=dict(self.flaky),
            contexts=dict(self.contexts),
            facts=dict(self.facts),
            leases=dict(self.leases),
            intents=list(self.intents),
            audits=list(self.audits),
            outbox=list(self.outbox),
            last_message=self.last_message,
            tool_errors=dict(self.tool_errors),
            waivers=list(self.waivers),
            revoked=set(self.revoked),
            waiver_uses=set(self.waiver_uses),
        )

    def repositories(self) -> tuple[str, ...]:
        """The names that have a baseline, number, tool error or lease."""
        numbers = {summary.repository for summary, _ in self.measurements.values()}
        points = {point.repository for point, _ in self.points}
        based = {key.repository for key, _ in self.baselines}
        return tuple(sorted({*numbers, *points, *based, *self.tool_errors, *self.leases}))

    def standing_waivers(self) -> list[Waiver]:
        """Those that were not revoked."""
        return [row for row in self.waivers if row.seq not in self.revoked]


def point_key(point: Point) -> tuple[str, str, str, str]:
    """By which a point is known again."""
    return point.repository, point.branch, point.commit or "", point.identity


def prunable_points(rows: Rows, repository: str, before: str) -> list[Point]:
    """Points that are older, not the newest of their kind, and no baseline stands on them."""
    commits, trees = _founding(rows, repository)
    newest = _newest_points(rows, repository)
    return [
        point
        for point, _ in rows.points
        if point.repository == repository
        and point.at < before
        and point not in newest
        and point.commit not in commits
        and point.tree not in trees
    ]


def prunable_measurements(rows: Rows, repository: str, before: str) -> list[str]:
    """Identities of measurements that are older, and nothing that is kept stands on them."""
    commits, founding = _founding(rows, repository)
    trees = founding | {point.tree for point in _newest_points(rows, repository) if point.tree}
    return [
        each.identity
        for each, _ in rows.measurements.values()
        if each.repository == repository
        and each.created_at < before
        and each.commit not in commits
        and each.tree not in trees
    ]


def _founding(rows: Rows, repository: str) -> tuple[set[str], set[str]]:
    """The commits and the trees that baselines of the repository stand on."""
    own = [row for (key, _), row in rows.baselines.items() if key.repository == repository]
    return {row.sha for row in own if row.sha}, {row.tree for row in own if row.tree}


def _newest_points(rows: Rows, repository: str) -> list[Point]:
    """The newest point of each branch, scope and kind."""
    own = (point for point, _ in rows.points if point.repository == repository)
    in_time = sorted(own, key=lambda point: (point.at, point.seq))
    newest = {(point.branch, point.scope, point.kind): point for point in in_time}
    return list(newest.values())


def epoch_of(rows: Rows, repository: str) -> int:
    """The newest epoch of a repository; 0 where it has no baseline."""
    return max((epoch for key, epoch in rows.baselines if key.repository == repository), default=0)


def rank_in(row: Baseline | None) -> int | None:
    """The rank of a row, None where there is none."""
    return None if row is None else rank_of(row.rate)


def is_due(row: OutboxRow, at: str) -> bool:
    """Whether a message may be taken to be sent."""
    return row.state is OutboxState.PENDING and row.next_attempt_at <= at


def change_message(
    outbox: list[OutboxRow],
    seq: int,
    state: OutboxState,
    change: Callable[[OutboxRow], OutboxRow],
) -> bool:
    """Replace the message of this number if it is in this state; whether it was."""
    for index, row in enumerate(outbox):
        if (row.seq, row.state) == (seq, state):
            outbox[index] = change(row)
            return True
    return False


def newest_first(kept: list[T], limit: int) -> tuple[T, ...]:
    """The last ones, newest first."""
    return tuple(reversed(kept))[: max(limit, 0)]


def put_baseline(rows: Rows, row: Baseline, *, fence: int | None) -> None:
    """Keep a value that was judged to be lawful, and its step where it rose."""
    old = rank_in(rows.baselines.get((row.key, row.epoch)))
    new = rank_of(row.rate)
    rows.baselines[row.key, row.epoch] = row
    if old == new:
        return
    rows.steps.append(
        RatchetStep(
            repository=row.key.repository,
            scope=row.key.scope,
            kind=row.key.kind,
            epoch=row.epoch,
            old_rank=old,
            new_rank=new,
            counts=row.counts,
            sha=row.sha,
            fence=fence,
            at=row.updated_at,
        )
    )
