"""The ways from line to line that count as branches, and how coverage.py mends them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from coverage_gate.adapters.measure.isolated.answer import Facts
from coverage_gate.adapters.measure.isolated.parsing import Arc, branches_of, partial_regex


def branch_facts(config: Any, parser: Any) -> Facts:  # noqa: ANN401 - see check_regexes
    """What is told of a file where branches are measured: arcs as (line, line), sorted."""
    arcs: set[Arc] = parser.arcs()
    branches = branches_of(parser)
    fixers = getattr(parser, "_with_jump_fixers", {})
    is_old = any(_is_old_fixer(fixer) for fixer in fixers.values())
    jumps = [
        _old_jump(arc, fixers) if is_old else [arc, fixers[arc], [arc]] for arc in sorted(fixers)
    ]
    return {
        "branches": branches,
        "unbranched": sorted(
            {start for start, _ in branches} & parser.lines_matching(partial_regex(config))
        ),
        "jumps": jumps,
        "jumps_drop_last": is_old,
        "loops": _loops(arcs, {*fixers, *branches}),
    }


def _is_old_fixer(fixer: object) -> bool:
    """Whether it has the form of coverage.py before 7.17: a pair of arcs."""
    return isinstance(fixer, tuple) and isinstance(fixer[0], tuple)


def _old_jump(arc: Arc, fixers: Mapping[Arc, tuple[Arc, Arc]]) -> list[object]:
    """What the older `fix_with_jumps` adds and removes for one arc, following a chain of them."""
    start_next, end_next = fixers[arc]
    drops = {arc}
    while start_next in fixers:
        drops.add(start_next)
        start_next, end_next = fixers[start_next]
        drops.add(end_next)
    drops.add(start_next)
    return [arc, (arc[0], end_next[1]), sorted(drops)]


def _loops(arcs: Iterable[Arc], relevant: set[Arc]) -> list[Arc]:
    """For each line with one way on: that arc, where it can make a difference."""
    ways = defaultdict(list)
    for start, end in arcs:
        ways[start].append(end)
    single = ((start, ends[0]) for start, ends in ways.items() if len(ends) == 1)
    return sorted(arc for arc in single if arc in relevant)
