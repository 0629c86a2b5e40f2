"""What a rule that compares lines answers where there is nothing to compare."""

from __future__ import annotations

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.places import listed
from coverage_gate.core.policy import RuleName
from coverage_gate.core.verdict import Outcome, RuleResult


def not_compared(rule: RuleName, comparison: Comparison | None) -> RuleResult:
    """Not judged, or FAIL where what was measured is not what was compared."""
    if comparison is None:
        return RuleResult(
            rule=rule,
            outcome=Outcome.SKIP,
            detail="not judged: what the change does to lines was not read",
        )
    return RuleResult(
        rule=rule,
        outcome=Outcome.FAIL,
        detail="what was measured is not what would land, measure again: "
        + listed(comparison.mismatched),
        findings=comparison.mismatched,
    )
