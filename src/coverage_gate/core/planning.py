"""Makes a plan: pure, from what was measured and the text of some files."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from coverage_gate.core.functions import Module, Routine, module_of
from coverage_gate.core.gaps import gaps_of
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.nearest import TestModule, TestPlace, named_in, place_of
from coverage_gate.core.opportunities import check_patterns, demand_functions
from coverage_gate.core.outside import Names, Outside, names_of, outside_of
from coverage_gate.core.plan import FilePlan, Plan, PlanError, Task
from coverage_gate.core.reach import lines_in
from coverage_gate.core.skeleton import Asked, module_name, skeleton_of
from coverage_gate.core.targets import Shortfall, Target, judged_files, shortfalls
from coverage_gate.core.ways import MOST_WAYS, Way, Ways, missing_units, ways_through

#: A plan is for people and agents who carry it out in order: what does not fit is planned later.
MOST_TASKS = 200
_HOOKS = ".pre-commit-config.yaml"
_NEAR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a plan is made from, beside the measurement.

    Attributes:
        texts: Path → text of the files below their target.
        tests: The test modules of the tree.
        paths: All files of the tree.
    """

    texts: Mapping[str, str]
    tests: tuple[TestModule, ...]
    paths: frozenset[str]

    @property
    def packages(self) -> frozenset[str]:
        """Folders that hold an `__init__.py`."""
        return frozenset(
            path.rpartition("/")[0] for path in self.paths if path.endswith("/__init__.py")
        )


def wanted_paths(measured: Measurement, targets: Sequence[Target]) -> tuple[str, ...]:
    """The measured files below a target.

    Raises:
        PlanError: If a target means no file, nothing is measured, or nothing has a function.
    """
    paths = _below(measured, targets)
    demand_functions(measured)
    return paths


def _below(measured: Measurement, targets: Sequence[Target]) -> tuple[str, ...]:
    if not targets:
        raise PlanError(
            "there is no target: give --target GLOB=PERCENT, or set targets in the base's table"
        )
    check_patterns(measured, targets, ())
    return tuple(
        dict.fromkeys(each.path for each in shortfalls(targets, measured) if each.is_measured)
    )


def plan_of(measured: Measurement, targets: Sequence[Target], material: Material) -> Plan:
    """The plan that raises all files that the targets mean.

    Raises:
        PlanError: If a target means no file, or nothing is measured.
    """
    _below(measured, targets)
    short = shortfalls(targets, measured)
    known = [each for each in short if each.is_measured]
    by_path = {each.path: each for each in sorted(known, key=_strictness)}
    files = [_FilePlanner(short=each, material=material).plan() for each in by_path.values()]
    return Plan(
        commit=measured.provenance.commit or "",
        targets=tuple(targets),
        files=tuple(_numbered(sorted(files, key=lambda file: file.path))),
        reached=sum(judged_files(targets, measured).values()) - len(short),
        unmeasured=tuple(dict.fromkeys(each.path for each in short if not each.is_measured)),
        has_hooks=_HOOKS in material.paths,
    )


def _strictness(short: Shortfall) -> tuple[int, bool]:
    return short.need, short.target.branches


