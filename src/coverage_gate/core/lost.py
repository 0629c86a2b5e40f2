"""What ran on main, was not touched, and does not run any more."""

from __future__ import annotations

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import Bucket, FileDelta
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.places import LostLine, Unit, places_of


def lost_units(comparison: Comparison) -> tuple[Unit, ...]:
    """Each lost statement and branch, by place."""
    found = []
    for delta in comparison.heads:
        lost, path = delta.of(Bucket.LOST), delta.file.path
        found += [Unit(path=path, line=line) for line in lines_of(lost.lines)]
        found += [Unit(path=path, line=line, target=target) for line, target in lost.arcs]
    return tuple(sorted(found))


def lost_lines(comparison: Comparison) -> tuple[LostLine, ...]:
    """The lost places; a branch from a lost line, or to one, is not told again."""
    return tuple(
        LostLine(path=delta.file.path, line=line, target=target)
        for delta in comparison.heads
        for line, target in sorted(_told(delta), key=lambda place: (place[0], place[1] or 0))
    )


def lost_places(comparison: Comparison) -> tuple[str, ...]:
    """What is lost, file by file: "src/a.py:3-5, branches 9→12"."""
    return places_of(
        Unit(path=delta.file.path, line=line, target=target or 0)
        for delta in comparison.heads
        for line, target in _told(delta)
    )


def _told(delta: FileDelta) -> list[tuple[int, int | None]]:
    """Line and, for a branch, target."""
    lost = delta.of(Bucket.LOST)
    lines = frozenset(lines_of(lost.lines))
    alone = [arc for arc in lost.arcs if lines.isdisjoint(arc)]
    return [*((line, None) for line in lines), *alone]
