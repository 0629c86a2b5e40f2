"""Single files against what is asked of them."""

from __future__ import annotations

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.places import listed
from coverage_gate.core.policy import RuleName
from coverage_gate.core.targets import Shortfall, judged_files, shortfalls
from coverage_gate.core.verdict import Outcome, RuleResult


def judge_targets(evidence: Evidence) -> RuleResult | None:
    """Each file that a pattern means, by itself; where no target is configured, it judges nothing.

    A pattern that means no file of the scope is told: it guards nothing. So is a target for
    branches where branches were not measured: it is judged by the statements alone.
    """
    policy, head = evidence.policy, evidence.judged_head
    if RuleName.TARGETS not in policy.rules or not policy.targets:
        return None
    short = shortfalls(policy.targets, head)
    if short:
        return _below(short)
    files = judged_files(policy.targets, head)
    told = [f"{target.pattern} matches no file" for target, count in files.items() if not count]
    if not head.provenance.kind.branch and any(target.branches for target in files):
        told.append("branches are not measured: targets for branches are judged by statements")
    if told:
        return RuleResult(
            rule=RuleName.TARGETS, outcome=Outcome.WARN, detail=listed(told), findings=tuple(told)
        )
    return RuleResult(
        rule=RuleName.TARGETS,
        outcome=Outcome.PASS,
        detail=f"files with a target: {sum(files.values())}, none is below it",
    )


def _below(short: tuple[Shortfall, ...]) -> RuleResult:
    first = short[0]
    is_one = len(short) == 1 and first.is_measured
    return RuleResult(
        rule=RuleName.TARGETS,
        outcome=Outcome.FAIL,
        detail="below the target: " + listed([each.text for each in short]),
        actual=first.counts if is_one else None,
        required=first.target.least if is_one else None,
        findings=tuple(dict.fromkeys(each.path for each in short)),
    )
