"""Rules over evidence, and the verdict they make."""

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import Baseline, BaselineKey, key_of
from coverage_gate.core.changes import ChangeKind, Changes
from coverage_gate.core.decide import decide, gate_error, not_applicable
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.measurement import (
    FailureCode,
    MeasureFailure,
    Measurement,
    Unparsable,
)
from coverage_gate.core.policy import AuditMode, Policy, RuleName
from coverage_gate.core.verdict import Outcome, Reason, RuleResult, State, Verdict
from coverage_gate.testing.values import changes, covered, landing, measurement


def baseline(percent: int) -> Baseline:
    return Baseline(
        key=BaselineKey(repository="repo"),
        epoch=0,
        rate=Fraction(percent, 100),
        counts=None,
        sha="",
        updated_at="",
    )


def evidence(
    head: Measurement,
    *,
    policy: Policy | None = None,
    changed: Changes | None = None,
    base: Measurement | None = None,
    base_failure: MeasureFailure | None = None,
    stored: Baseline | None = None,
) -> Evidence:
    return Evidence(
        policy=policy or Policy(),
        landing=landing(),
        changes=changed or changes(),
        head=head,
        base=base,
        base_failure=base_failure,
        baseline=stored,
    )


def result(verdict: Verdict, rule: RuleName) -> RuleResult:
    return next(found for found in verdict.rules if found.rule is rule)


def test_a_rate_exactly_on_baseline_minus_epsilon_passes() -> None:
    verdict = decide(evidence(measurement(covered(795, 1000)), stored=baseline(80)))
    assert verdict.state is State.PASS
    assert verdict.code is Reason.HOLDS


def test_one_line_below_fails_and_names_both_numbers() -> None:
    verdict = decide(evidence(measurement(covered(794, 1000)), stored=baseline(80)))
    assert (verdict.state, verdict.merge_allowed) == (State.FAIL, False)
    assert verdict.reason == "79.4% (794/1000): baseline: 79.4% < baseline 80% - 0.5"


def test_without_a_baseline_the_verdict_says_bootstrap() -> None:
    verdict = decide(evidence(measurement(covered(1, 2))))
    assert verdict.code is Reason.BOOTSTRAP
    assert "bootstrap" in verdict.reason


def test_policies_choose_their_rules() -> None:
    policy = Policy(name=PolicyName.ABSOLUTE, floor=Fraction(9, 10), rules=frozenset())
    verdict = decide(evidence(measurement(covered(1, 2)), policy=policy, stored=baseline(50)))
    assert [found.rule for found in verdict.rules] == [RuleName.FLOOR]
    assert verdict.state is State.FAIL


def test_baseline_policy_ignores_the_floor() -> None:
    policy = Policy(name=PolicyName.BASELINE, floor=Fraction(1), rules=frozenset())
    verdict = decide(evidence(measurement(covered(1, 2)), policy=policy, stored=baseline(50)))
    assert [found.rule for found in verdict.rules] == [RuleName.BASELINE]
    assert verdict.state is State.PASS


def test_docs_only_says_nothing_to_measure() -> None:
    verdict = decide(evidence(measurement(covered(1, 2)), changed=changes("README.md")))
    assert verdict.state is State.PASS
    assert "nothing to measure" in verdict.reason


def test_a_changed_file_that_is_no_python_fails_with_its_line() -> None:
    broken = Unparsable(path="src/b.py", blob="", line=3, message="invalid syntax")
    head = measurement(covered(1, 2), unparsable=(broken,))
    verdict = decide(evidence(head, changed=changes("src/b.py")))
    assert verdict.unmeasured == ("src/b.py",)
    assert "src/b.py (no valid Python: invalid syntax, line 3)" in verdict.reason


def test_an_unparsable_file_that_nobody_changed_is_not_the_branchs() -> None:
    broken = Unparsable(path="src/b.py", blob="", line=None, message="invalid syntax")
    head = measurement(covered(1, 2), unparsable=(broken,))
    assert decide(evidence(head, changed=changes("src/a.py"))).state is State.PASS


