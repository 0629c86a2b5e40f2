"""What coverage.py's JSON report says, read out of an object from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from coverage_gate.core.measurement import Arc
from coverage_gate.core.rates import NO_COUNTS, BadNumberError, Counts, exact_percent


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredFile:
    """One file of a report.

    Attributes:
        path: As coverage.py names it.
        counts: Statements, and branches where they are measured.
        lines: Statements that did not run, rising.
        branches: Branches that were not taken.
    """

    path: str
    counts: Counts
    lines: tuple[int, ...]
    branches: tuple[Arc, ...]


def read_files(report: object) -> tuple[UncoveredFile, ...]:
    """The files of a report, by path; those that cannot be understood are left out."""
    files = report.get("files") if isinstance(report, Mapping) else None
    return tuple(_files(files)) if isinstance(files, Mapping) else ()


def _files(files: Mapping[str, object]) -> Iterator[UncoveredFile]:
    for path, told in sorted(files.items()):
        if isinstance(told, Mapping) and isinstance(told.get("summary"), Mapping):
            lines = _ints(told.get("missing_lines"))
            arcs = told.get("missing_branches")
            pairs = [_ints(arc) for arc in arcs] if isinstance(arcs, list) else []
            yield UncoveredFile(
                path=path,
                counts=_counts(told["summary"]),
                lines=lines,
                branches=tuple((pair[0], pair[1]) for pair in pairs if len(pair) == _PAIR),
            )


_PAIR = 2


def _ints(found: object) -> tuple[int, ...]:
    listed = found if isinstance(found, list) else []
    return tuple(each for each in listed if isinstance(each, int))


def _counts(summary: Mapping[str, object]) -> Counts:
    names = ("covered_lines", "covered_branches", "num_statements", "num_branches")
    ran, taken, lines, branches = (_int(summary.get(name)) for name in names)
    try:
        return Counts(covered=ran + taken, total=lines + branches)
    except BadNumberError:
        return NO_COUNTS


def _int(found: object) -> int:
    return found if isinstance(found, int) else 0


def percent_of_report(report: object) -> float | None:
    """`totals.percent_covered` as a float in 0..100; None for anything that is no such report."""
    totals = report.get("totals") if isinstance(report, Mapping) else None
    percent = totals.get("percent_covered") if isinstance(totals, Mapping) else None
    if not isinstance(percent, int | float) or isinstance(percent, bool):
        return None
    try:
        exact_percent(percent)
    except BadNumberError:
        return None
    return float(percent)
