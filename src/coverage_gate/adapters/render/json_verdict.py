"""A verdict as one JSON object, as docs/schema/verdict.schema.json describes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from coverage_gate.adapters.render.printable import TEXT_LIMIT, exact, one_line
from coverage_gate.adapters.render.verdict_fields import measured_counts, percent_of, reason_of
from coverage_gate.adapters.render.waivers import use_object
from coverage_gate.core.audit import Finding
from coverage_gate.core.baseline import kind_text
from coverage_gate.core.gaps import Gap, Repair
from coverage_gate.core.ledger import Hidden
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.patch import PatchCounts
from coverage_gate.core.places import LostLine, Unit
from coverage_gate.core.policy import RuleName
from coverage_gate.core.sampling import Fate, Sampling
from coverage_gate.core.vanished import Vanished
from coverage_gate.core.verdict import RuleResult, Verdict

T = TypeVar("T")

SCHEMA_VERSION = 1


def verdict_object(verdict: Verdict, *, report: Path | None) -> dict[str, object]:
    """All keys of the contract's section 4, and what explains them.

    Args:
        verdict: The gate's answer.
        report: Where the report artefact was written; None without one.

    Returns:
        Values that JSON has. Percentages are rounded down, so that 100 is exact; null means that
        it was not measured, does not exist or was not judged, never an invented value. Paths and
        test ids are exact but for bytes that are no text, which are shown as escapes.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": str(verdict.state),
        "merge_allowed": verdict.merge_allowed,
        "reason": one_line(reason_of(verdict), limit=TEXT_LIMIT),
        "reason_code": str(verdict.code),
        "warnings": [one_line(text, limit=TEXT_LIMIT) for text in verdict.warnings],
        **_numbers(verdict),
        "commit": verdict.commit,
        "tree": verdict.tree,
        "base_commit": verdict.base_commit,
        **_origin(verdict.measurement),
        "report": None if report is None else exact(str(report)),
        "rules": [_rule(rule) for rule in verdict.rules],
        "failing_tests": _failing_tests(verdict),
        "vanished": _each(verdict.vanished, _gone),
        "audit": _each(verdict.audit, _finding),
        "mutation": _judged(verdict.sampling, _mutation),
        "waivers": [use_object(use) for use in verdict.waivers],
        "unmeasured": _unmeasured(verdict),
        "failure": _judged(verdict.failure, _failure),
        "hidden": _each(verdict.hidden, _hidden),
        "patch": _judged(verdict.patch, _patch),
        "lost": _each(verdict.lost, _lost),
        "flaky": _each(verdict.flaky, flaky_object),
        "attribution": _judged(verdict.attribution, asdict),
        "repair": _judged(verdict.repair, _repair),
    }


def to_json_line(value: Mapping[str, object]) -> str:
    """The object on one line of ASCII, without a line feed.

    Raises:
        ValueError: If it holds a number that JSON does not have (NaN, infinity).
    """
    return json.dumps(value, allow_nan=False, ensure_ascii=True)


def _judged(part: T | None, shown: Callable[[T], dict[str, object]]) -> dict[str, object] | None:
    """A part of the verdict; null where it was not judged."""
    return None if part is None else shown(part)


def _each(
    parts: Iterable[T] | None, shown: Callable[[T], dict[str, object]]
) -> list[dict[str, object]] | None:
    """A list; null where it was not judged: an empty one would say that it was looked for."""
    return None if parts is None else [shown(part) for part in parts]


def _numbers(verdict: Verdict) -> dict[str, object]:
    counts = measured_counts(verdict)
    judged = verdict.judged if counts else None
    return {
        "percent": percent_of(counts.rate) if counts else None,
        "baseline": percent_of(verdict.baseline.rate) if verdict.baseline else None,
        "covered": counts.covered if counts else None,
        "total": counts.total if counts else None,
        "judged_covered": judged.covered if judged else None,
        "judged_total": judged.total if judged else None,
    }