def test_a_changed_file_in_scope_that_coverage_leaves_out_fails() -> None:
    head = measurement(covered(1, 2), unlisted=("src/ns/b.py",))
    changed = changes("src/ns/b.py", kind=ChangeKind.ADDED)
    verdict = decide(replace(evidence(head, changed=changed), diff=None))
    assert verdict.state is State.FAIL
    assert "no __init__.py" in verdict.reason


@pytest.mark.parametrize(("path", "state"), [("src/b.py", "FAIL"), ("tests/b.py", "PASS")])
def test_a_link_in_place_of_a_source_file_fails(path: str, state: str) -> None:
    changed = changes(path, kind=ChangeKind.ADDED, mode="120000")
    verdict = decide(evidence(measurement(covered(1, 2)), changed=changed))
    assert verdict.state == state


def test_a_changed_file_outside_the_scope_is_told() -> None:
    changed = changes("lib/b.py", "tests/test_b.py", "src/a.py")
    policy = Policy(audit=AuditMode.OFF)
    verdict = decide(evidence(measurement(covered(1, 2)), policy=policy, changed=changed))
    assert verdict.state is State.PASS
    assert verdict.warnings == ("unmeasured: changed outside the measured scope: lib/b.py",)


@pytest.mark.parametrize(
    ("base_tests", "base_status", "outcome"),
    [
        ({"t::a": "passed"}, 0, Outcome.FAIL),
        ({"t::a": "failed"}, 1, Outcome.WARN),
        ({}, 1, Outcome.WARN),
    ],
)
def test_a_test_that_passed_on_the_base_must_not_fail(
    base_tests: dict[str, str], base_status: int, outcome: Outcome
) -> None:
    head = measurement(covered(1, 2), tests={"t::a": "failed"}, exit_status=1)
    base = measurement(covered(1, 2), tests=base_tests, exit_status=base_status)
    verdict = decide(evidence(head, base=base))
    assert result(verdict, RuleName.INTEGRITY).outcome is outcome
    assert verdict.failing_tests == ("t::a",)


def test_a_command_that_tells_no_tests_is_judged_by_its_status() -> None:
    verdict = decide(
        evidence(measurement(covered(1, 2), exit_status=1), base=measurement(covered(1, 2)))
    )
    assert "the test command ends with status 1, on the base with 0" in verdict.reason


def test_a_new_test_that_fails_is_named() -> None:
    head = measurement(covered(1, 2), tests={"t::a": "passed", "t::b": "failed"}, exit_status=1)
    base = measurement(covered(1, 2), tests={"t::a": "passed"})
    found = result(decide(evidence(head, base=base)), RuleName.INTEGRITY)
    assert found.outcome is Outcome.FAIL
    assert found.detail.endswith("status 1, on the base with 0; tests fail: t::b")
    assert found.findings == ("t::b",)


def test_what_failed_on_the_base_too_is_not_named_as_new() -> None:
    tests = {"t::a": "failed", "t::b": "failed"}
    head = measurement(covered(1, 2), tests=tests, exit_status=1)
    base = measurement(covered(1, 2), tests={"t::a": "failed"})
    found = result(decide(evidence(head, base=base)), RuleName.INTEGRITY)
    assert found.findings == ("t::b",)


def test_without_a_measured_base_failing_tests_are_told() -> None:
    head = measurement(covered(1, 2), tests={"t::a": "error"}, exit_status=1)
    failure = MeasureFailure(code=FailureCode.TIMEOUT, message="too slow")
    verdict = decide(evidence(head, base_failure=failure))
    assert verdict.state is State.PASS
    assert any("too slow" in warning for warning in verdict.warnings)


def test_failing_tests_are_not_judged_where_a_merge_gate_does() -> None:
    head = measurement(covered(1, 2), tests={"t::a": "failed"}, exit_status=1)
    base = measurement(covered(1, 2), tests={"t::a": "passed"})
    verdict = decide(evidence(head, base=base, policy=Policy(judges_tests=False)))
    found = result(verdict, RuleName.INTEGRITY)
    assert found.outcome is Outcome.PASS
    assert found.detail == "none that passed on the base vanished"


