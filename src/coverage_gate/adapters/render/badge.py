"""A verdict as a badge: an SVG of its own, and the endpoint JSON of shields.io."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from coverage_gate.adapters.render.verdict_fields import measured_counts
from coverage_gate.core.rates import percent_text
from coverage_gate.core.verdict import State, Verdict

_LABEL = "coverage"
_GOOD, _BAD, _UNKNOWN = "#2f7d32", "#b3261e", "#616161"
_COLORS: Mapping[State, str] = MappingProxyType({State.PASS: _GOOD, State.FAIL: _BAD})

#: Width of a character of the font, about, and the room around a word.
_CHAR, _PAD = 7, 10
_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" \
aria-label="{label}: {message}">
<title>{label}: {message}</title>
<rect width="{left}" height="20" fill="#424242"/>
<rect x="{left}" width="{right}" height="20" fill="{color}"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{label_at}" y="14">{label}</text>
<text x="{message_at}" y="14">{message}</text>
</g>
</svg>"""


def badge_svg(verdict: Verdict) -> str:
    """The badge as a picture, without a final line feed. Nothing of the branch's text is in it."""
    message = _message(verdict)
    left, right = (len(text) * _CHAR + _PAD for text in (_LABEL, message))
    return _SVG.format(
        width=left + right,
        left=left,
        right=right,
        color=_color(verdict),
        label=_LABEL,
        message=message,
        label_at=left / 2,
        message_at=left + right / 2,
    )


def badge_json(verdict: Verdict) -> str:
    """The badge for shields.io's endpoint, without a final line feed."""
    color = _color(verdict).removeprefix("#")
    return json.dumps(
        {"schemaVersion": 1, "label": _LABEL, "message": _message(verdict), "color": color}
    )


def _message(verdict: Verdict) -> str:
    """The total as coverage.py counts it, of which a FAIL takes nothing away but the colour."""
    counts = measured_counts(verdict)
    return "unknown" if counts is None else percent_text(counts.rate)


def _color(verdict: Verdict) -> str:
    return _COLORS.get(verdict.state, _UNKNOWN)
