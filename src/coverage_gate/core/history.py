"""What the numbers of a repository were, and whether one fell below the one before it.

Numbers are compared where scope and kind are the same, as baselines are; see ADR 0006.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from coverage_gate.core.baseline import BaselineKey, kind_text
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.rates import NO_COUNTS, Counts, percent_text, points_text

#: Further back nothing is looked for to compare with.
FAR_BACK = 1000

_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.IGNORECASE)
_PREFIXES = ("refs/heads/", "refs/remotes/", "origin/")


class HistoryError(Exception):
    """The history has not what was asked for, or does not take what it was given."""


class Origin(StrEnum):
    """Where the numbers of a point come from."""

    MEASURED = "measured"
    REPORT = "json-report"
    DATA = "data-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCounts:
    """The numbers of one file.

    Attributes:
        path: Relative to the root of the tree, with forward slashes.
        lines: Statements.
        branches: Branch arcs; 0/0 where branches are not measured.
    """

    path: str
    lines: Counts
    branches: Counts = NO_COUNTS

    @property
    def counts(self) -> Counts:
        """Statements plus branches, as coverage.py adds them."""
        return self.lines + self.branches


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The numbers of a repository at one time, without its files.

    Attributes:
        repository: Whose.
        branch: Of which branch; empty where nobody said.
        commit: The commit; None for what was measured as it would be merged.
        tree: Git tree that was measured; None where it is not known.
        at: When it was committed, or merged: ISO 8601 in UTC.
        recorded_at: When it was kept.
        counts: The totals.
        scope: Digest of the configured scope, or what an import calls it.
        kind: As stored with baselines: "ctrace-3.11-branch".
        identity: The same for the same numbers of the same tree.
        origin: Where the numbers come from.
        seq: Rises with each point; 0 before it is kept.
    """

    repository: str
    branch: str
    commit: str | None
    tree: str | None
    at: str
    recorded_at: str
    counts: Counts
    scope: str
    kind: str
    identity: str
    origin: Origin = Origin.MEASURED
    seq: int = 0

    @property
    def name(self) -> str:
        """For people: the commit, else the tree, shortened."""
        return (self.commit or self.tree or self.identity)[:9]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A measured tree that landed.

    Attributes:
        key: Repository, scope and kind of what was measured.
        tree: What was measured, and landed.
        branch: Where it landed.
        commit: The merged commit.
        at: Now, ISO 8601 in UTC.
    """

    key: BaselineKey
    tree: str
    branch: str
    commit: str
    at: str

    def point(self, measured: Point) -> Point:
        """The measured point, moved to where it landed."""
        return replace(
            measured, branch=self.branch, commit=self.commit, at=self.at, recorded_at=self.at
        )


class Standing(StrEnum):
    """How a point stands beside the one before it."""

    FIRST = "first"
    HELD = "held"
    REGRESSION = "regression"
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From one point to the next.

    Attributes:
        point: The later one.
        before: What it was compared with; where that could not be, the one before it.
        standing: How it stands.
        change: Difference of both rates, exact; 0 where they were not compared.
        top: Where a slide began: falls that are a regression only together. None: no slide.
    """

    point: Point
    before: Point | None
    standing: Standing
    change: Fraction = Fraction(0)
    top: Point | None = None

    @property
    def slid(self) -> Fraction:
        """By how much it lies below the top of its slide, negative; 0 where there is none."""
        if self.top is None or self.top.counts.rate is None or self.point.counts.rate is None:
            return Fraction(0)
        return self.point.counts.rate - self.top.counts.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was thrown away as too old.

    Attributes:
        points: Points of the history.
        measurements: Stored measurements, with all their lines.
    """

    points: int
    measurements: int


def counts_of(file: FileCoverage) -> FileCounts:
    """The numbers of a measured file."""
    return FileCounts(
        path=file.path,
        lines=Counts(covered=file.executed.bit_count(), total=file.statements.bit_count()),
        branches=Counts(covered=len(file.taken), total=len(file.branches)),
    )


def point_of(
    measurement: Measurement, *, repository: str, branch: str, at: str, recorded_at: str
) -> Point:
    """The point of a measurement."""
    origin = measurement.provenance
    return Point(
        repository=repository,
        branch=branch,
        commit=origin.commit,
        tree=origin.tree,
        at=at,
        recorded_at=recorded_at,
        counts=measurement.counts,
        scope=origin.scope,
        kind=kind_text(origin.kind),
        identity=origin.identity,
    )


def identity_of(scope: str, kind: str, files: Iterable[FileCounts]) -> str:
    """A digest of numbers from elsewhere, by which they are known again."""
    digest = hashlib.sha256(repr((scope, kind)).encode())
    for file in sorted(files, key=lambda file: file.path):
        digest.update(repr((file.path, str(file.lines), str(file.branches))).encode())
    return digest.hexdigest()


def checked_files(point: Point, files: Iterable[FileCounts]) -> tuple[FileCounts, ...]:
    """The files by path. Raises ValueError where they do not add up to the point's counts."""
    found = tuple(sorted(files, key=lambda file: file.path))
    total = sum((file.counts for file in found), NO_COUNTS)
    if total != point.counts:
        raise ValueError(f"the files add up to {total}, not to {point.counts}")
    return found


