"""What ran on main, was not touched, and does not run any more."""

from __future__ import annotations

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import Bucket, FileDelta
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.places import LostLine, Unit, branches_text, located


def lost_units(comparison: Comparison) -> tuple[Unit, ...]:
    """Each lost statement and branch, by place."""
    found = []
    for delta in comparison.heads:
        lost, path = delta.of(Bucket.LOST), delta.file.path
        found += [Unit(path=path, line=line) for line in lines_of(lost.lines)]
        found += [Unit(path=path, line=line, target=target) for line, target in lost.arcs]
    return tuple(sorted(found))


def lost_lines(comparison: Comparison) -> tuple[LostLine, ...]:
    """The lost places; the branches of a line that is lost itself are not told again."""
    units = lost_units(comparison)
    lines = {(unit.path, unit.line) for unit in units if not unit.is_branch}
    return tuple(
        LostLine(path=unit.path, line=unit.line, target=unit.target or None)
        for unit in units
        if not unit.is_branch or (unit.path, unit.line) not in lines
    )


def lost_places(comparison: Comparison) -> tuple[str, ...]:
    """What is lost, file by file: "src/a.py:3-5, branches 9→12"."""
    return tuple(_place(delta) for delta in comparison.heads if delta.of(Bucket.LOST).count)


def _place(delta: FileDelta) -> str:
    lost, path = delta.of(Bucket.LOST), delta.file.path
    lines = frozenset(lines_of(lost.lines))
    alone = branches_text(arc for arc in lost.arcs if arc[0] not in lines)
    if not alone:
        return located(path, lost.lines)
    branches = f"branches {alone}"
    return f"{located(path, lost.lines)}, {branches}" if lines else f"{path}: {branches}"
