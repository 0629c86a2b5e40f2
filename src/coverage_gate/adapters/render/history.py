"""The history of a branch for people and for machines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from coverage_gate.adapters.render.canvas import Canvas, Style
from coverage_gate.adapters.render.printable import exact, one_line
from coverage_gate.core.history import FileCounts, Point, Standing, Step
from coverage_gate.core.rates import Counts, percent_number, percent_text, points_text

#: Of docs/schema/history.schema.json, and of the CSV's columns.
SCHEMA_VERSION = 1

_ROW = "{:<16}  {:<9}  {:>15}  {:>8}  {:>7}  {}"
_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*#@"
_BREAK, _ASCII_BREAK = "│", "|"
_WORDS: Mapping[Standing, str] = {
    Standing.FIRST: "",
    Standing.HELD: "",
    Standing.REGRESSION: "regression",
    Standing.NOT_COMPARABLE: "not comparable",
}
# What a spreadsheet would compute.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

COLUMNS = (
    *("schema_version", "repository", "branch", "commit", "tree", "at", "recorded_at"),
    *("origin", "scope", "kind", "path", "covered", "total", "percent"),
    *("lines_covered", "lines_total", "branches_covered", "branches_total"),
)


def history_text(
    repository: str,
    branch: str,
    steps: Sequence[Step],
    *,
    canvas: Canvas,
    limit: int,
    files: Mapping[int, Counts | None] | None = None,
) -> str:
    """A sparkline over all points, and a table of the newest ones, the last at the end.

    Args:
        repository: Whose.
        branch: Which.
        steps: Oldest first.
        canvas: Where it is shown.
        limit: How many rows.
        files: Instead of the totals, the counts of one file by the number of the point.
    """
    shown = steps[len(steps) - limit :] if limit < len(steps) else steps
    name = canvas.plain(branch) or "no branch"
    known = f"{len(steps)} measurement{'s' if len(steps) != 1 else ''}"
    head = f"{canvas.plain(repository)}, {name}: {known}"
    lines = [canvas.painted(head, Style.HEADING)]
    if files is None:
        lines += [spark(steps, width=canvas.columns, is_ascii=canvas.is_ascii), _span(steps)]
    lines.append(
        canvas.painted(
            _ROW.format("when (UTC)", "commit", "covered/total", "coverage", "points", "").rstrip(),
            Style.QUIET,
        )
    )
    for step in shown:
        lines.append(_row(step, canvas) if files is None else _file_row(step, files))
    return "\n".join(lines)


def _row(step: Step, canvas: Canvas) -> str:
    compared = step.standing in (Standing.HELD, Standing.REGRESSION)
    point = step.point
    text = _ROW.format(
        _when(point.at),
        one_line(point.name),
        str(point.counts),
        percent_text(point.counts.rate),
        points_text(step.change) if compared else "",
        _WORDS[step.standing] if step.top is None else f"slid {points_text(step.slid)}",
    ).rstrip()
    return canvas.painted(text, Style.BAD) if step.standing is Standing.REGRESSION else text


def _file_row(step: Step, files: Mapping[int, Counts | None]) -> str:
    point, counts = step.point, files.get(step.point.seq)
    told = ("", "not there") if counts is None else (str(counts), percent_text(counts.rate))
    row = _ROW.format(_when(point.at), one_line(point.name), *told, "", "")
    return row.rstrip()


def _when(at: str) -> str:
    return one_line(at[:16].replace("T", " "))


def _span(steps: Sequence[Step]) -> str:
    rates = [step.point.counts.rate for step in steps if step.point.counts.rate is not None]
    if not rates:
        return "nothing measurable"
    first, last, low, high = map(percent_text, (rates[0], rates[-1], min(rates), max(rates)))
    return f"from {first} to {last}, lowest {low}, highest {high}"


def spark(steps: Sequence[Step], *, width: int, is_ascii: bool = False) -> str:
    """One character for each point, between the lowest and the highest one.

    A bar stands where numbers are not comparable any more. What is wider is thinned out; the newest
    point stays.
    """
    bars, wall = (_ASCII_BARS, _ASCII_BREAK) if is_ascii else (_BARS, _BREAK)
    rates = [step.point.counts.rate for step in steps if step.point.counts.rate is not None]
    if not rates:
        return ""
    low, room = min(rates), max(rates) - min(rates)
    cells = ""
    for step in steps:
        cells += wall if step.standing is Standing.NOT_COMPARABLE else ""
        rate = step.point.counts.rate
        if rate is not None:
            cells += bars[int((rate - low) / room * (len(bars) - 1)) if room else 0]
    return _thinned(cells, width)


def _thinned(cells: str, width: int) -> str:
    """The last cell of each of `width` equal parts."""
    if len(cells) <= width:
        return cells
    return "".join(cells[(place + 1) * len(cells) // width - 1] for place in range(width))


def points_object(
    repository: str,
    branch: str | None,
    steps: Iterable[Step],
    *,
    max_drop_percent: float,
    files: Mapping[int, Sequence[FileCounts]] | None = None,
) -> dict[str, Any]:
    """The history for machines, see docs/schema/history.schema.json."""
    found = list(steps)
    return {
        "schema_version": SCHEMA_VERSION,
        "repository": exact(repository),
        "branch": None if branch is None else exact(branch),
        "max_drop": max_drop_percent,
        "points": [
            _point_object(step, None if files is None else files[step.point.seq]) for step in found
        ],
    }


def _point_object(step: Step, files: Sequence[FileCounts] | None) -> dict[str, object]:
    point, compared = step.point, step.standing in (Standing.HELD, Standing.REGRESSION)
    before = step.before if compared else None
    return {
        "at": point.at,
        "recorded_at": point.recorded_at,
        "branch": exact(point.branch),
        "commit": point.commit,
        "tree": point.tree,
        "covered": point.counts.covered,
        "total": point.counts.total,
        "percent": _percent(point.counts),
        "scope": exact(point.scope),
        "kind": exact(point.kind),
        "identity": point.identity,
        "origin": str(point.origin),
        "standing": str(step.standing),
        "compared_with": None if before is None else before.commit,
        "points": _points(step.change) if compared else None,
        "slid": None if step.top is None else _slide_object(step.top, step),
        "files": None if files is None else [_file_object(file) for file in files],
    }


def _slide_object(top: Point, step: Step) -> dict[str, object]:
    return {"from": top.commit, "at": top.at, "points": _points(step.slid)}


def _file_object(file: FileCounts) -> dict[str, object]:
    return {
        "path": exact(file.path),
        "lines_covered": file.lines.covered,
        "lines_total": file.lines.total,
        "branches_covered": file.branches.covered,
        "branches_total": file.branches.total,
    }


def csv_text(
    points: Iterable[Point], *, files: Mapping[int, Sequence[FileCounts]] | None = None
) -> str:
    """The history as CSV with a header: one row for each point, or for each file of each point."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for point in points:
        head = _csv_head(point)
        if files is None:
            rows.writerow([*head, "", *_csv_counts(point.counts), "", "", "", ""])
            continue
        for file in files[point.seq]:
            parts = (file.lines.covered, file.lines.total)
            arcs = (file.branches.covered, file.branches.total)
            rows.writerow([*head, _cell(file.path), *_csv_counts(file.counts), *parts, *arcs])
    return out.getvalue()


def _csv_head(point: Point) -> list[object]:
    texts = (point.repository, point.branch, point.commit or "", point.tree or "")
    more = (point.at, point.recorded_at, str(point.origin), point.scope, point.kind)
    return [SCHEMA_VERSION, *map(_cell, texts), *map(_cell, more)]


def _csv_counts(counts: Counts) -> tuple[int, int, object]:
    percent = _percent(counts)
    return counts.covered, counts.total, "" if percent is None else percent


def _cell(text: str) -> str:
    shown = one_line(text, limit=4096)
    return f"'{shown}" if text.startswith(_FORMULA) else shown


def _percent(counts: Counts) -> float | None:
    return None if counts.rate is None else percent_number(counts.rate)


def _points(change: Fraction) -> float:
    sign = -1 if change < 0 else 1
    return sign * percent_number(abs(change))
