"""The marks of outcomes and states, and what a terminal without them shows instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from coverage_gate.core.verdict import Outcome

MARKS: Mapping[Outcome, str] = MappingProxyType(
    {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.WARN: "!", Outcome.SKIP: "–"}  # noqa: RUF001 - a dash
)

_PLAIN = str.maketrans(
    {"✓": "+", "✗": "x", "–": "-", "…": "...", "≥": ">=", "≤": "<=", "→": "->", "│": "|"}  # noqa: RUF001 - a dash
)


def to_ascii(text: str) -> str:
    """The text for a terminal that knows only ASCII; what has no equal there becomes an escape."""
    return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")
