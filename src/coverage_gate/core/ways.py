"""Which ways through a function run what no test runs yet: one way a test, with what it gains.

Each way leads through the first thing that is missing and, beside it, through as little else that
is missing as possible: where tests went before, a new test can follow them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from coverage_gate.core.consistency import Step, contradiction, skipped_loops
from coverage_gate.core.flow import RAISED, RETURNED, Edge, Flow
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.places import Unit
from coverage_gate.core.reach import Condition, Header

#: What a step costs: something new, a way that no test took, and any step.
_NEW, _UNTAKEN, _STEP = 40, 20, 1
#: Rather all of a function than an exception on the way, and rather that than one at its end.
_CAUGHT, _FAILURE = 100_000, 10_000_000
#: A function gets no more ways than this.
MOST_WAYS = 60
#: A function of so many statements gets only a few, since each takes long to find.
_LARGE, _FEW = 2_000, 5
#: How often a way is looked for that does not contradict itself.
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way through a function.

    Attributes:
        units: What runs on it that did not run before: statements, and branches.
        conditions: What has to be so, in order; what makes no difference is left out.
        path: Its statements, as numbers of nodes.
        raises: Whether it ends by an exception.
    """

    units: tuple[Unit, ...]
    conditions: tuple[Condition, ...]
    path: tuple[int, ...]
    raises: bool

    @property
    def is_program(self) -> bool:
        """Whether it is taken only by a module that is run as a program."""
        return any("__main__" in each.text and each.wanted for each in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways through a function.

    Attributes:
        ways: In the order in which they are to be taken: each counts on those before it.
        rest: What no way leads to.
    """

    ways: tuple[Way, ...]
    rest: tuple[Unit, ...] = ()


def ways_through(flow: Flow, file: FileCoverage, lines: Iterable[int]) -> Ways:
    """The ways that run all that is missing at some lines of a file.

    Args:
        flow: The graph of the function.
        file: What ran.
        lines: The lines of the function at which statements are counted.
    """
    search = _Search(flow=flow, file=file, missing=missing_units(file, lines))
    found: list[Way] = []
    rest: list[Unit] = []
    most = MOST_WAYS if len(flow.nodes) < _LARGE else _FEW
    while search.missing and len(found) < most:
        wanted = min(search.missing, key=lambda unit: (unit.is_branch, unit.line, unit.target))
        way = search.through_loops(wanted, search.way_to(wanted))
        if way is None:
            rest.append(wanted)
            search.missing.discard(wanted)
        else:
            found.append(way)
            search.missing.difference_update(way.units)
    return Ways(ways=tuple(found), rest=tuple(sorted([*rest, *search.missing])))


def missing_units(file: FileCoverage, lines: Iterable[int]) -> set[Unit]:
    """What no test runs or takes at some lines, at which statements are counted."""
    taken, known = set(file.taken), frozenset(lines)
    found = {Unit(path=file.path, line=line) for line in known if not file.executed >> line & 1}
    return found | {
        Unit(path=file.path, line=line, target=target)
        for line, target in file.branches
        if line in known and (line, target) not in taken
    }


@dataclass(slots=True, kw_only=True)
class _Search:
    """The cheapest ways, as long as these units are missing."""

    flow: Flow
    file: FileCoverage
    missing: set[Unit]
    exits: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line, target in self.file.branches:
            if target < 0:
                self.exits.setdefault(line, []).append(target)

    def way_to(self, unit: Unit) -> Way | None:
        """The cheapest way that runs a statement or takes a branch; None: there is none.

        One that contradicts itself is taken only where no other is found.
        """
        tried: list[frozenset[Step]] = [frozenset()]
        first: list[int] | None = None
        for banned in tried:
            path = self._path_to(unit, banned)
            first = first or path
            if path is None:
                continue
            steps = contradiction(self.flow, path)
            if not steps:
                return self._way(path)
            most = _ATTEMPTS if len(self.flow.nodes) < _LARGE else 1
            tried += [banned | {step} for step in steps][: max(most - len(tried), 0)]
        return self._way(first) if first else None

    def through_loops(self, unit: Unit, way: Way | None) -> Way | None:
        """The way, or another one to the same that enters a loop which cannot be left out."""
        path = () if way is None else (*way.path, RAISED if way.raises else RETURNED)
        for number in skipped_loops(self.flow, path):
            inside = next(edge.to for edge in self.flow.edges[number] if _enters(edge))
            entering = Unit(path=self.file.path, line=self.flow.nodes[inside].line)
            other = self.way_to(entering) if entering in self.missing else None
            if other is not None and unit in other.units:
                return other
        return way

    def _path_to(self, unit: Unit, banned: frozenset[Step]) -> list[int] | None:
        weights = self._weights(banned)
        there = _cheapest(weights, self.flow.entry)
        back = _cheapest(_turned(weights), *range(RAISED + 1), costs={RAISED: _FAILURE})
        best = min(
            (
                (there[start][0] + back[end][0] + weights[start].get(end, 0), start, end)
                for start, end in self._crossings(unit)
                if start in there and end in back and (start, end) not in banned
            ),
            default=None,
        )
        if best is None:
            return None
        first = _walked(there, best[1])[::-1]
        second = _walked(back, best[2])
        return [*first, *(second if best[1] != best[2] else second[1:])]

    def _crossings(self, unit: Unit) -> Iterator[tuple[int, int]]:
        """The steps that a way must take: onto the statement itself, or from line to line."""
        nodes = self.flow.nodes
        for number, node in enumerate(nodes):
            if node.line != unit.line:
                continue
            if not unit.is_branch:
                yield number, number
            else:
                yield from (
                    (number, edge.to)
                    for edge in self.flow.edges[number]
                    if _leads_to(nodes[edge.to].line, edge.to, unit.target)
                )

    def _weights(self, banned: frozenset[Step]) -> list[dict[int, int]]:
        return [
            {
                edge.to: self._cost(node.line, edge)
                for edge in self.flow.edges[number][::-1]
                if (number, edge.to) not in banned
            }
            for number, node in enumerate(self.flow.nodes)
        ]

    def _cost(self, line: int, edge: Edge) -> int:
        path, target = self.file.path, self.flow.nodes[edge.to].line
        cost = _STEP
        if target and Unit(path=path, line=target) in self.missing:
            cost += _NEW
        if line and target and Unit(path=path, line=line, target=target) in self.missing:
            cost += _UNTAKEN
        if edge.condition is not None and edge.condition.header is Header.TRY:
            cost += _CAUGHT
        return cost

    def _way(self, path: Sequence[int]) -> Way:
        gained = self._gained(path)
        return Way(
            units=tuple(sorted(gained)),
            conditions=tuple(self._conditions(path)),
            path=tuple(path[:-1]),
            raises=path[-1] == RAISED,
        )

    def _gained(self, path: Sequence[int]) -> set[Unit]:
        """What is missing and runs on a way."""
        name, nodes = self.file.path, self.flow.nodes
        lines = [nodes[number].line for number in path if nodes[number].line]
        found = {Unit(path=name, line=line) for line in lines}
        found |= {
            Unit(path=name, line=line, target=target)
            for line, target in pairwise(lines)
            if line != target
        }
        exits = {unit for unit in self.missing if unit.line == lines[-1] and unit.target < 0}
        return (found | exits) & self.missing

    def _conditions(self, path: Sequence[int]) -> Iterator[Condition]:
        """The choices that matter: the other way would miss something, or run more."""
        told: set[Condition] = set()
        for place, (number, chosen) in enumerate(pairwise(path)):
            edges = self.flow.edges[number]
            taken = next(edge for edge in edges if edge.to == chosen)
            condition = taken.condition
            if condition is None or condition in told:
                continue
            others = [edge for edge in edges if edge.to != chosen]
            is_new = condition.header is Header.TRY or self._is_missing(number, chosen)
            if len(self.flow.nodes) >= _LARGE:
                others = []  # what else matters takes too long to find out
            rest = path[place + 1 :]
            if is_new or not all(self._is_harmless(number, edge, rest) for edge in others):
                told.add(condition)
                yield condition

    def _is_harmless(self, number: int, other: Edge, rest: Sequence[int]) -> bool:
        """Whether another way comes to what is gained next as well, and by nothing new."""
        if other.condition is not None and other.condition.header is Header.TRY:
            return True  # that nothing fails goes without saying
        reached = self._reached_by_old(number, other.to)
        gaining = (first for first, second in pairwise(rest) if self._gains(first, second))
        wanted = next(gaining, None)
        return not reached.isdisjoint(rest) if wanted is None else wanted in reached

    def _gains(self, number: int, to: int) -> bool:
        return self._is_new(number) or self._is_new(to) or self._is_missing(number, to)

    def _is_new(self, number: int) -> bool:
        return Unit(path=self.file.path, line=self.flow.nodes[number].line) in self.missing

    def _reached_by_old(self, number: int, to: int) -> set[int]:
        """What can come after a step by what ran and was taken before; no further than back."""
        if self._is_missing(number, to) or self._is_new(to):
            return set()
        found, todo = {to}, [to]
        while todo:
            at = todo.pop()
            for edge in self.flow.edges[at] if at != number else ():
                is_old = not self._is_new(edge.to) and not self._is_missing(at, edge.to)
                if edge.to not in found and is_old:
                    found.add(edge.to)
                    todo.append(edge.to)
        return found

    def _is_missing(self, number: int, to: int) -> bool:
        """Whether a step takes a branch that is missing."""
        line, target = self.flow.nodes[number].line, self.flow.nodes[to].line
        if to > RAISED:
            return Unit(path=self.file.path, line=line, target=target or -1) in self.missing
        exits = self.exits.get(line, ())
        return any(
            Unit(path=self.file.path, line=line, target=each) in self.missing for each in exits
        )


def _enters(edge: Edge) -> bool:
    return edge.condition is not None and edge.condition.wanted


def _leads_to(line: int, number: int, target: int) -> bool:
    return line == target if target > 0 else number <= RAISED


_Found = Mapping[int, tuple[int, int]]


def _cheapest(
    weights: Sequence[Mapping[int, int]], *starts: int, costs: Mapping[int, int] | None = None
) -> _Found:
    """Node → (cost, node before it) from the nearest start."""
    found: dict[int, tuple[int, int]] = {}
    queue = [((costs or {}).get(start, 0), start, start) for start in starts]
    heapq.heapify(queue)
    while queue:
        cost, number, before = heapq.heappop(queue)
        if number in found:
            continue
        found[number] = cost, before
        for to, step in weights[number].items():
            if to not in found:
                heapq.heappush(queue, (cost + step, to, number))
    return found


def _turned(weights: Sequence[Mapping[int, int]]) -> list[dict[int, int]]:
    turned: list[dict[int, int]] = [{} for _ in weights]
    for number, steps in enumerate(weights):
        for to, step in steps.items():
            turned[to][number] = step
    return turned


def _walked(found: _Found, number: int) -> list[int]:
    """From a node back to where the search began."""
    path = [number]
    while (before := found[path[-1]][1]) != path[-1]:
        path.append(before)
    return path
