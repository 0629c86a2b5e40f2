"""A verdict's JSON, which somebody else may have written, as a comment that is safe to post.

The job that may write comments has the verdict from one that runs foreign code. Nothing is taken
from it but values of the kinds that are awaited, and all text is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coverage_gate.adapters.render.markdown_verdict import MARKER
from coverage_gate.adapters.render.printable import markdown_code, markdown_text, one_line
from coverage_gate.core.verdict import Outcome, State

_MOST = 20
_TEXT = 500


class PostedError(ValueError):
    """It is no verdict. The message says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a forge shows.

    Attributes:
        state: The answer.
        passed: Whether the merge is allowed.
        reason: One line.
        comment: Markdown, with our mark.
    """

    state: State
    passed: bool
    reason: str
    comment: str


def read_posted(content: bytes) -> Posted:
    """Read a verdict: the last line that is not blank.

    Raises:
        PostedError: If it is none.
    """
    lines = content.decode("utf-8", "replace").strip().splitlines()
    try:
        told = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or _text(told.get("verdict")) not in set(State):
        raise PostedError("it is no verdict: `check --output json=FILE` writes one")
    state = State(told["verdict"])
    reason = one_line(_text(told.get("reason")), limit=_TEXT)
    return Posted(
        state=state,
        # A FAIL that says it may merge is no verdict of ours.
        passed=told.get("merge_allowed") is True and state is not State.FAIL,
        reason=reason,
        comment="\n".join(_comment(state, reason, told)),
    )


def _comment(state: State, reason: str, told: Mapping[str, Any]) -> Iterator[str]:
    yield MARKER
    yield f"# Coverage gate: {state}"
    yield ""
    yield markdown_text(reason, limit=_TEXT)
    rules = [_rule(rule) for rule in _objects(told.get("rules"))]
    if rules:
        yield ""
        yield "| rule | outcome | counted | found |"
        yield "|---|---|---|---|"
        yield from rules[:_MOST]
    repair = told.get("repair")
    gaps = [_gap(gap) for gap in _objects(repair.get("gaps"))] if isinstance(repair, dict) else []
    if gaps and state is State.FAIL:
        yield ""
        yield "What no test runs:"
        yield ""
        yield from gaps[:_MOST]
    if len(gaps) > _MOST:
        yield f"- and {len(gaps) - _MOST} more: see the report of the run"


def _rule(rule: Mapping[str, Any]) -> str:
    outcome = _text(rule.get("outcome"))
    shown = outcome if outcome in set(Outcome) else "?"
    cells = (rule.get("rule"), shown, rule.get("actual"), rule.get("detail"))
    return f"| {' | '.join(markdown_text(_text(cell), limit=_TEXT) for cell in cells)} |"


def _gap(gap: Mapping[str, Any]) -> str:
    pairs = [pair for pair in _list(gap.get("lines")) if _is_range(pair)]
    lines = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in pairs[:_MOST])
    symbol = _text(gap.get("symbol"))
    name = f" {markdown_code(symbol, limit=_TEXT)}" if symbol else ""
    where = f": lines {lines}" if lines else ""
    return f"- {markdown_code(_text(gap.get('path')), limit=_TEXT)}{name}{where}"


_PAIR = 2


def _is_range(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == _PAIR and all(type(n) is int for n in pair)


def _objects(found: object) -> list[dict[str, Any]]:
    return [each for each in _list(found) if isinstance(each, dict)]


def _list(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
