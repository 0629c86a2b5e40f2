"""The new and modified statements."""

from __future__ import annotations

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.patch import is_excused, patch_holds, patch_of
from coverage_gate.core.places import listed
from coverage_gate.core.policy import RuleName
from coverage_gate.core.rates import percent_text
from coverage_gate.core.rules.comparable import not_compared
from coverage_gate.core.verdict import Outcome, RuleResult


def judge_patch(evidence: Evidence) -> RuleResult | None:
    """The new and modified statements against the share that is asked of them."""
    comparison = evidence.ruled
    if RuleName.PATCH not in evidence.policy.rules:
        return None
    if comparison is None or comparison.mismatched:
        return not_compared(RuleName.PATCH, comparison)
    patch = patch_of(comparison)
    counts, least = patch.counts.statements, evidence.policy.patch_min
    if counts.total == 0:
        return RuleResult(
            rule=RuleName.PATCH,
            outcome=Outcome.SKIP,
            detail="nothing to measure: no statement is new or modified",
        )
    ok = patch_holds(patch, least)
    told = f"{counts} of the new and modified statements are covered"
    missing = f", {percent_text(least)} are required: {listed(patch.places)}"
    return RuleResult(
        rule=RuleName.PATCH,
        outcome=Outcome.PASS if ok else Outcome.WARN if is_excused(patch) else Outcome.FAIL,
        detail=told if ok else told + missing,
        actual=counts,
        required=least,
        findings=patch.places,
    )
