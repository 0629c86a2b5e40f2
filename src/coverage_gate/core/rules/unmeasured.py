"""Changed source files that the measurement does not know."""

from __future__ import annotations

from collections.abc import Sequence

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.measurement import Unparsable
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
    changed = [change.path for change in evidence.changes.touched_python]
    return _of_links(evidence) or _of_scope(evidence, changed) or _of_outside(evidence, changed)


def _of_links(evidence: Evidence) -> RuleResult | None:
    links = _links(evidence)
    if not links:
        return None
    return _result(Outcome.FAIL, f"links, whose code is not measured: {', '.join(links)}", links)


def _of_scope(evidence: Evidence, changed: list[str]) -> RuleResult | None:
    if not changed:
        return _result(Outcome.SKIP, "nothing to measure: no Python file changed")
    unknown = _unknown_in_scope(evidence, changed)
    if not unknown:
        return None
    told = ", ".join(_reasons(evidence, unknown))
    return _result(Outcome.FAIL, f"not measured: {told}", unknown)


def _of_outside(evidence: Evidence, changed: list[str]) -> RuleResult:
    outside = _outside_scope(evidence, changed)
    if not outside:
        detail = f"changed Python files: {len(changed)}, none unknown to the measurement"
        return _result(Outcome.PASS, detail)
    unlisted = set(evidence.head.unlisted)
    told = _reasons(evidence, [path for path in outside if path in unlisted])
    told += [path for path in outside if path not in unlisted]
    return _result(Outcome.WARN, f"changed outside the measured scope: {', '.join(told)}", outside)


def _result(outcome: Outcome, detail: str, findings: Sequence[str] = ()) -> RuleResult:
    return RuleResult(
        rule=RuleName.UNMEASURED, outcome=outcome, detail=detail, findings=tuple(findings)
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
    return [f"{path} ({_reason(broken.get(path))})" for path in paths]


def _reason(broken: Unparsable | None) -> str:
    if broken is None:
        return "never ran, and its folder has no __init__.py"
    where = f", line {broken.line}" if broken.line else ""
    return f"no valid Python: {broken.message}{where}"