def branch_of(ref: str) -> str:
    """The branch that a ref means, as in "main" of "origin/main"; empty for a commit or HEAD."""
    if ref == "HEAD" or _ID.fullmatch(ref):
        return ""
    for prefix in _PREFIXES:
        ref = ref.removeprefix(prefix)
    return ref


def steps(points: Iterable[Point], *, max_drop: Fraction) -> tuple[Step, ...]:
    """Each point beside the nearest earlier one that it can be compared with.

    Small falls add up: a point is a regression, too, where it lies too far below the highest one
    since the last regression. So each slide is told by one point.

    Args:
        points: Oldest first.
        max_drop: A share; what falls by more is a regression, by just so much is none.
    """
    last: Point | None = None
    newest: dict[tuple[str, str], Point] = {}
    tops: dict[tuple[str, str], Point] = {}
    found = []
    for point in points:
        key = (point.scope, point.kind)
        step = _step(point, newest.get(key), last, max_drop)
        if step.standing is Standing.HELD:
            step = _sliding(step, tops[key], max_drop)
        found.append(step)
        last = point
        if point.counts.rate is not None:
            newest[key] = point
            tops[key] = _top(step, tops.get(key))
    return tuple(found)


def _step(point: Point, before: Point | None, last: Point | None, max_drop: Fraction) -> Step:
    if last is None:
        return Step(point=point, before=None, standing=Standing.FIRST)
    old = None if before is None else before.counts.rate
    new = point.counts.rate
    if old is None or new is None:
        return Step(point=point, before=last, standing=Standing.NOT_COMPARABLE)
    fell = old - new > max_drop
    return Step(
        point=point,
        before=before,
        standing=Standing.REGRESSION if fell else Standing.HELD,
        change=new - old,
    )


def _sliding(step: Step, top: Point, max_drop: Fraction) -> Step:
    """The step as a regression where it is the one that makes a slide too deep."""
    fallen = replace(step, standing=Standing.REGRESSION, top=top)
    return fallen if -fallen.slid > max_drop else step


def _top(step: Step, top: Point | None) -> Point:
    """What later points are measured by: the highest one; what was told begins anew."""
    point = step.point
    if top is None or step.standing is Standing.REGRESSION:
        return point
    return max(point, top, key=lambda each: each.counts.rate or Fraction(0))


def newest_steps(found: Sequence[Step]) -> tuple[Step, ...]:
    """The last step, and those of the same commit: it may have been measured in several ways."""
    if not found:
        return ()
    commit = found[-1].point.commit
    if commit is None:
        return (found[-1],)
    # What is left of a commit that was measured again is how it stands now.
    by_key = {
        (step.point.scope, step.point.kind): step for step in found if step.point.commit == commit
    }
    return tuple(by_key.values())


def why_not_comparable(step: Step) -> str:
    """What differs, in words."""
    before = step.before
    if before is None or step.point.counts.rate is None or before.counts.rate is None:
        return "nothing measurable"
    if before.kind != step.point.kind:
        return f"measured as {step.point.kind}, before as {before.kind}"
    return "measured under another scope or configuration"


def step_text(step: Step, *, max_drop: Fraction) -> str:
    """One sentence on a step."""
    point, before = step.point, step.before
    now = f"{percent_text(point.counts.rate)} ({point.counts}) at {point.name}"
    if before is None:
        return f"{now}: the first one, nothing to compare it with"
    if step.standing is Standing.NOT_COMPARABLE:
        return f"{now}: not comparable with {before.name}, {why_not_comparable(step)}"
    was = f"{percent_text(before.counts.rate)} ({before.counts}) at {before.name}"
    limit = percent_text(max_drop).removesuffix("%")
    moved = f"{points_text(step.change)} points, from {was} to {now}"
    if step.top is not None:
        top = f"{percent_text(step.top.counts.rate)} ({step.top.counts}) at {step.top.name}"
        slid = f"{points_text(step.slid)} points, from {top} to {now}"
        return f"coverage fell by more than {limit} points in several steps: {slid}"
    if step.standing is Standing.REGRESSION:
        return f"coverage fell by more than {limit} points: {moved}"
    return f"held within {limit} points: {moved}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMove:
    """A file whose numbers changed between two points; None on a side where it was not there."""

    path: str
    before: Counts | None
    after: Counts | None

    @property
    def lost(self) -> int:
        """How many more of it are uncovered than before."""
        return (self.after or NO_COUNTS).missing - (self.before or NO_COUNTS).missing


def moves(before: Iterable[FileCounts], after: Iterable[FileCounts]) -> tuple[FileMove, ...]:
    """The files whose numbers changed, those that lost most first."""
    old = {file.path: file.counts for file in before}
    new = {file.path: file.counts for file in after}
    found = [
        FileMove(path=path, before=old.get(path), after=new.get(path))
        for path in old.keys() | new.keys()
        if old.get(path) != new.get(path)
    ]
    return tuple(sorted(found, key=lambda move: (-move.lost, move.path)))