@pytest.mark.parametrize("judges_tests", [True, False])
def test_vanished_tests_fail_whoever_ran_the_tests_before(*, judges_tests: bool) -> None:
    head = measurement(covered(1, 2), tests={"t.py::a": "skipped", "t.py::b": "passed"})
    base = measurement(covered(1, 2), tests={"t.py::a": "passed", "t.py::b": "passed"})
    policy = Policy(judges_tests=judges_tests)
    verdict = decide(evidence(head, base=base, policy=policy))
    found = result(verdict, RuleName.INTEGRITY)
    assert (found.outcome, found.findings) == (Outcome.FAIL, ("t.py::a",))
    assert found.detail == "tests passed on the base and vanished: t.py::a (skipped)"
    assert [each.test for each in verdict.vanished or ()] == ["t.py::a"]


@pytest.mark.parametrize("judges_tests", [True, False])
def test_a_status_that_the_tests_belie_fails(*, judges_tests: bool) -> None:
    head = measurement(covered(1, 2), tests={"t.py::a": "failed"})
    base = measurement(covered(1, 2), tests={"t.py::a": "passed"})
    policy = Policy(judges_tests=judges_tests)
    found = result(decide(evidence(head, base=base, policy=policy)), RuleName.INTEGRITY)
    assert found.outcome is Outcome.FAIL
    assert "ends with status 0, but tests fail: t.py::a" in found.detail


def test_a_base_whose_failures_are_allowed_by_its_own_configuration() -> None:
    head = measurement(covered(1, 2), tests={"t.py::a": "passed", "t.py::b": "failed"})
    base = measurement(covered(1, 2), tests={"t.py::a": "passed", "t.py::b": "failed"})
    found = result(decide(evidence(head, base=base)), RuleName.INTEGRITY)
    assert found.outcome is Outcome.WARN


def test_where_no_tests_are_told_the_rule_says_so() -> None:
    both = measurement(covered(1, 2))
    found = result(decide(evidence(both, base=both)), RuleName.INTEGRITY)
    assert found.outcome is Outcome.PASS
    assert "only its exit status was judged" in found.detail


def test_without_its_rule_no_test_is_judged() -> None:
    head = measurement(covered(1, 2), tests={"t.py::a": "skipped"})
    base = measurement(covered(1, 2), tests={"t.py::a": "passed"})
    verdict = decide(evidence(head, base=base, policy=Policy(rules=frozenset())))
    assert RuleName.INTEGRITY not in [found.rule for found in verdict.rules]
    assert verdict.vanished is None


def test_delta_is_against_the_higher_of_baseline_and_floor() -> None:
    policy = Policy(floor=Fraction(6, 10))
    head = measurement(covered(7, 10))
    assert decide(evidence(head, policy=policy, stored=baseline(50))).delta == Fraction(1, 10)
    assert decide(evidence(head, policy=policy)).delta == Fraction(1, 10)


def test_nothing_measurable_has_no_delta() -> None:
    assert decide(evidence(measurement())).delta is None


def test_a_pass_that_compared_nothing_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="compared nothing"):
        Verdict(state=State.PASS, merge_allowed=True, code=Reason.HOLDS, reason="", policy=Policy())


def test_a_fail_that_allows_the_merge_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="never allows"):
        Verdict(state=State.FAIL, merge_allowed=True, code=Reason.HOLDS, reason="", policy=Policy())


def test_not_applicable_measured_nothing_and_allows() -> None:
    verdict = not_applicable("disabled", Reason.DISABLED, Policy())
    assert verdict.merge_allowed
    assert (verdict.counts, verdict.delta) == (None, None)


def test_a_measurement_names_the_key_of_its_baseline() -> None:
    key = key_of("repo", measurement())
    assert (key.kind, key.scope) == ("ctrace-3.11-line", "scope")


def test_a_measurement_finds_its_files_by_path() -> None:
    head = measurement(covered(1, 2))
    assert head.file("src/a.py") is head.files[0]
    assert head.file("src/b.py") is None


@pytest.mark.parametrize(("closed", "word"), [(False, "fail-open"), (True, "fail-closed")])
def test_a_broken_gate_answers_as_a_broken_tool_does(closed: bool, word: str) -> None:
    verdict = gate_error("KeyError: 1", Policy(fail_closed=closed))
    assert (verdict.state, verdict.code) == (State.UNMEASURABLE, Reason.GATE_ERROR)
    assert (verdict.merge_allowed, verdict.reason) == (not closed, f"error ({word}): KeyError: 1")
