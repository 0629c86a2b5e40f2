"""The percent out of coverage.py's JSON report, read as bytes from anywhere."""

from __future__ import annotations

from collections.abc import Mapping

from coverage_gate.core.rates import BadNumberError, exact_percent


def percent_of_report(report: object) -> float | None:
    """`totals.percent_covered` as a float in 0..100; None for anything that is no such report."""
    totals = report.get("totals") if isinstance(report, Mapping) else None
    percent = totals.get("percent_covered") if isinstance(totals, Mapping) else None
    if not isinstance(percent, int | float) or isinstance(percent, bool):
        return None
    try:
        exact_percent(percent)
    except BadNumberError:
        return None
    return float(percent)
