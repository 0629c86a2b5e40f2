"""What waivers take out of the judging, and what is still owed for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import Bucket, FileDelta, Units, delta_of
from coverage_gate.core.ledger import Hidden
from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.vanished import Vanished
from coverage_gate.core.waiver import Waiver, place_of

#: First and last line.
Place = tuple[int, int]

#: Of what is waived: it counts neither as judged nor as missing.
_BUCKETS = (Bucket.NEW, Bucket.ARRIVED, Bucket.LOST)


class WaiverState(StrEnum):
    """What a waiver is to one verdict."""

    USED = "used"
    OPEN = "open"
    EXPIRED = "expired"
    STALE = "stale"
    OWED = "owed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverUse:
    """A waiver that is not repaid, as one verdict sees it.

    Attributes:
        waiver: Which.
        state: "used" by this verdict; "open" and not needed by it; without effect since it
            "expired" or is "stale", its lines having changed; or "owed" since a merge used it.
        lines: Where its lines are now, first and last; None for tests and for what changed.
    """

    waiver: Waiver
    state: WaiverState
    lines: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """The waivers of a repository that were not revoked.

    Attributes:
        rows: By number.
        texts: Texts of their files in the judged tree, by path.
        now: ISO 8601 in UTC.
    """

    rows: tuple[Waiver, ...] = ()
    texts: Mapping[str, bytes] = field(default_factory=dict)
    now: str = ""

    @property
    def active(self) -> tuple[Waiver, ...]:
        """Those that have an effect, where their lines are as they were."""
        return tuple(row for row in self.rows if not row.used_at and self.now < row.expires_at)

    def place(self, waiver: Waiver) -> Place | None:
        """Where its lines are in the judged tree."""
        return place_of(waiver, self.texts.get(waiver.path)) if waiver.path else None

    @property
    def lines(self) -> Mapping[str, LineBits]:
        """The waived lines, by path."""
        found: dict[str, LineBits] = {}
        for row in self.active:
            found[row.path] = found.get(row.path, 0) | _lines_at(self.place(row))
        return {path: bits for path, bits in found.items() if bits}

    @property
    def tests(self) -> frozenset[str]:
        """The waived tests."""
        return frozenset(test for row in self.active for test in row.tests)


def without_waived(comparison: Comparison, waived: Mapping[str, LineBits]) -> Comparison:
    """A comparison without what is waived and does not run."""
    if not waived:
        return comparison
    heads = (_without(delta, waived.get(delta.file.path, 0)) for delta in comparison.heads)
    return replace(comparison, heads=tuple(heads))


def _without(delta: FileDelta, lines: LineBits) -> FileDelta:
    if not lines:
        return delta
    units = {
        bucket: _rest(each, delta, lines) if bucket in _BUCKETS else each
        for bucket, each in delta.units.items()
    }
    return delta_of(delta.file, units)


def _rest(units: Units, delta: FileDelta, lines: LineBits) -> Units:
    taken = frozenset(delta.file.taken)
    return Units(
        lines=units.lines & ~(lines & ~delta.file.executed),
        arcs=tuple(arc for arc in units.arcs if arc in taken or not lines >> arc[0] & 1),
    )


def unwaived(hidden: Iterable[Hidden], waived: Mapping[str, LineBits]) -> tuple[Hidden, ...]:
    """What is newly hidden and not waived."""
    rest = (_unwaived(each, waived.get(each.path, 0)) for each in hidden)
    return tuple(each for each in rest if each.units.count)


def _unwaived(hidden: Hidden, waived: LineBits) -> Hidden:
    arcs = tuple(arc for arc in hidden.units.arcs if not waived >> arc[0] & 1)
    units = Units(lines=hidden.units.lines & ~waived, arcs=arcs)
    return replace(hidden, lines=hidden.lines & ~waived, units=units)


def uses_of(
    waivers: Waivers,
    head: Measurement,
    comparison: Comparison | None,
    hidden: Iterable[Hidden],
    vanished: Iterable[Vanished],
) -> tuple[WaiverUse, ...]:
    """The waivers that are not repaid, by number.

    Args:
        waivers: All.
        head: The measured landing tree.
        comparison: With what is waived still in it.
        hidden: Likewise.
        vanished: Likewise.
    """
    needs = _Needs(
        deltas={delta.file.path: delta for delta in comparison.heads} if comparison else {},
        hidden=tuple(hidden),
        gone=frozenset(each.test for each in vanished),
    )
    places = ((row, waivers.place(row)) for row in waivers.rows)
    return tuple(
        WaiverUse(waiver=row, state=_state(row, place, needs, waivers.now), lines=place)
        for row, place in places
        if not row.used_at or _is_owed(row, place, head)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    """What a verdict would hold against the head, were nothing waived."""

    deltas: Mapping[str, FileDelta]
    hidden: tuple[Hidden, ...]
    gone: frozenset[str]

    def one(self, row: Waiver, lines: LineBits) -> bool:
        """Whether the verdict is another one without this waiver, whose lines these are now."""
        delta = self.deltas.get(row.path)
        return (
            not self.gone.isdisjoint(row.tests)
            or (delta is not None and _without(delta, lines) != delta)
            or unwaived(self.hidden, {row.path: lines}) != self.hidden
        )


def _state(row: Waiver, place: Place | None, needs: _Needs, now: str) -> WaiverState:
    if row.used_at:
        return WaiverState.OWED
    if now >= row.expires_at:
        return WaiverState.EXPIRED
    if row.path and place is None:
        return WaiverState.STALE
    return WaiverState.USED if needs.one(row, _lines_at(place)) else WaiverState.OPEN


def _lines_at(place: Place | None) -> LineBits:
    return 0 if place is None else bits_of(range(place[0], place[1] + 1))


def _is_owed(waiver: Waiver, place: Place | None, head: Measurement) -> bool:
    """Whether what a merge was allowed is still so: repaid is what runs, changed or passes."""
    if waiver.tests:
        return not head.tests.passed.issuperset(waiver.tests)
    if place is None:
        return False
    file = head.file(waiver.path)
    if file is None:
        return True
    return bool(_lines_at(place) & (file.excluded | file.statements & ~file.executed))
