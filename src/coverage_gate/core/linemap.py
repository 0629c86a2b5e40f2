"""Which line of the base a line of the head is, from the hunks of a diff."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coverage_gate.core.linebits import LineBits

#: Length of a run that goes on to the end of its file, wherever that is.
TO_THE_END = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines of the base that lines of the head replace. Lines are Python's, 1-based.

    Attributes:
        old_start: First removed line; where none is removed, the line that the others come before.
        old_count: How many are removed.
        new_start: First added line; where none is added, the line that the others were before.
        new_count: How many are added.
        removed: Their texts without line ends; empty, too, where the change is too large to look
            for moved lines.
        added: Likewise.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    removed: tuple[bytes, ...] = ()
    added: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """What a change does to the lines of one Python source file.

    Attributes:
        path: In the head, or in the base for a deleted file.
        old_path: In the base; `path` for an added file.
        old_blob: Git id in the base, None for an added file.
        blob: Git id in the head, None for a deleted file.
        hunks: In rising order; none for a file that was only renamed.
        is_whole: The file cannot be compared line by line: no line of it is a line of the base.
    """

    path: str
    old_path: str
    old_blob: str | None
    blob: str | None
    hunks: tuple[Hunk, ...] = ()
    is_whole: bool = False

    @property
    def written(self) -> LineBits:
        """The lines of the head that hunks hold."""
        return sum(((1 << hunk.new_count) - 1) << hunk.new_start for hunk in self.hunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRun:
    """Neighbouring lines of one side that are neighbouring lines of the other side.

    Attributes:
        start: First line on this side, 1-based.
        path: The file of the other side.
        other: Its first line there.
        length: How many.
        moved: Whether they were found elsewhere, or at another indentation.
    """

    start: int
    path: str
    other: int
    length: int
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMap:
    """Where the lines of one file are on the other side.

    Attributes:
        runs: By `start`, without overlap.
        starts: The starts of the runs.
    """

    runs: tuple[LineRun, ...]
    starts: tuple[int, ...]

    def run_at(self, line: int) -> LineRun | None:
        """The run that holds a line."""
        place = bisect_right(self.starts, line) - 1
        if place < 0:
            return None
        run = self.runs[place]
        return run if line < run.start + run.length else None

    def block(self, first: int, last: int) -> LineRun | None:
        """The lines from first to last as one run, where they are neighbours on both sides.

        It may consist of several runs of the map, as when one line of a statement is moved and
        the others are not; it counts as moved when one of them is.
        """
        run = self.run_at(first)
        if run is None:
            return None
        path, other, moved = run.path, run.other + first - run.start, run.moved
        while run.start + run.length <= last:
            line = run.start + run.length
            run = self.run_at(line)
            if run is None or (run.path, run.other) != (path, other + line - first):
                return None
            moved |= run.moved
        return LineRun(start=first, path=path, other=other, length=last - first + 1, moved=moved)


def line_map(runs: Iterable[LineRun]) -> LineMap:
    """The map of these runs, which must not overlap."""
    ordered = tuple(sorted(runs, key=lambda run: run.start))
    return LineMap(runs=ordered, starts=tuple(run.start for run in ordered))


def kept_runs(diff: FileDiff) -> list[LineRun]:
    """The lines of the head's file that the change did not touch."""
    if diff.old_blob is None or diff.blob is None or diff.is_whole:
        return []
    runs = []
    old, new = 1, 1
    for hunk in diff.hunks:
        runs.append((new, old, hunk.new_start - new))
        old, new = hunk.old_start + hunk.old_count, hunk.new_start + hunk.new_count
    runs.append((new, old, TO_THE_END))
    return [
        LineRun(start=start, path=diff.old_path, other=other, length=length)
        for start, other, length in runs
        if length
    ]


def inverted(runs_by_path: Mapping[str, Iterable[LineRun]]) -> dict[str, LineMap]:
    """Maps of the base's files, from the runs of the head's files, both by path."""
    back: dict[str, list[LineRun]] = {}
    for path, runs in runs_by_path.items():
        for run in runs:
            turned = LineRun(
                start=run.other, path=path, other=run.start, length=run.length, moved=run.moved
            )
            back.setdefault(run.path, []).append(turned)
    return {path: line_map(runs) for path, runs in back.items()}
