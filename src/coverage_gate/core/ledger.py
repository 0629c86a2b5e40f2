"""What the head hides and the base did not, and the head as if it hid nothing.

Nothing here decides what counts as hidden: `touched` puts each unit into its bucket. See ADR 0012.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import filterfalse

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import Bucket, FileDelta, Units
from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.measurement import Arc, FileCoverage, Measurement


class Why(StrEnum):
    """How a statement or branch of a file that counts is hidden, in words."""

    COMMENT = "excluded by a comment"
    PATTERN = "new logic that a configured pattern excludes"
    BRANCH = "branches that a comment excuses"
    PACKED = "a function on the line of its header, which runs without it"


#: What to do about it.
CURES = {
    Why.COMMENT: "remove the comment and test it",
    Why.PATTERN: "write it so that no pattern excludes it, and test it",
    Why.BRANCH: "remove the comment and test both ways",
    Why.PACKED: "put the body on lines of its own and test it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Part of one file of the head that is newly kept from being counted, for one reason.

    Attributes:
        path: The file.
        lines: First lines of the statements, or the lines that the branches start from.
        why: How, for people; it may name a path.
        units: What of it the rules judge as not covered.
        other_cure: What to do about it, where `CURES` does not tell.
    """

    path: str
    lines: LineBits
    why: str
    units: Units
    other_cure: str = ""

    @property
    def cure(self) -> str:
        """What to do about it."""
        return self.other_cure or CURES[Why(self.why)]


def hidden_places(comparison: Comparison) -> tuple[Hidden, ...]:
    """All that is newly hidden, by place."""
    found = [
        hidden
        for delta in comparison.heads
        if delta.of(Bucket.HIDDEN).count
        for hidden in _hidden_in(delta)
    ]
    return tuple(sorted(found, key=lambda hidden: (hidden.path, hidden.lines, hidden.why)))


def _hidden_in(delta: FileDelta) -> Iterator[Hidden]:
    for why, units in _by_reason(delta.file, delta.of(Bucket.HIDDEN)):
        if units.count:
            lines = units.lines or bits_of({start for start, _ in units.arcs})
            yield Hidden(path=delta.file.path, lines=lines, why=why, units=units)


def _by_reason(file: FileCoverage, units: Units) -> Iterator[tuple[Why, Units]]:
    """What is hidden in a file, reason by reason; nothing twice."""
    commented, packed = units.lines & file.withheld.commented, units.lines & file.withheld.packed
    excused, shut = _parted(units.arcs, set(file.withheld.assumed).__contains__)
    # The branches of one choice go with a statement that a comment hides, if there is one.
    choices = {arc[0] for arc in shut if _holds(commented, arc)}
    chosen, alone = _parted(shut, lambda arc: arc[0] in choices)
    yield Why.COMMENT, Units(lines=commented, arcs=chosen)
    yield Why.PACKED, Units(lines=packed)
    yield Why.PATTERN, Units(lines=units.lines & ~commented & ~packed, arcs=alone)
    yield Why.BRANCH, Units(arcs=excused)


def _parted(
    arcs: tuple[Arc, ...], is_meant: Callable[[Arc], bool]
) -> tuple[tuple[Arc, ...], tuple[Arc, ...]]:
    return tuple(filter(is_meant, arcs)), tuple(filterfalse(is_meant, arcs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Part of one file that the base's own exclusions keep from being counted, though it ran.

    Attributes:
        path: The file.
        units: What of it the rules judge as it ran.
    """

    path: str
    units: Units


def seen_running(comparison: Comparison) -> tuple[Running, ...]:
    """What no comment of the branch hides and the tests run, by path."""
    found = ((delta.file.path, delta.of(Bucket.RUNNING)) for delta in comparison.heads)
    return tuple(Running(path=path, units=units) for path, units in found if units.count)


def judged_head(
    head: Measurement, hidden: Iterable[Hidden], running: Iterable[Running] = ()
) -> Measurement:
    """The head as if nothing of this was kept from being counted.

    Args:
        head: The measured head.
        hidden: What counts there and did not run.
        running: What counts there as it ran.
    """
    by_path: dict[str, list[Units]] = {}
    for each in hidden:
        by_path.setdefault(each.path, []).append(each.units)
    seen = {each.path: each.units for each in running}
    if not by_path and not seen:
        return head
    before = (_seen(file, seen[file.path]) if file.path in seen else file for file in head.files)
    files = [_shown(file, by_path.pop(file.path, ())) for file in before]
    files += [
        _shown(replace(aside.file, statements=0, branches=()), by_path[aside.file.path])
        for aside in head.aside
        if aside.file.path in by_path
    ]
    return replace(head, files=tuple(sorted(files, key=lambda file: file.path)))


def _shown(file: FileCoverage, hidden: Iterable[Units]) -> FileCoverage:
    for units in hidden:
        file = uncovered(file, units)
    return file


def _seen(file: FileCoverage, units: Units) -> FileCoverage:
    """A file in which these withheld units count as they ran."""
    ran = Units(
        lines=units.lines & file.withheld.ran,
        arcs=tuple({*units.arcs}.intersection(file.withheld.taken)),
    )
    shown = uncovered(file, units)
    taken = tuple(sorted({*shown.taken, *ran.arcs}))
    return replace(shown, executed=shown.executed | ran.lines, taken=taken)


def uncovered(file: FileCoverage, units: Units) -> FileCoverage:
    """A file in which these units count and did not run, whether they are withheld or not."""
    arcs = set(units.arcs)
    withheld = file.withheld
    return replace(
        file,
        statements=file.statements | units.lines,
        executed=file.executed & ~units.lines,
        excluded=file.excluded & ~units.lines,
        branches=tuple(sorted(arcs.union(file.branches))),
        taken=tuple(arc for arc in file.taken if arc not in arcs),
        withheld=replace(
            withheld,
            statements=withheld.statements & ~units.lines,
            branches=tuple(arc for arc in withheld.branches if arc not in arcs),
            harmless=withheld.harmless & ~units.lines,
            commented=withheld.commented & ~units.lines,
            assumed=tuple(arc for arc in withheld.assumed if arc not in arcs),
            packed=withheld.packed & ~units.lines,
            ran=withheld.ran & ~units.lines,
            taken=tuple(arc for arc in withheld.taken if arc not in arcs),
        ),
    )


def covered(file: FileCoverage, units: Units) -> FileCoverage:
    """A file in which these units count and ran, as when what hides them is gone.

    Raises:
        ValueError: If the file has one of them neither way.
    """
    has = set(file.branches) | set(file.withheld.branches)
    lines = file.statements | file.withheld.statements
    if units.lines & ~lines or not has.issuperset(units.arcs):
        raise ValueError(f"{file.path} does not have what is to be covered")
    # With a statement the branches to and from it count, which the same comment hides.
    shown_lines = units.lines & file.withheld.statements
    choices = {arc[0] for arc in file.withheld.branches if _holds(shown_lines, arc)}
    freed = tuple(arc for arc in file.withheld.branches if arc[0] in choices)
    shown = uncovered(file, Units(lines=units.lines, arcs=(*units.arcs, *freed)))
    taken = tuple(sorted({*shown.taken, *units.arcs}))
    return replace(shown, executed=shown.executed | units.lines, taken=taken)


def _holds(lines: LineBits, arc: Arc) -> bool:
    """Whether a branch starts from one of these lines or leads to one."""
    return any(line > 0 and lines >> line & 1 for line in arc)
