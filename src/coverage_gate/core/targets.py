"""What is asked of single files, by pattern, and which files do not reach it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from coverage_gate.core.globs import matches
from coverage_gate.core.idle import idle_in
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.rates import NO_COUNTS, Counts, percent_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What each file that a pattern means must reach.

    Attributes:
        pattern: See `globs`.
        least: Required share, exact, in [0, 1].
        branches: Whether branches count, too: statements and branches together, as coverage.py
            counts them under branch measurement. Else statements alone.
    """

    pattern: str
    least: Fraction
    branches: bool = False

    @property
    def text(self) -> str:
        """As in "80% of statements"."""
        kind = "statements and branches" if self.branches else "statements"
        return f"{percent_text(self.least)} of {kind}"

    def counts_of(self, file: FileCoverage) -> Counts:
        """What counts in a file, but for what no run passes."""
        idle = idle_in(file)
        if self.branches:
            return Counts(covered=file.counts.covered, total=file.counts.total - idle.count)
        total = (file.statements & ~idle.lines).bit_count()
        return Counts(covered=file.executed.bit_count(), total=total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A file that does not reach a target.

    Attributes:
        target: Which.
        path: The file.
        file: Its coverage; of one that was not measured, without any statement.
        counts: What counts in it.
        need: How many more statements or branches must be covered.
        is_measured: Whether it was measured; else it is only in the scope.
    """

    target: Target
    path: str
    file: FileCoverage
    counts: Counts
    need: int
    is_measured: bool = True

    @property
    def text(self) -> str:
        """As in "src/a.py 7/10, 80% of statements are required"."""
        told = str(self.counts) if self.is_measured else "not measured"
        return f"{self.path} {told}, {self.target.text} are required"


def shortfalls(targets: Iterable[Target], head: Measurement) -> tuple[Shortfall, ...]:
    """Each file below a target, by place; a file without anything to cover reaches all of them."""
    asked = tuple(targets)
    found = [each for file in head.files for each in _short_of(asked, file)]
    unknown = {*head.unlisted, *(file.path for file in head.unparsable)}
    found += [
        Shortfall(
            target=target, path=path, file=_blank(path), counts=NO_COUNTS, need=0, is_measured=False
        )
        for path in unknown
        for target in asked
        if target.least and matches(target.pattern, path)
    ]
    return tuple(sorted(found, key=lambda each: (each.path, each.target.branches)))


def _blank(path: str) -> FileCoverage:
    return FileCoverage(path=path, blob="", statements=0, executed=0)


def _short_of(targets: Iterable[Target], file: FileCoverage) -> Iterator[Shortfall]:
    for target in targets:
        counts = target.counts_of(file)
        need = math.ceil(target.least * counts.total) - counts.covered
        if need > 0 and matches(target.pattern, file.path):
            yield Shortfall(target=target, path=file.path, file=file, counts=counts, need=need)


def judged_files(targets: Iterable[Target], head: Measurement) -> dict[Target, int]:
    """How many files of the scope each target means."""
    paths = [file.path for file in head.files]
    paths += [*(file.path for file in head.unparsable), *head.unlisted]
    return {
        target: sum(matches(target.pattern, path) for path in paths)
        for target in dict.fromkeys(targets)
    }
