"""Changed source files that the measurement does not know."""

from __future__ import annotations

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.policy import RuleName
from coverage_gate.core.scope import looks_like_tooling, serves_the_project
from coverage_gate.core.verdict import Outcome, RuleResult


def judge_unmeasured(evidence: Evidence) -> RuleResult | None:
    """Changed source files that the measurement does not know.

    A link in place of a source file is a FAIL. So is, in the scope, a file that is no Python, or
    that coverage.py leaves out because it never ran and lies in no package, where the base had none
    of the kind (`core.aside`). Others are told, and so are changed files outside the scope.
    """
    if RuleName.UNMEASURED not in evidence.policy.rules:
        return None
    linked = _links(evidence)
    if linked:
        return RuleResult(
            rule=RuleName.UNMEASURED,
            outcome=Outcome.FAIL,
            detail=f"links, whose code is not measured: {', '.join(linked)}",
            findings=tuple(linked),
        )
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
        told = _reasons(evidence, [path for path in outside if path in evidence.head.unlisted])
        told += [path for path in outside if path not in evidence.head.unlisted]
        return RuleResult(
            rule=RuleName.UNMEASURED,
            outcome=Outcome.WARN,
            detail=f"changed outside the measured scope: {', '.join(told)}",
            findings=tuple(outside),
        )
    return RuleResult(
        rule=RuleName.UNMEASURED,
        outcome=Outcome.PASS,
        detail=f"changed Python files: {len(changed)}, none unknown to the measurement",
    )


def _links(evidence: Evidence) -> list[str]:
    links = (change.path for change in evidence.changes.files if change.is_python_link)
    return [path for path in links if not serves_the_project(path)]


def _unknown_in_scope(evidence: Evidence, changed: list[str]) -> list[str]:
    head = evidence.head
    unlisted = set(head.unlisted)
    if evidence.diff is not None:
        unlisted &= {hidden.path for hidden in evidence.hidden}
    unknown = {broken.path for broken in head.unparsable} | unlisted
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
