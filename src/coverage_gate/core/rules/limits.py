"""The whole tree against floor and baseline."""

from __future__ import annotations

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.excuse import excuse
from coverage_gate.core.limits import LimitCheck, check_baseline, check_floor
from coverage_gate.core.policy import RuleName
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import Outcome, RuleResult


def judge_floor(evidence: Evidence) -> RuleResult | None:
    """The whole tree against the floor."""
    if not evidence.policy.name.uses_floor:
        return None
    policy = evidence.policy
    check = check_floor(evidence.judged.rate, policy.floor, policy.epsilon)
    return _limit_result(RuleName.FLOOR, check, evidence.judged)


def judge_baseline(evidence: Evidence) -> RuleResult | None:
    """The whole tree against the stored value of main.

    A tree below it passes when the change lowered nothing of what it left in place; see `excuse`.
    What is proven to be flaky counts as covered.
    """
    if not evidence.policy.name.uses_baseline:
        return None
    stored = evidence.baseline.rate if evidence.baseline else None
    check = check_baseline(evidence.steady.rate, stored, evidence.policy.epsilon)
    return _limit_result(RuleName.BASELINE, excuse(check, evidence) or check, evidence.steady)


def _limit_result(rule: RuleName, check: LimitCheck, judged: Counts) -> RuleResult:
    return RuleResult(
        rule=rule,
        outcome=Outcome.PASS if check.ok else Outcome.FAIL,
        detail=check.text,
        actual=judged,
        required=check.limit,
    )
