"""A plan for a whole code base: its files in bands, in phases, with what is true after each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from coverage_gate.core.globs import matches
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.outlines import Complexity, import_graph, in_import_order, outline_of
from coverage_gate.core.rates import NO_COUNTS, Counts
from coverage_gate.core.targets import Target

#: What a file is to reach that no target means: the second where it has the first already.
USUAL, FULL = Fraction(4, 5), Fraction(1)
_HALF = Fraction(1, 2)
#: Heavier than any file.
_FIRST = 10**9


class Band(StrEnum):
    """How much of a file is covered."""

    NONE = "0"
    LOW = "(0, 50)"
    MIDDLE = "[50, 80)"
    HIGH = "[80, 100)"


STRATEGIES: Mapping[Band, str] = MappingProxyType(
    {
        Band.NONE: "Begin: import each file in a test and call each public function its usual way.",
        Band.LOW: "Cover the ways of the largest functions that no test takes, the usual ones"
        " before errors.",
        Band.MIDDLE: "Cover errors and branches, the most complex functions first.",
        Band.HIGH: "Finish: cover the last lines, and delete those that nothing can reach.",
    }
)
VERIFY = "Measure everything, compare with the totals above, and set the targets for the gate."


@dataclass(frozen=True, slots=True, kw_only=True)
class Weak:
    """A function with statements that no test runs.

    Attributes:
        complexity: Its name, place and number of ways.
        missing: How many of its statements no test runs.
    """

    complexity: Complexity
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TierFile:
    """One file that is to be raised.

    Attributes:
        path: The file.
        band: Where it is now.
        counts: Its statements.
        goal: What share of them it is to reach.
        need: How many more of them that takes.
        weight: Its share of all statements.
        imports: Files of the plan that it imports.
        importers: How many files import it.
        place: Its place among all files of the plan, from 1, where imports alone order them.
        functions: Those with statements that no test runs, the most complex first.
    """

    path: str
    band: Band
    counts: Counts
    goal: Fraction
    need: int
    weight: Fraction
    imports: tuple[str, ...]
    importers: int
    place: int
    functions: tuple[Weak, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Files of one band.

    Attributes:
        number: From 1.
        band: Which; None for the verification at the end.
        strategy: What to do, in a line.
        files: In order: what is imported comes before who imports it.
        need: How many statements are to be covered.
        expected: All statements of the code base when it is done.
    """

    number: int
    band: Band | None
    strategy: str
    files: tuple[TierFile, ...]
    need: int
    expected: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """The plan.

    Attributes:
        commit: What was measured.
        counts: All statements now.
        phases: In order; the last one verifies.
        complete: How many files are to be left as they are.
    """

    commit: str
    counts: Counts
    phases: tuple[Phase, ...]
    complete: int


def band_of(counts: Counts) -> Band | None:
    """The band of a file; None for one that is covered, or has nothing to cover."""
    if not counts.missing:
        return None
    share = Fraction(counts.covered, counts.total)
    if not share:
        return Band.NONE
    if share < _HALF:
        return Band.LOW
    return Band.MIDDLE if share < USUAL else Band.HIGH


def tiers_of(
    measured: Measurement, texts: Mapping[str, str], targets: Sequence[Target] = ()
) -> Tiers:
    """The plan for all measured files.

    Args:
        measured: What ran.
        texts: Path → text of the files.
        targets: What files are to reach; where none means a file, the usual.
    """
    outlines = {file.path: outline_of(texts.get(file.path, "")) for file in measured.files}
    graph = import_graph(outlines)
    every = {file.path: _statements(file) for file in measured.files}
    total = sum(every.values(), NO_COUNTS)
    importers = Counter(path for imported in graph.values() for path in imported)
    short = dict(_short(every, targets))
    places = _places({path: every[path] for path in short}, graph)
    files = {
        file.path: TierFile(
            path=file.path,
            band=short[file.path].band,
            counts=every[file.path],
            goal=short[file.path].goal,
            need=short[file.path].need,
            weight=Fraction(every[file.path].total, total.total),
            imports=tuple(sorted(graph[file.path])),
            importers=importers[file.path],
            place=places[file.path],
            functions=_weak(file, outlines[file.path].functions),
        )
        for file in measured.files
        if file.path in short
    }
    return Tiers(
        commit=measured.provenance.commit or "",
        counts=total,
        phases=tuple(_phases(files, graph, total)),
        complete=len(every) - len(files),
    )


def _statements(file: FileCoverage) -> Counts:
    return Counts(covered=file.executed.bit_count(), total=file.statements.bit_count())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Short:
    """How far a file is from its goal; `need` statements more reach it."""

    band: Band
    goal: Fraction
    need: int


def _short(every: Mapping[str, Counts], targets: Sequence[Target]) -> Iterator[tuple[str, _Short]]:
    """The files that do not reach their goal."""
    for path, counts in every.items():
        band = band_of(counts)
        if band is None:
            continue
        goal = _goal(path, band, targets)
        need = math.ceil(goal * counts.total) - counts.covered
        if need > 0:
            yield path, _Short(band=band, goal=goal, need=need)


def _goal(path: str, band: Band, targets: Sequence[Target]) -> Fraction:
    asked = [target.least for target in targets if matches(target.pattern, path)]
    usual = FULL if band is Band.HIGH else USUAL
    return max(asked, default=usual)


def _places(held: Mapping[str, Counts], graph: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """The place of each file in one order of all of them, bands aside."""
    weights = {path: counts.missing for path, counts in held.items()}
    return {path: place for place, path in enumerate(_order(weights, graph), start=1)}


def _order(held: Mapping[str, int], graph: Mapping[str, Iterable[str]]) -> list[str]:
    # What is not held stands in nobody's way.
    weights = {path: held.get(path, _FIRST) for path in graph}
    return [path for path in in_import_order(graph, weights) if path in held]


def _weak(file: FileCoverage, functions: Iterable[Complexity]) -> tuple[Weak, ...]:
    missing = list(lines_of(file.statements & ~file.executed))
    held = [
        Weak(complexity=each, missing=sum(each.line < line <= each.last for line in missing))
        for each in functions
    ]
    found = [each for each in held if each.missing]
    return tuple(sorted(found, key=lambda each: (-each.complexity.ways, each.complexity.line)))


def _ordered(
    held: Mapping[str, TierFile], graph: Mapping[str, Iterable[str]]
) -> tuple[TierFile, ...]:
    """What is imported first, also by way of files that are not held; else the most uncovered."""
    weights = {path: file.counts.missing for path, file in held.items()}
    return tuple(held[path] for path in _order(weights, graph))


def _phases(
    files: Mapping[str, TierFile], graph: Mapping[str, Iterable[str]], counts: Counts
) -> list[Phase]:
    phases: list[Phase] = []
    for band in Band:
        held = _ordered({path: file for path, file in files.items() if file.band is band}, graph)
        if held:
            need = sum(file.need for file in held)
            counts = Counts(covered=counts.covered + need, total=counts.total)
            phases.append(
                Phase(
                    number=len(phases) + 1,
                    band=band,
                    strategy=STRATEGIES[band],
                    files=held,
                    need=need,
                    expected=counts,
                )
            )
    last = Phase(
        number=len(phases) + 1, band=None, strategy=VERIFY, files=(), need=0, expected=counts
    )
    return [*phases, last]
