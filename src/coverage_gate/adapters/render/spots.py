"""The places that a FAIL is about, the worst first: for formats that put marks beside the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from coverage_gate.core.gaps import Gap
from coverage_gate.core.places import branches_text
from coverage_gate.core.policy import RuleName
from coverage_gate.core.verdict import Outcome, State, Verdict


class SpotKind(IntEnum):
    """How bad a place is: tests first, since lines follow from them; then what main had."""

    TEST = 0
    LOST = 1
    FILE = 2
    LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Spot:
    """One place. Sorted: the worst kind first, then the longest, then by place.

    Attributes:
        kind: How bad it is.
        shorter: Minus the number of further lines.
        path: The file.
        first: Its first line; 1 where the file as a whole is meant.
        last: Its last line.
        message: For people; it may hold text of the branch.
    """

    kind: SpotKind
    shorter: int
    path: str
    first: int
    last: int
    message: str


def spots_of(verdict: Verdict) -> tuple[Spot, ...]:
    """The places, each once; none for anything but a FAIL."""
    return tuple(sorted(set(_spots(verdict)))) if verdict.state is State.FAIL else ()


def _spots(verdict: Verdict) -> Iterator[Spot]:
    lost = {(place.path, place.line) for place in verdict.lost or ()}
    for gap in verdict.repair.gaps if verdict.repair else ():
        yield from _of_lines(gap, lost)
        yield from _of_branches(gap, lost)
    for path in verdict.unmeasured:
        yield _of_file(SpotKind.FILE, path, "changed, and no test lets it be measured")
    yield from _of_tests(verdict)


def _of_tests(verdict: Verdict) -> Iterator[Spot]:
    gone = {each.test: each.now for each in verdict.vanished or ()}
    for test, now in gone.items():
        yield _of_test(test, f"passed on the base: {now} now")
    for result in verdict.rules:
        if result.rule is RuleName.INTEGRITY and result.outcome is Outcome.FAIL:
            rest = (test for test in result.findings if test not in gone)
            yield from (_of_test(test, "does not pass") for test in rest)


def _of_test(test: str, what: str) -> Spot:
    path, _, name = test.partition("::")
    return _of_file(SpotKind.TEST, path, f"{name} {what}")


def _of_file(kind: SpotKind, path: str, message: str) -> Spot:
    return Spot(kind=kind, shorter=0, path=path, first=1, last=1, message=message)


def _of_lines(gap: Gap, lost: set[tuple[str, int]]) -> Iterator[Spot]:
    for first, last in gap.lines:
        ran = any((gap.path, line) in lost for line in range(first, last + 1))
        yield _uncovered(gap, (first, last), "runs these lines", ran=ran)


def _of_branches(gap: Gap, lost: set[tuple[str, int]]) -> Iterator[Spot]:
    # A branch that leads to such lines is taken with them.
    inside = [range(first, last + 1) for first, last in gap.lines]
    for line, target in gap.branches:
        if not any(line in lines or target in lines for lines in inside):
            what = f"takes the branch {branches_text([(line, target)])}"
            yield _uncovered(gap, (line, line), what, ran=(gap.path, line) in lost)


def _uncovered(gap: Gap, lines: tuple[int, int], what: str, *, ran: bool) -> Spot:
    first, last = lines
    where = f" of {gap.symbol}" if gap.symbol else ""
    return Spot(
        kind=SpotKind.LOST if ran else SpotKind.LINES,
        shorter=first - last,
        path=gap.path,
        first=first,
        last=last,
        message=f"no test {what}{where}" + (" any more" if ran else ""),
    )
