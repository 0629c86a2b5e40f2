"""Which sub-gate runs when: order by declaration. Pure.

A declaration says `after` and `before` (soft: ignored where the other one is absent) and
`requires` (hard: the other one must be there, and runs earlier).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from itertools import pairwise


class PlacementError(Exception):
    """A sub-gate cannot be placed. The message says why and what to do.

    Attributes:
        code: Stable: "double", "cycle", "missing", "not-a-registry", "changed".
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One sub-gate of an edge, and where it wants to run.

    Attributes:
        name: The check's name, as in `QG_CHECKS`.
        after: Sub-gates that run earlier, if they are there.
        before: Sub-gates that run later, if they are there.
        requires: Sub-gates that must be there, and run earlier.
    """

    name: str
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The sub-gates of one edge, in order.

    Attributes:
        entries: As they run, once `ordered` has answered.
    """

    entries: tuple[Entry, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(entry.name for entry in self.entries)


def fixed_plan(names: Iterable[str]) -> Plan:
    """A plan whose order is a host's own and may not change: each runs after the one before it."""
    listed = tuple(names)
    first = tuple(Entry(name=name) for name in listed[:1])
    return Plan(entries=first + tuple(Entry(name=b, after=(a,)) for a, b in pairwise(listed)))


def ordered(plan: Plan) -> Plan:
    """The plan in an order that obeys every declaration; what they leave open stays as listed.

    Raises:
        PlacementError: For a name that is there twice, a `requires` that is not there, and
            declarations that run in a circle, which is named.
    """
    _refuse_doubles(plan.names)
    _refuse_missing(plan)
    graph = _predecessors(plan)
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        raise PlacementError(_circle_text(error.args[1]), code="cycle") from None
    rank = {name: place for place, name in enumerate(plan.names)}
    return Plan(entries=tuple(plan.entries[place] for place in _drained(sorter, rank)))


def mounted(plan: Plan, entry: Entry) -> Plan:
    """The plan with one more entry, right after what it follows, or else before what it precedes.

    An entry with no neighbour in the plan comes last.

    Raises:
        PlacementError: If it is there already, or cannot be placed; see `ordered`.
    """
    if entry.name in plan.names:
        raise PlacementError(
            f"{entry.name} is mounted already; undo the first mount or mount under another name",
            code="double",
        )
    place = _wished_place(plan.names, entry)
    entries = (*plan.entries[:place], entry, *plan.entries[place:])
    return ordered(Plan(entries=entries))


def _wished_place(names: Sequence[str], entry: Entry) -> int:
    # Next to the merge gate and not merely somewhere behind it: what runs between the two could
    # change the tree that the merge gate has just brought up to date.
    earlier = [names.index(name) for name in entry.after + entry.requires if name in names]
    if earlier:
        return max(earlier) + 1
    later = [names.index(name) for name in entry.before if name in names]
    return min(later, default=len(names))


def _predecessors(plan: Plan) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {name: set() for name in plan.names}
    for entry in plan.entries:
        graph[entry.name] |= {name for name in entry.after + entry.requires if name in graph}
        for later in entry.before:
            if later in graph:
                graph[later].add(entry.name)
    return graph


def _drained(sorter: TopologicalSorter[str], rank: dict[str, int]) -> list[int]:
    ready = [rank[name] for name in sorter.get_ready()]
    name_at = {place: name for name, place in rank.items()}
    heapify(ready)
    order = []
    while ready:
        place = heappop(ready)
        order.append(place)
        sorter.done(name_at[place])
        for name in sorter.get_ready():
            heappush(ready, rank[name])
    return order


def _refuse_doubles(names: Sequence[str]) -> None:
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise PlacementError(
            f"listed twice: {', '.join(doubles)}; a sub-gate's name is its identity, rename one",
            code="double",
        )


def _refuse_missing(plan: Plan) -> None:
    for entry in plan.entries:
        missing = [name for name in entry.requires if name not in plan.names]
        if missing:
            raise PlacementError(
                f"{entry.name} requires {', '.join(missing)}, which is not there; mount it first"
                f" (there is: {', '.join(plan.names)})",
                code="missing",
            )


def _circle_text(circle: Sequence[str]) -> str:
    return (
        f"no order obeys every declaration: {' before '.join(circle)}; "
        "change the host's order, or an `after` or `before` of these (none where order is nothing)"
    )