def _origin(measurement: Measurement | None) -> dict[str, object]:
    if measurement is None:
        return dict.fromkeys(("identity", "core", "sandbox", "sandbox_closed", "kind", "scope"))
    origin = measurement.provenance
    return {
        "identity": origin.identity or None,
        "core": origin.kind.core,
        "sandbox": origin.sandbox,
        "sandbox_closed": [str(way) for way in origin.closed],
        "kind": kind_text(origin.kind),
        "scope": origin.scope,
    }


def _rule(result: RuleResult) -> dict[str, object]:
    return {
        "rule": str(result.rule),
        "outcome": str(result.outcome),
        "actual": None if result.actual is None else str(result.actual),
        "required": percent_of(result.required),
        "detail": one_line(result.detail, limit=TEXT_LIMIT),
        "findings": _exacts(result.findings),
    }


def _failing_tests(verdict: Verdict) -> list[str] | None:
    measurement = verdict.measurement
    is_told = measurement is not None and measurement.tests.outcomes is not None
    return _exacts(verdict.failing_tests) if is_told or verdict.failing_tests else None


def _gone(test: Vanished) -> dict[str, object]:
    return {
        "test": exact(test.test),
        "was": test.was,
        "now": test.now,
        "why": one_line(test.why, limit=TEXT_LIMIT),
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "test": exact(finding.test) or None,
        "path": exact(finding.path),
        "line": finding.line or None,
        "finding": one_line(finding.finding, limit=TEXT_LIMIT),
    }


def _mutation(sampling: Sampling) -> dict[str, object]:
    numbers = {str(fate): len(sampling.of(fate)) for fate in Fate}
    survivors = [
        {
            "path": exact(mutant.path),
            "line": mutant.line,
            "symbol": None if mutant.symbol is None else exact(mutant.symbol),
            "change": one_line(mutant.change, limit=TEXT_LIMIT),
        }
        for mutant in sampling.of(Fate.SURVIVED)
    ]
    return {
        "asked": sampling.asked,
        "sites": sampling.sites,
        **numbers,
        "note": one_line(sampling.trouble or sampling.note, limit=TEXT_LIMIT) or None,
        "survivors": survivors,
    }


def _unmeasured(verdict: Verdict) -> list[str] | None:
    is_judged = any(result.rule is RuleName.UNMEASURED for result in verdict.rules)
    return _exacts(verdict.unmeasured) if is_judged or verdict.unmeasured else None


def _failure(failure: MeasureFailure) -> dict[str, object]:
    return {"code": str(failure.code), "message": one_line(failure.message, limit=TEXT_LIMIT)}


def _patch(patch: PatchCounts) -> dict[str, object]:
    return {
        "covered": patch.statements.covered,
        "total": patch.statements.total,
        "branches_covered": patch.branches.covered,
        "branches_total": patch.branches.total,
    }


def _hidden(hidden: Hidden) -> dict[str, object]:
    return {
        "path": exact(hidden.path),
        "lines": list(lines_of(hidden.lines)),
        "why": one_line(hidden.why, limit=TEXT_LIMIT),
    }


def _lost(place: LostLine) -> dict[str, object]:
    branch = None if place.target is None else [place.line, place.target]
    return {
        "path": exact(place.path),
        "line": place.line,
        "branch": branch,
        "tests": _exacts(place.tests),
        "fates": list(place.fates),
    }


def flaky_object(unit: Unit) -> dict[str, object]:
    """A place as an object."""
    branch = [unit.line, unit.target] if unit.is_branch else None
    return {"path": exact(unit.path), "line": unit.line, "branch": branch}


def _repair(repair: Repair) -> dict[str, object]:
    reason = None if repair.reason is None else one_line(repair.reason, limit=TEXT_LIMIT)
    return {"need": repair.need, "reason": reason, "gaps": [_gap(gap) for gap in repair.gaps]}


def _gap(gap: Gap) -> dict[str, object]:
    return {
        "path": exact(gap.path),
        "symbol": None if gap.symbol is None else exact(gap.symbol),
        "lines": [list(lines) for lines in gap.lines],
        "branches": [list(branch) for branch in gap.branches],
    }


def _exacts(texts: Iterable[str]) -> list[str]:
    return [exact(text) for text in texts]
