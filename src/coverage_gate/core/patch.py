"""The new and modified statements of a change, and how many of them run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import Bucket, Units
from coverage_gate.core.linebits import LineBits, lines_of
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.places import located
from coverage_gate.core.rates import NO_COUNTS, Counts

#: Below so many statements one line decides: a shortfall is told, unless nothing runs at all.
FEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchCounts:
    """What a change adds and modifies, in numbers.

    Attributes:
        statements: Those that are judged, and how many run.
        branches: The branches of those, for information.
    """

    statements: Counts
    branches: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchFile:
    """The judged statements of one file of the head, and their branches."""

    file: FileCoverage
    units: Units

    @property
    def uncovered(self) -> LineBits:
        """The statements that do not run."""
        return self.units.lines & ~self.file.executed


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """The judged statements of a change, file by file."""

    files: tuple[PatchFile, ...]

    @property
    def counts(self) -> PatchCounts:
        """In numbers."""
        parts = [(Units(lines=each.units.lines), each) for each in self.files]
        rest = [(Units(arcs=each.units.arcs), each) for each in self.files]
        return PatchCounts(
            statements=sum((units.counts_in(each.file) for units, each in parts), NO_COUNTS),
            branches=sum((units.counts_in(each.file) for units, each in rest), NO_COUNTS),
        )

    @property
    def places(self) -> tuple[str, ...]:
        """What does not run, as "src/a.py:3-5"."""
        return tuple(
            located(each.file.path, each.uncovered) for each in self.files if each.uncovered
        )

    @property
    def decisive(self) -> tuple[PatchFile, ...]:
        """The statements of which one must run where there are few.

        Those in bodies of functions, if there are any: a `def` line runs when its module is
        imported and says nothing of the function. For few statements only.
        """
        bodies = [
            PatchFile(file=each.file, units=Units(lines=_in_bodies(each))) for each in self.files
        ]
        inner = tuple(each for each in bodies if each.units.lines)
        return inner or self.files


def _in_bodies(each: PatchFile) -> LineBits:
    functions = [span for span in each.file.spans if span.kind == "function"]
    inner = (
        line
        for line in lines_of(each.units.lines)
        if any(max(span.header, span.first) < line <= span.last for span in functions)
    )
    return sum(1 << line for line in inner)


def patch_of(comparison: Comparison) -> Patch:
    """The statements that are judged.

    New ones, and those that come from a file which main did not measure: nobody has judged them
    yet, so that moving a file into the scope is no way around. Where there is logic among them,
    imports and constants count neither way.
    """
    fresh = [
        (delta.file, delta.of(Bucket.NEW), delta.of(Bucket.ARRIVED)) for delta in comparison.heads
    ]
    lines = [(file, new.lines | arrived.lines) for file, new, arrived in fresh]
    has_logic = any(each & ~file.trivial for file, each in lines)
    files = []
    for file, new, arrived in fresh:
        judged = (new.lines | arrived.lines) & ~(file.trivial if has_logic else 0)
        if judged:
            starts = frozenset(lines_of(judged))
            arcs = tuple(arc for arc in new.arcs + arrived.arcs if arc[0] in starts)
            files.append(PatchFile(file=file, units=Units(lines=judged, arcs=arcs)))
    return Patch(files=tuple(files))


def patch_holds(patch: Patch, least: Fraction) -> bool:
    """Whether enough of the statements run, compared exactly."""
    counts = patch.counts.statements
    return counts.covered >= least * counts.total


def is_excused(patch: Patch) -> bool:
    """Whether a shortfall is only told: there are few statements, and something of them runs."""
    if patch.counts.statements.total >= FEW:
        return False
    return any(each.units.lines & each.file.executed for each in patch.decisive)
