"""The rules: each reads the evidence and answers one result, or None where it does not apply.

A rule is a pure function. A new one is a function here and a line in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.excuse import excuse
from coverage_gate.core.limits import LimitCheck, check_baseline, check_floor
from coverage_gate.core.lost import lost_places
from coverage_gate.core.patch import is_excused, patch_holds, patch_of
from coverage_gate.core.places import listed
from coverage_gate.core.policy import RuleName
from coverage_gate.core.rates import percent_text
from coverage_gate.core.scope import looks_like_tooling
from coverage_gate.core.verdict import Outcome, RuleResult

Rule = Callable[[Evidence], RuleResult | None]


def judge_floor(evidence: Evidence) -> RuleResult | None:
    """The whole tree against the floor."""
    if not evidence.policy.name.uses_floor:
        return None
    policy = evidence.policy
    check = check_floor(evidence.judged.rate, policy.floor, policy.epsilon)
    return _limit_result(RuleName.FLOOR, check, evidence)


def judge_baseline(evidence: Evidence) -> RuleResult | None:
    """The whole tree against the stored value of main.

    A tree below it passes when the change lowered nothing of what it left in place; see `excuse`.
    """
    if not evidence.policy.name.uses_baseline:
        return None
    stored = evidence.baseline.rate if evidence.baseline else None
    check = check_baseline(evidence.judged.rate, stored, evidence.policy.epsilon)
    return _limit_result(RuleName.BASELINE, excuse(check, evidence) or check, evidence)


def _limit_result(rule: RuleName, check: LimitCheck, evidence: Evidence) -> RuleResult:
    return RuleResult(
        rule=rule,
        outcome=Outcome.PASS if check.ok else Outcome.FAIL,
        detail=check.text,
        actual=evidence.judged,
        required=check.limit,
    )


def judge_patch(evidence: Evidence) -> RuleResult | None:
    """The new and modified statements against the share that is asked of them."""
    comparison = evidence.comparison
    if RuleName.PATCH not in evidence.policy.rules:
        return None
    if comparison is None or comparison.mismatched:
        return _not_compared(RuleName.PATCH, comparison)
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


def _not_compared(rule: RuleName, comparison: Comparison | None) -> RuleResult:
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


def judge_lost(evidence: Evidence) -> RuleResult | None:
    """What ran on the base and was not touched must run."""
    comparison = evidence.comparison
    if RuleName.LOST not in evidence.policy.rules:
        return None
    if comparison is None or comparison.mismatched:
        return _not_compared(RuleName.LOST, comparison)
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


def judge_unmeasured(evidence: Evidence) -> RuleResult | None:
    """Changed source files that the measurement does not know.

    In the scope it is a FAIL: a file that is no Python, or that coverage.py leaves out because it
    never ran and lies in no package. A changed file outside the configured scope is told.
    """
    if RuleName.UNMEASURED not in evidence.policy.rules:
        return None
    changed = [change.path for change in evidence.changes.touched_python]
    if not changed:
        return RuleResult(
            rule=RuleName.UNMEASURED,
            outcome=Outcome.SKIP,
            detail="nothing to measure: no Python file changed",
        )
    unknown = _unknown_in_scope(evidence, changed)
    if unknown:
        return RuleResult(
            rule=RuleName.UNMEASURED,
            outcome=Outcome.FAIL,
            detail=f"not measured: {', '.join(_reasons(evidence, unknown))}",
            findings=tuple(unknown),
        )
    outside = _outside_scope(evidence, changed)
    if outside:
        return RuleResult(
            rule=RuleName.UNMEASURED,
            outcome=Outcome.WARN,
            detail=f"changed outside the measured scope: {', '.join(outside)}",
            findings=tuple(outside),
        )
    return RuleResult(
        rule=RuleName.UNMEASURED,
        outcome=Outcome.PASS,
        detail=f"changed Python files: {len(changed)}, none unknown to the measurement",
    )


def _unknown_in_scope(evidence: Evidence, changed: list[str]) -> list[str]:
    head = evidence.head
    unknown = {broken.path for broken in head.unparsable} | set(head.unlisted)
    return [path for path in changed if path in unknown]


def _outside_scope(evidence: Evidence, changed: list[str]) -> list[str]:
    known = {file.path for file in evidence.head.files}
    return [path for path in changed if path not in known and not looks_like_tooling(path)]


def _reasons(evidence: Evidence, paths: list[str]) -> list[str]:
    broken = {file.path: file for file in evidence.head.unparsable}
    reasons = []
    for path in paths:
        file = broken.get(path)
        if file is None:
            reasons.append(f"{path} (never ran, and its folder has no __init__.py)")
        else:
            where = f", line {file.line}" if file.line else ""
            reasons.append(f"{path} (no valid Python: {file.message}{where})")
    return reasons


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


#: In the order of judging and of the report.
RULES: tuple[Rule, ...] = (
    judge_floor,
    judge_baseline,
    judge_patch,
    judge_lost,
    judge_unmeasured,
    judge_integrity,
)
