"""What the branch hides, forges or deletes to look better."""

from __future__ import annotations

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.policy import RuleName
from coverage_gate.core.verdict import Outcome, RuleResult


def judge_integrity(evidence: Evidence) -> RuleResult | None:
    """Tests that passed on the base and fail now.

    Off where a merge gate re-ran the tests before us (`Policy.judges_tests`).
    """
    policy = evidence.policy
    if RuleName.INTEGRITY not in policy.rules or not policy.judges_tests:
        return None
    head, base = evidence.head.tests, evidence.base.tests if evidence.base else None
    if head.exit_status == 0 and not head.failed:
        return RuleResult(
            rule=RuleName.INTEGRITY, outcome=Outcome.PASS, detail="no test of the branch fails"
        )
    if base is None:
        return RuleResult(
            rule=RuleName.INTEGRITY,
            outcome=Outcome.WARN,
            detail="tests fail, and the base could not be measured to compare with",
            findings=tuple(sorted(head.failed)),
        )
    newly = sorted(head.failed & base.passed)
    if newly or base.exit_status == 0:
        # A test that is new and fails is a failure like any other: on the base all was well.
        detail = "tests fail that passed on the base: " + ", ".join(newly)
        if not newly:
            detail = f"the test command ends with status {head.exit_status}, on the base with 0"
        return RuleResult(
            rule=RuleName.INTEGRITY, outcome=Outcome.FAIL, detail=detail, findings=tuple(newly)
        )
    return RuleResult(
        rule=RuleName.INTEGRITY,
        outcome=Outcome.WARN,
        detail="tests fail, none of which passed on the base",
        findings=tuple(sorted(head.failed)),
    )
