"""A comparison as the rules that judge lines see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coverage_gate.core.branch_paths import BranchPath, judges_branches
from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import Bucket, FileDelta, Units, delta_of
from coverage_gate.core.idle import asked_of
from coverage_gate.core.linebits import bits_of, lines_of
from coverage_gate.core.places import Unit


def ruled(
    comparison: Comparison, branch_paths: Sequence[BranchPath], flaky: frozenset[Unit]
) -> Comparison:
    """The comparison without branches that are not judged, and what no run passes or is only flaky.

    The sums of the attribution are made of the whole comparison.
    """
    heads = comparison.heads
    if branch_paths:
        heads = tuple(
            delta if judges_branches(branch_paths, delta.file.path) else _without_branches(delta)
            for delta in heads
        )
    heads = tuple(map(asked_of, heads))
    if flaky:
        heads = tuple(_without_flaky(delta, flaky) for delta in heads)
    return replace(comparison, heads=heads)


def _without_branches(delta: FileDelta) -> FileDelta:
    units = {bucket: Units(lines=each.lines) for bucket, each in delta.units.items()}
    return delta_of(delta.file, units)


def _without_flaky(delta: FileDelta, flaky: frozenset[Unit]) -> FileDelta:
    lost, path = delta.of(Bucket.LOST), delta.file.path
    lines = (line for line in lines_of(lost.lines) if Unit(path=path, line=line) not in flaky)
    arcs = (
        (line, end)
        for line, end in lost.arcs
        if Unit(path=path, line=line, target=end) not in flaky
    )
    kept = Units(lines=bits_of(lines), arcs=tuple(arcs))
    return delta_of(delta.file, {**delta.units, Bucket.LOST: kept})
