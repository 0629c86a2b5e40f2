"""What the change left alone and took the coverage from."""

from __future__ import annotations

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.lost import lost_places
from coverage_gate.core.places import listed
from coverage_gate.core.policy import RuleName
from coverage_gate.core.rules.comparable import not_compared
from coverage_gate.core.verdict import Outcome, RuleResult


def judge_lost(evidence: Evidence) -> RuleResult | None:
    """What ran on the base and was not touched must run."""
    comparison = evidence.ruled
    if RuleName.LOST not in evidence.policy.rules:
        return None
    if comparison is None or comparison.mismatched:
        return not_compared(RuleName.LOST, comparison)
    if comparison.base is None:
        return RuleResult(
            rule=RuleName.LOST,
            outcome=Outcome.WARN,
            detail="not judged: there is no measurement of the base to compare with",
        )
    places = lost_places(comparison)
    told = "ran on the base, was not touched and does not run now"
    return RuleResult(
        rule=RuleName.LOST,
        outcome=Outcome.FAIL if places else Outcome.PASS,
        detail=f"{told}: {listed(places)}" if places else "nothing that ran on the base is lost",
        findings=places,
    )
