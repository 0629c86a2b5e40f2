"""Waivers for people and machines: what was allowed, by whom, until when."""

from __future__ import annotations

from coverage_gate.adapters.render.printable import one_line
from coverage_gate.core.waiver import Waiver
from coverage_gate.core.waiving import WaiverState, WaiverUse

_SHOWN_TESTS = 3
_TEXT_LIMIT = 4_000

#: What a state means to whoever reads it.
_STATES = {
    WaiverState.USED: "used here",
    WaiverState.OPEN: "not needed here",
    WaiverState.EXPIRED: "expired, without effect",
    WaiverState.STALE: "its lines changed, without effect",
    WaiverState.OWED: "used by a merge, not repaid",
}


def waiver_text(waiver: Waiver, lines: tuple[int, int] | None = None) -> str:
    """One waiver on a line, without what a verdict made of it.

    Args:
        waiver: Which.
        lines: Where its lines are now; None: where they were when it was granted.
    """
    used = f", used by {waiver.used_by[:12]}" if waiver.used_at else ""
    told = (
        f"#{waiver.seq} {_place(waiver, lines or (waiver.first, waiver.last))}: {waiver.category}, "
        f"{waiver.reason} ({waiver.actor}, until {waiver.expires_at}{used})"
    )
    return one_line(told, limit=_TEXT_LIMIT)


def use_text(use: WaiverUse) -> str:
    """One waiver as a verdict sees it."""
    return f"{_STATES[use.state]}: {waiver_text(use.waiver, use.lines)}"


def _place(waiver: Waiver, lines: tuple[int, int]) -> str:
    if waiver.path:
        return f"{waiver.path}:{lines[0]}-{lines[1]}"
    more = len(waiver.tests) - _SHOWN_TESTS
    return ", ".join(waiver.tests[:_SHOWN_TESTS]) + (f" and {more} more" if more > 0 else "")


def waiver_object(waiver: Waiver) -> dict[str, object]:
    """One waiver for JSON."""
    return {
        "id": waiver.seq,
        "path": _exact(waiver.path) or None,
        "lines": [waiver.first, waiver.last] if waiver.path else None,
        "tests": [_exact(test) for test in waiver.tests],
        "category": str(waiver.category),
        "actor": one_line(waiver.actor, limit=_TEXT_LIMIT),
        "reason": one_line(waiver.reason, limit=_TEXT_LIMIT),
        "granted_at": waiver.granted_at,
        "expires_at": waiver.expires_at,
        "used_at": waiver.used_at or None,
        "used_by": waiver.used_by or None,
    }


def use_object(use: WaiverUse) -> dict[str, object]:
    """One waiver as a verdict sees it, for JSON: `lines` are where they are now."""
    lines = None if use.lines is None else list(use.lines)
    return {**waiver_object(use.waiver), "state": str(use.state), "lines": lines}


def _exact(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
