"""A verdict as workflow commands of GitHub: at most ten annotations, the worst first.

GitHub shows ten errors of a step and drops the others without a word: what is not among them is
counted in the last one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coverage_gate.adapters.render.printable import one_line
from coverage_gate.adapters.render.verdict_fields import reason_of
from coverage_gate.core.gaps import Gap
from coverage_gate.core.places import branches_text
from coverage_gate.core.policy import RuleName
from coverage_gate.core.verdict import Outcome, State, Verdict

MAX_ANNOTATIONS = 10
_TITLE = "Coverage gate"
_LIMIT = 1_000

#: How bad a place is: tests first, since lines follow from them; then what main had.
_TEST, _LOST, _FILE, _LINES = range(4)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Place:
    """One annotation. Sorted: the worst kind first, then the longest, then by place."""

    kind: int
    shorter: int
    path: str
    first: int
    last: int
    message: str


def github_text(verdict: Verdict) -> str:
    """Workflow commands, one a line, without a final line feed."""
    reason = reason_of(verdict)
    if verdict.state is State.FAIL:
        return "\n".join(_errors(sorted(_places(verdict)), reason))
    level = "notice"
    if verdict.state is State.UNMEASURABLE:
        level = "warning" if verdict.merge_allowed else "error"
    return _command(level, f"{verdict.state}: {reason}")


def _errors(places: list[_Place], reason: str) -> Iterator[str]:
    # The first one says why, and if places are left out the last one how many.
    yield _command("error", f"FAIL: {reason}")
    room = MAX_ANNOTATIONS - 1
    shown = places if len(places) <= room else places[: room - 1]
    yield from map(_located, shown)
    if len(places) > len(shown):
        yield _command("error", f"{len(places) - len(shown)} more places: see the report")


def _places(verdict: Verdict) -> Iterator[_Place]:
    lost = {(place.path, place.line) for place in verdict.lost or ()}
    for gap in verdict.repair.gaps if verdict.repair else ():
        yield from _of_gap(gap, lost)
    for path in verdict.unmeasured:
        yield _of_file(_FILE, path, "changed, and no test lets it be measured")
    for each in verdict.vanished or ():
        path, _, name = each.test.partition("::")
        yield _of_file(_TEST, path, f"{name} passed on the base: {each.now} now")
    for result in verdict.rules:
        if result.rule is RuleName.INTEGRITY and result.outcome is Outcome.FAIL:
            known = {each.test for each in verdict.vanished or ()}
            for test in (found for found in result.findings if found not in known):
                path, _, name = test.partition("::")
                yield _of_file(_TEST, path, f"{name} does not pass")


def _of_file(kind: int, path: str, message: str) -> _Place:
    return _Place(kind=kind, shorter=0, path=path, first=1, last=1, message=message)


def _of_gap(gap: Gap, lost: set[tuple[str, int]]) -> Iterator[_Place]:
    where = f" of {gap.symbol}" if gap.symbol else ""
    for first, last in gap.lines:
        ran = any((gap.path, line) in lost for line in range(first, last + 1))
        yield _Place(
            kind=_LOST if ran else _LINES,
            shorter=first - last,
            path=gap.path,
            first=first,
            last=last,
            message=f"no test runs these lines{where}" + (" any more" if ran else ""),
        )
    # A branch that leads to such lines is taken with them.
    inside = [range(first, last + 1) for first, last in gap.lines]
    for line, target in gap.branches:
        if not any(line in lines or target in lines for lines in inside):
            ran = (gap.path, line) in lost
            yield _Place(
                kind=_LOST if ran else _LINES,
                shorter=0,
                path=gap.path,
                first=line,
                last=line,
                message=f"no test takes the branch {branches_text([(line, target)])}{where}"
                + (" any more" if ran else ""),
            )


def _located(place: _Place) -> str:
    path = _property(place.path)
    where = f"file={path},line={place.first},endLine={place.last},"
    return _command("error", place.message, where=where)


def _command(level: str, message: str, *, where: str = "") -> str:
    return f"::{level} {where}title={_TITLE}::{_escaped(one_line(message, limit=_LIMIT))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(one_line(text, limit=_LIMIT)).replace(":", "%3A").replace(",", "%2C")
