"""Statements and branches that no run passes, since only type checkers read them.

Where the base's configuration excludes them, coverage.py does not count them. Where it does not,
they count and cannot be covered, so that no rule asks for what a change adds of them.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import NO_UNITS, Bucket, FileDelta, Units, delta_of
from coverage_gate.core.linebits import LineBits, lines_of
from coverage_gate.core.measurement import Arc, FileCoverage, Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.rates import Counts

#: Where what a change adds is found, and what does not run any more.
_JUDGED = (Bucket.NEW, Bucket.ARRIVED, Bucket.LOST)


def idle_in(file: FileCoverage) -> Units:
    """All of a file that no run passes; what ran is none of it, whatever its text says."""
    if not file.idle | file.idle_exits:
        return NO_UNITS
    taken = set(file.taken)
    arcs = (arc for arc in file.branches if arc not in taken and _is_idle(arc, file))
    return Units(lines=file.idle & file.statements & ~file.executed, arcs=tuple(arcs))


def _is_idle(arc: Arc, file: FileCoverage) -> bool:
    start, end = arc
    if end < 0 and file.idle_exits >> start & 1:
        return True
    return _holds(file.idle, start) or (end > 0 and _holds(file.idle, end))


def _holds(lines: LineBits, line: int) -> bool:
    return bool(lines >> line & 1)


def asked_of(delta: FileDelta) -> FileDelta:
    """A file of the head without what no run passes, for the rules that judge lines."""
    idle = idle_in(delta.file)
    if not idle.count:
        return delta
    kept = {bucket: without(delta.of(bucket), idle) for bucket in _JUDGED}
    return delta_of(delta.file, {**delta.units, **kept})


def without(units: Units, others: Units) -> Units:
    """Units that are not among others."""
    arcs = set(others.arcs)
    return Units(
        lines=units.lines & ~others.lines, arcs=tuple(arc for arc in units.arcs if arc not in arcs)
    )


def came_idle(comparison: Comparison, apart: AbstractSet[Unit] = frozenset()) -> int:
    """How many of the head's units that no run passes the base had not, or had run.

    Args:
        comparison: Of head and base.
        apart: Units that do not count here.
    """
    buckets = (Bucket.NEW, Bucket.INCLUDED, Bucket.LOST)
    return sum(
        unit not in apart
        for delta in comparison.heads
        for bucket in buckets
        for unit in _idle_of(delta, bucket)
    )


def went_idle(comparison: Comparison) -> Counts:
    """What ran on the base, and only type checkers read now."""
    gone = sum(len(_idle_of(delta, Bucket.LOST)) for delta in comparison.heads)
    return Counts(covered=gone, total=gone)


def _idle_of(delta: FileDelta, bucket: Bucket) -> list[Unit]:
    units, idle = delta.of(bucket), idle_in(delta.file)
    arcs = {*units.arcs}.intersection(idle.arcs)
    return _places(delta.file.path, Units(lines=units.lines & idle.lines, arcs=tuple(arcs)))


def idle_units(head: Measurement) -> list[Unit]:
    """All that no run passes, by place."""
    return [unit for file in head.files for unit in _places(file.path, idle_in(file))]


def _places(path: str, units: Units) -> list[Unit]:
    lines = (Unit(path=path, line=line) for line in lines_of(units.lines))
    arcs = (Unit(path=path, line=line, target=end) for line, end in units.arcs)
    return [*lines, *arcs]
