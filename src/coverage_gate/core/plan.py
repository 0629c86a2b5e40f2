"""A plan that raises files to their targets, task by task, as data; and what of it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import Arc, FileCoverage, Measurement
from coverage_gate.core.nearest import TestPlace
from coverage_gate.core.outside import Outside
from coverage_gate.core.places import Unit
from coverage_gate.core.rates import Counts
from coverage_gate.core.reach import Condition
from coverage_gate.core.skeleton import Skeleton
from coverage_gate.core.targets import Target


class PlanError(Exception):
    """Nothing can be planned or checked. The message says what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One test to be written.

    Attributes:
        number: Its place in the plan, from 1.
        symbol: The function; None at module level.
        lines: The statements that it runs and no test did, as ranges of lines.
        branches: Likewise the branches.
        units: The same one by one.
        conditions: What has to be so, in order.
        code: The first of the lines as it is written.
        outside: What leaves the process on the way.
        tests: Ids of tests that are nearest.
        skeleton: The test to begin with.
    """

    number: int
    symbol: str | None
    lines: tuple[tuple[int, int], ...]
    branches: tuple[Arc, ...]
    units: tuple[Unit, ...]
    conditions: tuple[Condition, ...]
    code: str
    outside: tuple[Outside, ...]
    tests: tuple[str, ...]
    skeleton: Skeleton

    @property
    def gain(self) -> int:
        """How many statements it runs that no test did."""
        return sum(not unit.is_branch for unit in self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlan:
    """What is to be done about one file.

    Attributes:
        path: The file.
        blob: Git id of its bytes: the plan is about this text alone.
        target: What it must reach.
        counts: What counts of it now.
        place: Where it is tested.
        tasks: In order.
        missing: All that no test runs or takes.
        stuck: What is missing and no way leads to: dead code, or what cannot be read.
    """

    path: str
    blob: str
    target: Target
    counts: Counts
    place: TestPlace
    tasks: tuple[Task, ...]
    missing: tuple[Unit, ...] = ()
    stuck: tuple[Unit, ...] = ()

    @property
    def predicted(self) -> Counts:
        """What counts when all its tasks are done."""
        gain = sum(_counting(self.target, task.units) for task in self.tasks)
        return Counts(covered=self.counts.covered + gain, total=self.counts.total)

    @property
    def reaches(self) -> bool:
        """Whether its tasks suffice for the target."""
        return is_reached(self.target, self.predicted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What raises files to their targets.

    Attributes:
        commit: The commit that it was made for.
        targets: What was asked for.
        files: The files below their target, imported ones first.
        reached: How many files the targets mean that reach them already.
        unmeasured: Files that a target means and that were not measured.
        has_hooks: Whether the tree has a configuration of pre-commit.
    """

    commit: str
    targets: tuple[Target, ...]
    files: tuple[FilePlan, ...]
    reached: int = 0
    unmeasured: tuple[str, ...] = ()
    has_hooks: bool = False

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks in order."""
        return tuple(task for file in self.files for task in file.tasks)


def _counting(target: Target, units: Iterable[Unit]) -> int:
    return sum(target.branches or not unit.is_branch for unit in units)


def is_reached(target: Target, counts: Counts) -> bool:
    """Whether counts are what a target asks for; without anything to cover they are."""
    return counts.covered >= target.least * counts.total


# What of it is done


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a written plan says about one task.

    Attributes:
        number: Of the task.
        units: What its test runs that no test did.
        test: Id of its test.
    """

    number: int
    units: frozenset[Unit]
    test: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a written plan says about one file.

    Attributes:
        path: The file.
        blob: Its bytes then.
        target: What it must reach.
        missing: All that no test ran then.
        promises: Its tasks.
    """

    path: str
    blob: str
    target: Target
    missing: frozenset[Unit]
    promises: tuple[Promise, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A written plan, as it is read back.

    Attributes:
        commit: The commit that it was made for.
        files: Its files.
    """

    commit: str
    files: tuple[Written, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one task.

    Attributes:
        number: Of the task.
        promised: What its test was to run.
        missing: What of that still does not run.
        beyond: What runs beside it that no test ran; only known where its test ran alone.
    """

    number: int
    promised: int
    missing: tuple[Unit, ...]
    beyond: tuple[Unit, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether all of it runs."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    """What became of one file.

    Attributes:
        path: The file.
        target: What it must reach.
        counts: What counts now.
        tasks: Its tasks.
    """

    path: str
    target: Target
    counts: Counts
    tasks: tuple[Done, ...]

    @property
    def is_reached(self) -> bool:
        """Whether it reaches its target."""
        return is_reached(self.target, self.counts)


def narrowed(record: Record, path: str | None) -> Record:
    """The plan of one file. Raises PlanError where the plan does not know it."""
    if path is None:
        return record
    files = tuple(file for file in record.files if file.path == path)
    if not files:
        raise PlanError(f"the plan has no file {path!r}")
    return Record(commit=record.commit, files=files)


def checked(record: Record, measured: Measurement, *, task: int | None = None) -> list[FileDone]:
    """What of a written plan is done.

    Args:
        record: The plan.
        measured: What runs now; where a task is named, by its test alone.
        task: The one task that is asked about.

    Raises:
        PlanError: If a file has other bytes than the plan was made for, or is not measured.
    """
    files = {file.path: file for file in measured.files}
    found = []
    for each in record.files:
        promises = [one for one in each.promises if task is None or one.number == task]
        if promises or task is None:
            file = _same(each, files)
            found.append(_file_done(each, promises, file, is_alone=task is not None))
    if task is not None and not found:
        raise PlanError(f"the plan has no task {task}")
    return found


def _same(written: Written, files: Mapping[str, FileCoverage]) -> FileCoverage:
    file = files.get(written.path)
    if file is None:
        raise PlanError(f"{written.path} of the plan is not measured here: make the plan anew")
    if file.blob != written.blob:
        raise PlanError(
            f"{written.path} is not what the plan was made for: the file changed since. Make the"
            " plan anew; what is covered already stays out of it."
        )
    return file


def _file_done(
    written: Written, promises: Iterable[Promise], file: FileCoverage, *, is_alone: bool
) -> FileDone:
    ran = _ran(file)
    fresh = written.missing & ran if is_alone else frozenset()
    return FileDone(
        path=written.path,
        target=written.target,
        counts=written.target.counts_of(file),
        tasks=tuple(
            Done(
                number=each.number,
                promised=len(each.units),
                missing=tuple(sorted(unit for unit in each.units if unit not in ran)),
                beyond=tuple(sorted(fresh - _until(written, each.number))),
            )
            for each in promises
        ),
    )


def _until(written: Written, number: int) -> frozenset[Unit]:
    """What the tasks up to this one were to run."""
    before = (each.units for each in written.promises if each.number <= number)
    return frozenset().union(*before)


def _ran(file: FileCoverage) -> frozenset[Unit]:
    lines = {Unit(path=file.path, line=line) for line in lines_of(file.executed)}
    return frozenset(lines) | {
        Unit(path=file.path, line=line, target=target) for line, target in file.taken
    }