def _numbered(files: Iterable[FilePlan]) -> Iterator[FilePlan]:
    """The files with their tasks numbered; those beyond the limit are left out."""
    number = 0
    for file in files:
        tasks = file.tasks[: MOST_TASKS - number]
        numbered = (
            replace(task, number=place) for place, task in enumerate(tasks, start=number + 1)
        )
        number += len(tasks)
        yield replace(file, tasks=tuple(numbered))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One way through one function.

    Attributes:
        place: Its function, by its place in the file.
        number: Which of its ways.
        way: The way.
    """

    place: int
    number: int
    way: Way


@dataclass(slots=True, kw_only=True)
class _FilePlanner:
    """What is known of one file while its tasks are chosen."""

    short: Shortfall
    material: Material
    routines: tuple[Routine, ...] = ()
    ways: list[Ways] = field(default_factory=list)
    outside: list[tuple[Outside, ...]] = field(default_factory=list)
    by_name: dict[str, list[int]] = field(default_factory=dict)
    callees: list[list[int]] = field(default_factory=list)
    used: set[tuple[str | None, int]] = field(default_factory=set)
    names: Names = field(default_factory=lambda: Names(imported={}))

    @property
    def file(self) -> FileCoverage:
        """The file as it was measured."""
        return self.short.file

    def plan(self) -> FilePlan:
        """Where its test goes, and a task for each way that is chosen."""
        text = self.material.texts.get(self.short.path, "")
        module = module_of(text, self.file)
        if module is not None:
            self._learn(module)
        place = place_of(self.file.path, self._symbols(), self.material.tests)
        steps = self._ordered(self._chosen())
        lines = lines_in(text)
        return FilePlan(
            path=self.file.path,
            blob=self.file.blob,
            target=self.short.target,
            counts=self.short.counts,
            place=place,
            tasks=tuple(self._task(step, place, lines) for step in steps),
            missing=tuple(sorted(missing_units(self.file, lines_of(self.file.statements)))),
            stuck=tuple(sorted(unit for ways in self.ways for unit in ways.rest)),
        )

    def _learn(self, module: Module) -> None:
        """Its functions: which of them call which, their ways, and what leaves the process."""
        self.names = names_of(module.tree)
        self.routines = module.routines
        for number, each in enumerate(self.routines):
            self.by_name.setdefault(_short_name(each), []).append(number)
        self.callees = [self._called(number, None) for number in range(len(self.routines))]
        for number, each in enumerate(self.routines):
            self._set_within(number, each)
        self.ways = [ways_through(each.flow, self.file, each.lines) for each in self.routines]
        self.outside = [self._outside_of(each, None) for each in self.routines]

    def _set_within(self, number: int, each: Routine) -> None:
        """A function that stands in another one runs after that."""
        outer = [place for place, one in enumerate(self.routines) if one.name == each.outer]
        if each.outer is not None:
            self.callees[number] = sorted({*self.callees[number], *outer} - {number})
            for place in outer:
                self.callees[place] = [one for one in self.callees[place] if one != number]

    def _symbols(self) -> list[str]:
        return [
            each.name
            for each, ways in zip(self.routines, self.ways, strict=True)
            if each.name and ways.ways
        ]

    # Which ways

    def _chosen(self) -> set[tuple[int, int]]:
        """The ways that suffice: the largest gain first, each with all that comes before it."""
        chosen: set[tuple[int, int]] = set()
        need = self.short.need
        offers = [self._offer(place, 0) for place, ways in enumerate(self.ways) if ways.ways]
        heapq.heapify(offers)
        while offers and need > 0 and len(chosen) < MOST_TASKS:
            _, place, number = heapq.heappop(offers)
            # It may be there already, for who calls it.
            fresh = [] if (place, number) in chosen else self._with_callees(place, number, chosen)
            need -= sum(self._counting(self.ways[at].ways[which]) for at, which in fresh)
            chosen.update(fresh)
            if number + 1 < len(self.ways[place].ways):
                heapq.heappush(offers, self._offer(place, number + 1))
        return chosen

    def _offer(self, place: int, number: int) -> tuple[int, int, int]:
        return -self._counting(self.ways[place].ways[number]), place, number

    def _counting(self, way: Way) -> int:
        return sum(self.short.target.branches or not unit.is_branch for unit in way.units)

    def _with_callees(
        self, place: int, number: int, chosen: set[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """A way, and the first ways of functions that it calls: they run with it."""
        found = {(place, number)}
        todo = [(place, number)]
        while todo:
            at, which = todo.pop()
            called = self._called(at, self.ways[at].ways[which].path)
            for callee in {*called, *self._around(at)} & {*self.callees[at]}:
                first = callee, 0
                is_open = bool(self.ways[callee].ways) and self._never_ran(callee)
                if is_open and first not in chosen and first not in found:
                    found.add(first)
                    todo.append(first)
        return sorted(found)

    def _around(self, place: int) -> list[int]:
        """The function that one stands in."""
        outer = self.routines[place].outer
        return [other for other in self.callees[place] if self.routines[other].name == outer]

    def _never_ran(self, place: int) -> bool:
        lines = self.routines[place].lines
        return not any(self.file.executed >> line & 1 for line in lines)

    def _called(self, place: int, path: Sequence[int] | None) -> list[int]:
        """Functions of the file that a way, or all of a function, calls, told by their names."""
        each = self.routines[place]
        names = each.mentions(range(len(each.flow.nodes)) if path is None else path)
        found = {other for name in names for other in self.by_name.get(name, ())}
        return sorted(found - {place})

    def _ordered(self, chosen: set[tuple[int, int]]) -> Iterator[_Step]:
        """The ways of a function after each other, and those that it calls before it.

        Last comes what a module does when it is run as a program: it calls all the rest.
        """
        steps = list(self._by_calls(chosen))
        yield from (step for step in steps if not step.way.is_program)
        yield from (step for step in steps if step.way.is_program)

    def _by_calls(self, chosen: set[tuple[int, int]]) -> Iterator[_Step]:
        done: set[int] = set()
        for first in range(len(self.routines)):
            for place in self._after_callees(first, done):
                for number, way in enumerate(self.ways[place].ways):
                    if (place, number) in chosen:
                        yield _Step(place=place, number=number, way=way)

    def _after_callees(self, first: int, done: set[int]) -> Iterator[int]:
        """A function after all that it calls, none twice; a list and no recursion."""
        todo = [(first, False)]
        while todo:
            place, is_entered = todo.pop()
            if is_entered:
                yield place
            elif place not in done:
                done.add(place)
                todo.append((place, True))
                todo += [(each, False) for each in self.callees[place] if place]

    # What is told of each

    def _outside_of(self, each: Routine, path: Sequence[int] | None) -> tuple[Outside, ...]:
        nodes = each.flow.nodes
        chosen = range(len(nodes)) if path is None else path
        statements = (nodes[number].statement for number in dict.fromkeys(chosen))
        return outside_of(statements, self.names)

    def _outside_on(self, step: _Step) -> tuple[Outside, ...]:
        """What leaves the process on a way, also within functions of the file that it calls."""
        found = list(self._outside_of(self.routines[step.place], step.way.path))
        done: set[int] = {step.place}
        todo = self._called(step.place, step.way.path)
        while todo:
            place = todo.pop()
            if place not in done:
                done.add(place)
                found += self.outside[place]
                todo += self.callees[place]
        return tuple(sorted({each.name: each for each in reversed(found)}.values()))

    def _number(self, each: Routine, way: Way) -> int:
        """A line that makes the name of the test its own: the first statement, where it is free."""
        lines = [unit.line for unit in sorted(way.units, key=lambda unit: unit.is_branch)]
        lines += range(lines[-1] + 1, lines[-1] + MOST_WAYS + 1)
        free = next(line for line in lines if (each.name, line) not in self.used)
        self.used.add((each.name, free))
        return free

    def _task(self, step: _Step, place: TestPlace, lines: Sequence[str]) -> Task:
        each = self.routines[step.place]
        outside = self._outside_on(step)
        gaps = gaps_of(step.way.units, {self.file.path: self.file})
        near = [test for test in self.material.tests if test.path in (place.path, *place.near)]
        first = min(step.way.units, key=lambda unit: (unit.is_branch, unit.line)).line
        asked = Asked(
            module=module_name(self.file.path, self.material.packages),
            function=each,
            way=step.way,
            outside=outside,
            number=self._number(each, step.way),
            # The first way through a module is its import: what comes after runs it once more.
            ran_before=step.number > 0 or not self._never_ran(step.place),
            is_package=self.file.path.rpartition("/")[2] == "__init__.py",
            names=self.names,
        )
        return Task(
            number=0,
            symbol=each.name,
            lines=tuple(sorted(span for gap in gaps for span in gap.lines)),
            branches=tuple(sorted(arc for gap in gaps for arc in gap.branches)),
            units=step.way.units,
            conditions=step.way.conditions,
            code=_code_at(lines, first),
            outside=outside,
            tests=named_in(each.name, near)[:_NEAR] if each.name else (),
            skeleton=skeleton_of(asked),
        )


def _short_name(each: Routine) -> str:
    """What a call of it names: a class is called for its `__init__`."""
    names = (each.name or "").split(".")  # nothing is called ""
    return names[-2] if names[-1] == "__init__" and len(names) > 1 else names[-1]


def _code_at(lines: Sequence[str], line: int) -> str:
    return lines[line - 1].strip() if line <= len(lines) else ""
