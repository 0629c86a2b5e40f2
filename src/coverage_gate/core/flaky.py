"""Lines that run in one measurement of a tree and not in another one of the same tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.linemap import FileDiff, LineMap, inverted
from coverage_gate.core.lost import lost_units
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.rates import Counts
from coverage_gate.core.touched import head_maps

#: A re-measurement in which more than this share of what ran differs was another run: a network
#: that was down is no evidence about lines.
_LARGEST_SHARE = 20
_ALWAYS_FEW = 20


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FlakyLine:
    """A statement or branch of main that was seen to run and not to run.

    Attributes:
        tree: Git tree of main that was measured twice.
        unit: The place in that tree.
        blob: Git id of the file there.
    """

    tree: str
    unit: Unit
    blob: str


def flapping(first: Measurement, second: Measurement) -> tuple[FlakyLine, ...]:
    """What ran in one of two measurements of the same tree alone, by place.

    Nothing is proven by runs that were not alike: of two identities, one whose tests failed, or
    ones that differ in so much that something else than a line was flaky.
    """
    origin = first.provenance
    if not origin.tree or origin.identity != second.provenance.identity:
        return ()
    if first.tests.exit_status or second.tests.exit_status:
        return ()
    others = {file.path: file for file in second.files}
    found = sorted(
        FlakyLine(tree=origin.tree, unit=unit, blob=file.blob)
        for file in first.files
        if file.path in others
        for unit in _differing(file, others[file.path])
    )
    most = max(first.counts.covered // _LARGEST_SHARE, _ALWAYS_FEW)
    return tuple(found) if len(found) <= most else ()


def _differing(first: FileCoverage, second: FileCoverage) -> Iterator[Unit]:
    for line in lines_of(first.executed ^ second.executed):
        yield Unit(path=first.path, line=line)
    for line, target in set(first.taken) ^ set(second.taken):
        yield Unit(path=first.path, line=line, target=target)


def carried(
    lines: Iterable[FlakyLine], diff: Iterable[FileDiff], head: Measurement
) -> frozenset[Unit]:
    """Where the flaky lines of one tree of main are in the head; without those that changed.

    Args:
        lines: Of one tree.
        diff: From that tree to the head's.
        head: The measured landing tree.
    """
    touched = tuple(diff)
    there = inverted(head_maps(touched))
    edited = {each.old_path for each in touched if each.old_blob is not None}
    files = {file.path: file for file in head.files}

    def place(line: FlakyLine) -> Unit | None:
        """Where it is in the head; None where it changed, or was seen in other bytes."""
        is_same = line.unit.path not in edited
        unit = line.unit if is_same else _moved(line.unit, there.get(line.unit.path))
        file = None if unit is None else files.get(unit.path)
        if unit is None or file is None or (is_same and file.blob != line.blob):
            return None
        return unit if _has(file, unit) else None

    return frozenset(unit for unit in map(place, lines) if unit is not None)


def _moved(unit: Unit, lines: LineMap | None) -> Unit | None:
    run = None if lines is None else lines.run_at(unit.line)
    if run is None:
        return None
    step = run.other - run.start
    if not unit.is_branch:
        return Unit(path=run.path, line=unit.line + step)
    goal = None if lines is None else lines.run_at(abs(unit.target))
    if goal is None or goal.path != run.path:
        return None
    target = abs(unit.target) + goal.other - goal.start
    return Unit(path=run.path, line=unit.line + step, target=target if unit.target > 0 else -target)


def _has(file: FileCoverage, unit: Unit) -> bool:
    if unit.is_branch:
        return (unit.line, unit.target) in file.branches
    return bool(file.statements >> unit.line & 1)


def ran(file: FileCoverage, unit: Unit) -> bool:
    """Whether a statement or branch of a file ran; what is only excused did not."""
    if unit.is_branch:
        arc = unit.line, unit.target
        return arc in file.taken and arc not in file.withheld.assumed
    return bool(file.executed >> unit.line & 1)


def tolerated(
    comparison: Comparison, flaky: frozenset[Unit], again: Measurement | None
) -> frozenset[Unit]:
    """All places of the head that are flaky, as far as is known.

    Those that main proves; those that are lost in the first measurement of the head and ran in the
    second one; and lost branches that join a line of them.

    Args:
        comparison: Of the head's first measurement with the base's.
        flaky: What main proves, in the head.
        again: The second measurement of the head.
    """
    lost = lost_units(comparison)
    files = {} if again is None else {file.path: file for file in again.files}
    known = {unit for unit in lost if unit.path in files and ran(files[unit.path], unit)} | flaky
    joined = (unit for unit in lost if unit.is_branch and not known.isdisjoint(_ends(unit)))
    return frozenset(known.union(joined))


def _ends(branch: Unit) -> tuple[Unit, Unit]:
    ends = branch.line, abs(branch.target)
    return Unit(path=branch.path, line=ends[0]), Unit(path=branch.path, line=ends[1])


def run_of(units: Iterable[Unit], head: Measurement) -> Counts:
    """How many of these places the head has, and how many of them ran."""
    files = {file.path: file for file in head.files}
    there = [unit for unit in units if unit.path in files and _has(files[unit.path], unit)]
    return Counts(covered=sum(ran(files[unit.path], unit) for unit in there), total=len(there))
