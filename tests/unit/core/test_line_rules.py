"""The rules that judge lines, and the baseline that is fair to deletions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement
from coverage_gate.core.places import LostLine
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.verdict import Outcome, RuleResult, State, Verdict
from coverage_gate.testing.values import changes, covered, file_diff, landing, measurement

TEXT = "".join(f"line_{number}()\n" for number in range(1, 21))
FRESH = TEXT.replace("line", "fresh")
ADDED = file_diff("a.py", None, TEXT)
EXACT = Policy(epsilon=Fraction(0))


def evidence(
    head: Measurement,
    *diff: FileDiff,
    base: Measurement | None = None,
    policy: Policy = EXACT,
    stored: Fraction | None = None,
) -> Evidence:
    key = BaselineKey(repository="repo")
    return Evidence(
        policy=policy,
        landing=landing(),
        changes=changes(),
        head=head,
        base=base,
        baseline=None
        if stored is None
        else Baseline(key=key, epoch=1, rate=stored, counts=None, sha="", updated_at=""),
        diff=diff,
    )


def result(verdict: Verdict, rule: RuleName) -> RuleResult:
    return next(found for found in verdict.rules if found.rule is rule)


def test_the_patch_rule_tells_the_numbers_and_where_to_look() -> None:
    verdict = decide(evidence(measurement(covered(4, 10, path="a.py")), ADDED))
    found = result(verdict, RuleName.PATCH)
    assert (found.outcome, str(found.actual), found.required) == (
        Outcome.FAIL,
        "4/10",
        Fraction(9, 10),
    )
    assert found.detail == (
        "4/10 of the new and modified statements are covered, 90% are required: a.py:5-10"
    )


def test_the_patch_rule_judges_text_where_the_base_was_not_measured() -> None:
    diff = file_diff("a.py", TEXT, TEXT.replace("line_10()", "other()"))
    verdict = decide(evidence(measurement(covered(9, 10, path="a.py")), diff))
    assert str(result(verdict, RuleName.PATCH).actual) == "0/1"
    assert (verdict.state, verdict.lost, verdict.attribution) == (State.FAIL, None, None)


def test_without_a_measured_base_nothing_can_be_lost_and_that_is_told() -> None:
    failure = MeasureFailure(code=FailureCode.TIMEOUT, message="too slow")
    verdict = decide(replace(evidence(measurement(covered(1, 2))), base_failure=failure))
    assert result(verdict, RuleName.LOST).outcome is Outcome.WARN
    assert any("no measurement of the base" in warning for warning in verdict.warnings)


@pytest.mark.parametrize("rule", [RuleName.PATCH, RuleName.LOST])
def test_lines_that_nobody_read_are_told_as_not_judged(rule: RuleName) -> None:
    verdict = decide(replace(evidence(measurement(covered(1, 2))), diff=None))
    assert result(verdict, rule).outcome is Outcome.SKIP
    assert "not judged: what the change does to lines was not read" in verdict.reason


@pytest.mark.parametrize("rule", [RuleName.PATCH, RuleName.LOST])
def test_a_measurement_of_other_bytes_fails(rule: RuleName) -> None:
    verdict = decide(
        evidence(measurement(covered(4, 10, path="a.py")), replace(ADDED, blob="other"))
    )
    found = result(verdict, rule)
    assert (found.outcome, found.findings) == (Outcome.FAIL, ("a.py",))
    assert (verdict.patch, verdict.lost, verdict.attribution) == (None, None, None)


def test_what_is_lost_is_told_line_by_line_and_a_lost_line_hides_branches_from_and_to_it() -> None:
    arcs = ((1, 2), (1, 3), (2, 1), (2, 3), (2, -1))
    old = replace(covered(3, 3, path="a.py"), branches=tuple(sorted(arcs)), taken=arcs)
    new = replace(old, executed=old.executed & ~0b10, taken=((2, 3),))
    verdict = decide(evidence(measurement(new), base=measurement(old)))
    assert verdict.lost == (
        LostLine(path="a.py", line=1),
        LostLine(path="a.py", line=2, target=-1),
    )
    assert result(verdict, RuleName.LOST).detail == (
        "ran on the base, was not touched and does not run now: a.py:1, branches 2→exit"
    )


def test_a_lost_branch_alone_is_told_with_its_file() -> None:
    old = replace(covered(3, 3, path="a.py"), branches=((1, 2), (1, 3)), taken=((1, 2), (1, 3)))
    verdict = decide(evidence(measurement(replace(old, taken=((1, 2),))), base=measurement(old)))
    assert result(verdict, RuleName.LOST).findings == ("a.py: branches 1→3",)


def test_rules_that_are_off_judge_and_tell_nothing() -> None:
    policy = replace(EXACT, rules=frozenset({RuleName.UNMEASURED}))
    base = measurement(covered(2, 2, path="a.py"))
    verdict = decide(evidence(measurement(covered(1, 2, path="a.py")), base=base, policy=policy))
    assert [found.rule for found in verdict.rules][2:] == [RuleName.UNMEASURED]
    assert (verdict.patch, verdict.lost) == (None, None)


# The baseline

REST = covered(50, 100, path="rest.py")
BASE = measurement(REST, covered(20, 20, path="a.py"))
DELETED = file_diff("a.py", TEXT, None)


def test_a_rate_that_fell_by_a_deletion_alone_passes_and_says_so() -> None:
    found = result(
        decide(evidence(measurement(REST), DELETED, base=BASE, stored=Fraction(7, 12))),
        RuleName.BASELINE,
    )
    assert (found.outcome, found.required) == (Outcome.PASS, Fraction(1, 2))
    assert found.detail == (
        "50% < baseline 58.33%, but only because covered code went away (50% ≥ 50% of what is left)"
    )


@pytest.mark.parametrize(("ran", "outcome"), [(5, Outcome.PASS), (4, Outcome.FAIL)])
def test_what_is_left_is_the_limit_to_the_last_statement(ran: int, outcome: Outcome) -> None:
    head = measurement(REST, covered(ran, 10, path="b.py"))
    policy = replace(EXACT, rules=frozenset({RuleName.UNMEASURED}))
    given = evidence(
        head,
        DELETED,
        file_diff("b.py", None, FRESH),
        base=BASE,
        policy=policy,
        stored=Fraction(7, 12),
    )
    assert result(decide(given), RuleName.BASELINE).outcome is outcome


def test_no_tolerance_is_added_to_what_is_left() -> None:
    head = measurement(REST, covered(499, 1000, path="b.py"))
    policy = Policy(rules=frozenset({RuleName.UNMEASURED}))
    given = evidence(
        head,
        DELETED,
        file_diff("b.py", None, FRESH),
        base=BASE,
        policy=policy,
        stored=Fraction(7, 12),
    )
    assert result(decide(given), RuleName.BASELINE).outcome is Outcome.FAIL


@pytest.mark.parametrize("diffs", [(), (DELETED,)])
def test_a_main_below_its_baseline_knows_no_excuse(diffs: tuple[FileDiff, ...]) -> None:
    base = BASE if diffs else measurement(REST)
    given = evidence(measurement(REST), *diffs, base=base, stored=Fraction(99, 100))
    assert result(decide(given), RuleName.BASELINE).outcome is Outcome.FAIL


def test_where_nothing_is_left_there_is_no_excuse() -> None:
    base = measurement(covered(20, 20, path="a.py"))
    head = measurement(covered(8, 10, path="b.py"))
    given = evidence(
        head, DELETED, file_diff("b.py", None, FRESH), base=base, stored=Fraction(9, 10)
    )
    assert result(decide(given), RuleName.BASELINE).outcome is Outcome.FAIL


def test_a_tree_with_nothing_to_measure_has_no_excuse() -> None:
    given = evidence(measurement(), DELETED, base=BASE, stored=Fraction(9, 10))
    assert result(decide(given), RuleName.BASELINE).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "given",
    [
        evidence(measurement(REST), DELETED, stored=Fraction(7, 12)),
        replace(evidence(measurement(REST), DELETED, base=BASE, stored=Fraction(7, 12)), diff=None),
        evidence(
            measurement(REST),
            DELETED,
            base=BASE,
            stored=Fraction(7, 12),
            policy=replace(EXACT, rules=frozenset()),
        ),
        evidence(
            measurement(REST),
            replace(DELETED, old_blob="other"),
            base=BASE,
            stored=Fraction(7, 12),
        ),
    ],
    ids=["no measured base", "no lines", "the policies alone", "other bytes"],
)
def test_without_lines_of_the_base_the_baseline_is_plain(given: Evidence) -> None:
    assert result(decide(given), RuleName.BASELINE).outcome is Outcome.FAIL
