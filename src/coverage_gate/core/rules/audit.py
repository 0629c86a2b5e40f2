"""What changed tests do that tests need not do."""

from __future__ import annotations

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.places import listed
from coverage_gate.core.policy import AuditMode, RuleName
from coverage_gate.core.verdict import Outcome, RuleResult


def judge_audit(evidence: Evidence) -> RuleResult | None:
    """The findings in changed tests; a warning, unless the policy turns them into FAIL."""
    audit = evidence.audit
    if audit is None or not audit.files:
        return None
    places = tuple(f"{each.test or each.path} ({each.finding})" for each in audit.findings)
    if not places:
        return RuleResult(
            rule=RuleName.AUDIT,
            outcome=Outcome.PASS,
            detail=f"changed test files: {audit.files}, nothing to ask about",
        )
    is_strict = evidence.policy.audit is AuditMode.FAIL
    return RuleResult(
        rule=RuleName.AUDIT,
        outcome=Outcome.FAIL if is_strict else Outcome.WARN,
        detail=f"changed tests to look at: {listed(places)}",
        findings=tuple(sorted({each.test or each.path for each in audit.findings})),
    )
