"""What a run left out, with its source, for people at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from coverage_gate.adapters.render.canvas import Canvas, Style
from coverage_gate.adapters.render.marks import to_ascii
from coverage_gate.core.linebits import ranges_of
from coverage_gate.core.places import branches_text
from coverage_gate.core.rates import NO_COUNTS, percent_text
from coverage_gate.core.report_object import UncoveredFile

#: Lines of source that are shown of all files together.
MOST_LINES = 120


def uncovered_text(
    files: Sequence[UncoveredFile], text: Callable[[str], str], canvas: Canvas
) -> str:
    """Each file with what did not run of it, the most first, and the total.

    Args:
        files: What coverage.py reported.
        text: The source of a path.
        canvas: What the terminal can show.
    """
    order = sorted(files, key=lambda file: (-file.counts.missing, file.path))
    whole = [file for file in order if not file.counts.missing] if len(order) > 1 else []
    shown = order[: len(order) - len(whole)]
    lines = [line for file in shown for line in _file(file, text, canvas)]
    if len(lines) > MOST_LINES:
        more = f"{len(lines) - MOST_LINES} more lines; --html shows all"
        lines = [*lines[:MOST_LINES], canvas.painted(more, Style.QUIET)]
    if whole:
        lines.append(canvas.painted(f"{len(whole)} files in full", Style.QUIET))
    counts = sum((file.counts for file in files), start=NO_COUNTS)
    total = f"TOTAL  {percent_text(counts.rate)}  {counts}"
    return "\n".join([*lines, canvas.painted(total, Style.HEADING)])


def _file(file: UncoveredFile, text: Callable[[str], str], canvas: Canvas) -> Iterator[str]:
    style = Style.BAD if file.counts.missing else Style.GOOD
    head = canvas.painted(percent_text(file.counts.rate), style)
    yield f"{canvas.plain(file.path)}  {head}  {file.counts}"
    source = text(file.path).splitlines() if file.lines else []
    for first, last in ranges_of(file.lines):
        yield from _lines(source, range(first, last + 1), canvas)
    gone = set(file.lines)
    arcs = [arc for arc in file.branches if arc[0] not in gone and arc[1] not in gone]
    yield from (f"       {_shown(told, canvas)} is not taken" for told in _branches(arcs))


def _branches(arcs: Iterable[tuple[int, int]]) -> Iterator[str]:
    yield from (f"branch {branches_text([arc])}" for arc in arcs)


def _shown(text: str, canvas: Canvas) -> str:
    return to_ascii(text) if canvas.is_ascii else text


def _lines(source: Sequence[str], numbers: range, canvas: Canvas) -> Iterator[str]:
    for number in numbers:
        code = source[number - 1] if number <= len(source) else ""
        shown = canvas.plain(code.expandtabs(4), limit=max(canvas.columns - 8, 20))
        yield f"{number:>6} {canvas.painted('!', Style.BAD)} {shown}".rstrip()
