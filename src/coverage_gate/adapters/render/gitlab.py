"""A verdict for GitLab: a Code Quality report, and the line that its `coverage:` keyword reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType

from coverage_gate.adapters.render.printable import exact, one_line
from coverage_gate.adapters.render.spots import Spot, SpotKind, spots_of
from coverage_gate.adapters.render.verdict_fields import measured_counts
from coverage_gate.core.rates import percent_text
from coverage_gate.core.verdict import Verdict

_LIMIT = 1_000

_SEVERITIES: Mapping[SpotKind, str] = MappingProxyType(
    {
        SpotKind.TEST: "critical",
        SpotKind.LOST: "major",
        SpotKind.FILE: "major",
        SpotKind.LINES: "minor",
    }
)


def code_quality_text(verdict: Verdict) -> str:
    """The places as a Code Quality report, without a final line feed."""
    return json.dumps([_issue(spot) for spot in spots_of(verdict)], indent=1)


def coverage_line(verdict: Verdict) -> str:
    r"""The total for `coverage: '/^TOTAL coverage: (\d+(?:\.\d+)?)%$/'`, as coverage.py counts."""
    counts = measured_counts(verdict)
    return f"TOTAL coverage: {percent_text(counts.rate if counts else None)}"


def _issue(spot: Spot) -> dict[str, object]:
    check = f"coverage-{spot.kind.name.lower()}"
    path, message = exact(spot.path), one_line(spot.message, limit=_LIMIT)
    # GitLab takes equal fingerprints for one issue.
    parts = json.dumps([check, path, spot.first, spot.last, message])
    return {
        "description": message,
        "check_name": check,
        "fingerprint": hashlib.sha256(parts.encode()).hexdigest(),
        "severity": _SEVERITIES[spot.kind],
        "location": {"path": path, "lines": {"begin": spot.first, "end": spot.last}},
    }
