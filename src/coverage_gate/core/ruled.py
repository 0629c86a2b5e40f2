"""A comparison as the rules that judge lines see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coverage_gate.core.branch_paths import BranchPath, judges_branches
from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import FileDelta, Units, delta_of


def ruled(comparison: Comparison, branch_paths: Sequence[BranchPath]) -> Comparison:
    """The comparison without the branches of files whose branches are not judged.

    The sums of the attribution are made of the whole comparison.
    """
    if not branch_paths:
        return comparison
    heads = (
        delta if judges_branches(branch_paths, delta.file.path) else _without_branches(delta)
        for delta in comparison.heads
    )
    return replace(comparison, heads=tuple(heads))


def _without_branches(delta: FileDelta) -> FileDelta:
    units = {bucket: Units(lines=each.lines) for bucket, each in delta.units.items()}
    return delta_of(delta.file, units)
