"""A verdict as workflow commands of GitHub: at most ten annotations, the worst first.

GitHub shows ten errors of a step and drops the others without a word: what is not among them is
counted in the last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coverage_gate.adapters.render.printable import one_line
from coverage_gate.adapters.render.spots import Spot, spots_of
from coverage_gate.adapters.render.verdict_fields import reason_of
from coverage_gate.core.verdict import State, Verdict

MAX_ANNOTATIONS = 10
_TITLE = "Coverage gate"
_LIMIT = 1_000


def github_text(verdict: Verdict) -> str:
    """Workflow commands, one a line, without a final line feed."""
    reason = reason_of(verdict)
    if verdict.state is State.FAIL:
        return "\n".join(_errors(spots_of(verdict), reason))
    level = "notice"
    if verdict.state is State.UNMEASURABLE:
        level = "warning" if verdict.merge_allowed else "error"
    return _command(level, f"{verdict.state}: {reason}")


def _errors(places: Sequence[Spot], reason: str) -> Iterator[str]:
    # The first one says why, and if places are left out the last one how many.
    yield _command("error", f"FAIL: {reason}")
    room = MAX_ANNOTATIONS - 1
    shown = places if len(places) <= room else places[: room - 1]
    yield from map(_located, shown)
    if len(places) > len(shown):
        yield _command("error", f"{len(places) - len(shown)} more places: see the report")


def _located(place: Spot) -> str:
    path = _property(place.path)
    where = f"file={path},line={place.first},endLine={place.last},"
    return _command("error", place.message, where=where)


def _command(level: str, message: str, *, where: str = "") -> str:
    return f"::{level} {where}title={_TITLE}::{_escaped(one_line(message, limit=_LIMIT))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(one_line(text, limit=_LIMIT)).replace(":", "%3A").replace(",", "%2C")
