"""What is to be covered, function by function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import Arc, FileCoverage, Span
from coverage_gate.core.places import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What does not run within one function, or outside of all.

    Attributes:
        path: The file.
        symbol: Qualified name of the innermost function or class; None at module level.
        lines: Statements that do not run as ranges of lines, both ends in it.
        branches: Branches that are not taken though their line runs, or that were lost.
        units: The same one by one, in order.
    """

    path: str
    symbol: str | None
    lines: tuple[tuple[int, int], ...]
    branches: tuple[Arc, ...]
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What suffices to turn a FAIL.

    Attributes:
        need: How many statements suffice to be covered; a line of which a branch is missing
            counts once. None: covering alone cannot turn the verdict.
        gaps: What the change leaves uncovered and what it lost, the largest gap first; and what
            else of the project is in `units`.
        units: A smallest set that suffices: with one less the verdict stays.
        reason: Why covering cannot turn it; None where it can.
    """

    need: int | None
    gaps: tuple[Gap, ...] = ()
    units: tuple[Unit, ...] = ()
    reason: str | None = None


def gaps_of(units: Iterable[Unit], files: Mapping[str, FileCoverage]) -> tuple[Gap, ...]:
    """Units as gaps, the largest first, then by place.

    Args:
        units: What is to be covered, each once.
        files: The files that they are in, by path.
    """
    by_path: dict[str, list[Unit]] = {}
    for unit in sorted(units):
        by_path.setdefault(unit.path, []).append(unit)
    gaps = [gap for path, held in by_path.items() for gap in _gaps_in(held, files[path])]
    return tuple(sorted(gaps, key=lambda gap: (-len(gap.units), gap.path, gap.units[0])))


def _gaps_in(units: Sequence[Unit], file: FileCoverage) -> Iterator[Gap]:
    spans = _innermost(units, file.spans)
    groups: dict[Span | None, list[Unit]] = {}
    for unit in units:
        groups.setdefault(spans[unit.line], []).append(unit)
    order = {line: place for place, line in enumerate(lines_of(file.statements))}
    continued = frozenset(lines_of(file.continued))
    for span, held in groups.items():
        lines = [unit.line for unit in held if not unit.is_branch]
        yield Gap(
            path=file.path,
            symbol=span.name if span else None,
            lines=tuple(_ranges(lines, order, continued)),
            branches=tuple((unit.line, unit.target) for unit in held if unit.is_branch),
            units=tuple(held),
        )


def _innermost(units: Iterable[Unit], spans: Iterable[Span]) -> dict[int, Span | None]:
    """The smallest span around each line; one pass over both, as they are nested."""
    found: dict[int, Span | None] = {}
    coming = sorted(spans, key=lambda span: (-span.first, span.last))
    around: list[Span] = []
    for line in sorted({unit.line for unit in units}):
        while coming and coming[-1].first <= line:
            around.append(coming.pop())
        around = [span for span in around if span.last >= line]
        found[line] = around[-1] if around else None
    return found


def _ranges(
    lines: Iterable[int], order: Mapping[int, int], continued: frozenset[int]
) -> Iterator[tuple[int, int]]:
    """Statements with no other statement between them as one range of lines."""
    start, before = 0, 0
    for line in lines:
        if start and order[line] != order[before] + 1:
            yield start, _last(before, continued)
            start = 0
        start, before = start or line, line
    if start:
        yield start, _last(before, continued)


def _last(line: int, continued: frozenset[int]) -> int:
    while line + 1 in continued:
        line += 1
    return line
