"""What a change looks like, line by line: what is new, what runs, and what is the matter. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.reach import lines_in
from coverage_gate.core.verdict import Verdict

#: Lines shown before and after a line that is told.
AROUND = 3
#: Lines of one file that are shown; a page is for reading.
MOST_LINES = 2_000


class Mark(StrEnum):
    """What there is to say of a line; the last that holds is told."""

    PLAIN = "plain"
    COVERED = "covered"
    UNCOVERED = "uncovered"
    FLAKY = "flaky"
    LOST = "lost"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLine:
    """A line of the head.

    Attributes:
        number: 1-based.
        text: As it is written.
        mark: What there is to say of it.
        is_new: Whether the change wrote it.
    """

    number: int
    text: str
    mark: Mark
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """A file of the head that the change touched, or where something is lost, hidden or flaky.

    Attributes:
        path: The file.
        blocks: Neighbouring lines, in order.
        left: How many lines that should be told are left out.
    """

    path: str
    blocks: tuple[tuple[PictureLine, ...], ...]
    left: int = 0

    def count(self, mark: Mark, *, new_only: bool = False) -> int:
        """How many of the lines that are shown have a mark."""
        lines = (line for block in self.blocks for line in block)
        return sum(line.mark is mark and (line.is_new or not new_only) for line in lines)


def pictured_paths(verdict: Verdict, diffs: Iterable[FileDiff]) -> tuple[str, ...]:
    """The files of the head that a picture is made of, sorted."""
    found = {diff.path for diff in diffs if diff.blob is not None}
    found |= {place.path for place in verdict.lost or ()}
    found |= {each.path for each in verdict.hidden or ()}
    found |= {unit.path for unit in verdict.flaky or ()}
    return tuple(sorted(found))


def picture_of(
    verdict: Verdict, diffs: Sequence[FileDiff], texts: Mapping[str, str]
) -> tuple[PictureFile, ...]:
    """The files whose text is known and of which anything is told, by path."""
    news = {diff.path: _new_lines(diff) for diff in diffs}
    measured = verdict.measurement.files if verdict.measurement else ()
    files = {file.path: file for file in measured}
    found = [
        _file(
            path,
            lines_in(texts[path]),
            news.get(path, 0),
            marks_of(verdict, files.get(path), path),
        )
        for path in pictured_paths(verdict, diffs)
        if path in texts
    ]
    return tuple(file for file in found if file.blocks)


def _new_lines(diff: FileDiff) -> LineBits | None:
    """The lines that the change wrote; None: every line."""
    return None if diff.is_whole or diff.old_blob is None else diff.written


def marks_of(
    verdict: Verdict, file: FileCoverage | None, path: str
) -> tuple[tuple[Mark, LineBits], ...]:
    """Mark → its lines in one file; a later one counts more."""
    hidden = 0
    for each in verdict.hidden or ():
        hidden |= each.lines if each.path == path else 0
    return (
        (Mark.COVERED, file.executed if file else 0),
        (Mark.UNCOVERED, file.statements & ~file.executed if file else 0),
        (Mark.FLAKY, bits_of(unit.line for unit in verdict.flaky or () if unit.path == path)),
        (Mark.LOST, bits_of(place.line for place in verdict.lost or () if place.path == path)),
        (Mark.HIDDEN, hidden),
    )


def _file(
    path: str,
    lines: Sequence[str],
    new: LineBits | None,
    marks: Sequence[tuple[Mark, LineBits]],
) -> PictureFile:
    if lines and not lines[-1]:
        lines = lines[:-1]  # what follows the last line end
    every = ((1 << len(lines)) - 1) << 1
    fresh = every if new is None else new & every
    told = fresh
    for mark, bits in marks:
        told |= bits if mark in (Mark.FLAKY, Mark.LOST, Mark.HIDDEN) else 0
    shown = _with_lines_around(told & every) & every
    numbers = [number for number in range(1, len(lines) + 1) if shown >> number & 1]
    kept = [
        PictureLine(
            number=number,
            text=lines[number - 1],
            mark=_mark(number, marks),
            is_new=bool(fresh >> number & 1),
        )
        for number in numbers[:MOST_LINES]
    ]
    return PictureFile(
        path=path, blocks=tuple(_blocks(kept)), left=max(len(numbers) - MOST_LINES, 0)
    )


def _with_lines_around(told: LineBits) -> LineBits:
    shown = told
    for step in range(1, AROUND + 1):
        shown |= told << step | told >> step
    return shown


def _mark(number: int, marks: Iterable[tuple[Mark, LineBits]]) -> Mark:
    found = Mark.PLAIN
    for mark, bits in marks:
        found = mark if bits >> number & 1 else found
    return found


def _blocks(lines: Iterable[PictureLine]) -> Iterator[tuple[PictureLine, ...]]:
    block: list[PictureLine] = []
    for line in lines:
        if block and line.number != block[-1].number + 1:
            yield tuple(block)
            block = []
        block.append(line)
    if block:
        yield tuple(block)
