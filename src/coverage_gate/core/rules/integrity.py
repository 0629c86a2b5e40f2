"""What the branch hides, forges or deletes to look better."""

from __future__ import annotations

from collections.abc import Sequence

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.measurement import TestRun
from coverage_gate.core.places import listed, located
from coverage_gate.core.policy import RuleName
from coverage_gate.core.verdict import Outcome, RuleResult

_FAIL, _WARN = Outcome.FAIL, Outcome.WARN


def judge_integrity(evidence: Evidence) -> RuleResult | None:
    """Tests that passed on the base and vanished, a status that its tests belie, unseen code.

    Whether tests fail is judged, too, unless a merge gate re-ran them before us
    (`Policy.judges_tests`): it sees what fails, and not what is no longer there.
    """
    if RuleName.INTEGRITY not in evidence.policy.rules:
        return None
    base = evidence.base.tests if evidence.base else None
    found = [_belied(evidence.head.tests, base), _vanished(evidence), _unseen(evidence)]
    if evidence.policy.judges_tests:
        found.append(_failing(evidence.head.tests, base))
    results = [result for result in found if result is not None]
    return _worst(results) or _result(Outcome.PASS, _well(evidence))


def _worst(results: Sequence[RuleResult]) -> RuleResult | None:
    """What fails in one, else what is told in one."""
    for outcome in (_FAIL, _WARN):
        told = [result for result in results if result.outcome is outcome]
        if told:
            findings = {each for result in told for each in result.findings}
            return _result(outcome, "; ".join(result.detail for result in told), *findings)
    return None


def _belied(head: TestRun, base: TestRun | None) -> RuleResult | None:
    """A command that says that all is well, while the gate saw tests fail."""
    if head.exit_status != 0 or not head.failed or (base is not None and _is_lenient(base)):
        return None
    detail = "the test command ends with status 0, but tests fail: "
    return _result(_FAIL, detail + listed(sorted(head.failed)), *head.failed)


def _is_lenient(base: TestRun) -> bool:
    """Whether the base's own configuration asks for that."""
    return base.exit_status == 0 and bool(base.failed)


def _vanished(evidence: Evidence) -> RuleResult | None:
    if not evidence.vanished:
        return None
    tests = [each.test for each in evidence.vanished]
    told = [f"{each.test} ({each.now})" for each in evidence.vanished]
    return _result(_FAIL, f"tests passed on the base and vanished: {listed(told)}", *tests)


def _unseen(evidence: Evidence) -> RuleResult | None:
    if not evidence.unseen:
        return None
    places = {located(each.path, each.lines): each.why for each in evidence.unseen}
    told = listed([f"{place} ({why})" for place, why in places.items()])
    return _result(_FAIL, f"code runs that no count of statements sees: {told}", *places)


def _failing(head: TestRun, base: TestRun | None) -> RuleResult | None:
    if head.exit_status == 0 and not head.failed:
        return None
    if base is None:
        detail = "tests fail, and the base could not be measured to compare with"
        return _result(_WARN, detail, *head.failed)
    newly = sorted(head.failed & base.passed)
    if newly:
        detail = "tests fail that passed on the base: " + ", ".join(newly)
        return _result(_FAIL, detail, *newly)
    if base.exit_status == 0 and head.exit_status != 0:
        # A test that is new and fails is a failure like any other: on the base all was well.
        fresh = sorted(head.failed - base.failed)
        told = f"; tests fail: {listed(fresh)}" if fresh else ""
        status = f"the test command ends with status {head.exit_status}, on the base with 0"
        return _result(_FAIL, status + told, *fresh)
    return _result(_WARN, "tests fail, none of which passed on the base", *head.failed)


def _result(outcome: Outcome, detail: str, *findings: str) -> RuleResult:
    return RuleResult(
        rule=RuleName.INTEGRITY,
        outcome=outcome,
        detail=detail,
        findings=tuple(sorted(findings)),
    )


def _well(evidence: Evidence) -> str:
    judges = evidence.policy.judges_tests
    facts = ["no test of the branch fails"] if judges else []
    if evidence.vanished is not None:
        facts.append("none that passed on the base vanished")
    elif evidence.base is None:
        facts.append("the base was not measured: which tests vanished is not known")
    else:
        facts.append("the test command tells no tests: only its exit status was judged")
    return "; ".join(facts)
