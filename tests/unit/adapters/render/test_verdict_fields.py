from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.golden.cases import CASES, broken_rules, passing, tool_error_closed, tool_error_open

from coverage_gate.adapters.render.report import (
    fields_of,
    parse_coverage_status,
    read_report,
    render_coverage_report,
)
from coverage_gate.adapters.render.verdict_fields import limit_text, other_warnings, reason_of
from coverage_gate.core.baseline import kind_text
from coverage_gate.core.measurement import TestRun as Run
from coverage_gate.core.policy import Policy
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import State, Verdict
from coverage_gate.testing.values import covered, measurement


def _fields(verdict: Verdict) -> dict[str, object]:
    return fields_of(verdict, work_item="ET-7", repository="shop")


def _report(verdict: Verdict) -> str:
    return render_coverage_report("ET-7", _fields(verdict))


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_status_of_a_report_is_whether_the_merge_is_allowed(name: str) -> None:
    verdict = CASES[name]()
    assert parse_coverage_status(_report(verdict))[0] is verdict.merge_allowed


def test_a_report_names_the_trees_and_the_integers_of_its_verdict() -> None:
    verdict = passing()
    read = read_report(_report(verdict))
    assert (read.commit, read.tree, read.base_commit) == (
        verdict.commit,
        verdict.tree,
        verdict.base_commit,
    )
    assert read.counts == verdict.counts


def test_a_report_names_the_key_of_the_baseline_that_it_may_raise() -> None:
    verdict = passing()
    assert verdict.measurement is not None
    origin = verdict.measurement.provenance
    read = read_report(_report(verdict))
    assert (read.identity, read.kind, read.scope) == (
        origin.identity,
        kind_text(origin.kind),
        origin.scope,
    )


def test_the_number_is_of_the_measurement_and_the_delta_is_of_what_is_judged() -> None:
    fields = _fields(broken_rules())
    assert (fields["measured_coverage"], fields["delta"]) == (82.1, -3.0)


@pytest.mark.parametrize(
    ("verdict", "word"), [(tool_error_open(), "fail-open"), (tool_error_closed(), "fail-closed")]
)
def test_an_unmeasured_tree_has_no_number_and_says_how_the_policy_decided(
    verdict: Verdict, word: str
) -> None:
    assert read_report(_report(verdict)).measured is None
    assert word in reason_of(replace(verdict, reason="the tool broke"))
    assert reason_of(verdict).count(word) == 1


def test_an_unmeasurable_verdict_shows_no_number_even_of_a_measurement() -> None:
    verdict = replace(tool_error_open(), measurement=passing().measurement)
    fields = _fields(verdict)
    assert (fields["measured_coverage"], fields["covered"], fields["delta"]) == (None, None, None)


def test_a_share_just_below_everything_is_never_printed_as_100() -> None:
    head = measurement(covered(999_999, 1_000_000))
    verdict = replace(passing(), measurement=head, judged=head.counts)
    assert _fields(verdict)["measured_coverage"] == 99.9999
    assert "| measured | 99.9999% (999999/1000000) |" in _report(verdict)


def test_a_tree_with_nothing_to_measure_has_counts_and_no_percent() -> None:
    head = measurement()
    verdict = replace(passing(), measurement=head, judged=head.counts)
    fields = _fields(verdict)
    assert (fields["measured_coverage"], fields["total"], fields["delta"]) == (None, 0, None)


def test_a_limit_stands_as_it_was_set() -> None:
    policy = Policy(floor=Fraction("66.66667") / 100, epsilon=Fraction("0.00001") / 100)
    read = _report(replace(passing(), policy=policy))
    assert "\nfloor: 66.66667\n" in read
    assert "\nepsilon: 0.00001\n" in read


def test_a_measurement_without_a_commit_has_no_identity() -> None:
    head = passing().measurement
    assert head is not None
    anonymous = replace(head, provenance=replace(head.provenance, identity=""))
    assert _fields(replace(passing(), measurement=anonymous))["identity"] is None


def test_a_command_that_tells_no_tests_is_named_by_its_exit_status() -> None:
    head = passing().measurement
    assert head is not None
    silent = replace(head, tests=Run(exit_status=3))
    assert "ended with status 3" in _report(replace(passing(), measurement=silent))


def test_a_warning_that_a_rule_tells_is_not_told_twice() -> None:
    verdict = broken_rules()
    assert other_warnings(replace(verdict, warnings=(*verdict.warnings, "other"))) == ("other",)


def test_a_policy_without_further_rules_says_so() -> None:
    verdict = replace(passing(), policy=Policy(rules=frozenset()))
    assert "Further rules: none." in _report(verdict)


def test_a_limit_below_nothing_requires_nothing() -> None:
    assert limit_text(Fraction(-1, 200)) == "0%"


def test_judged_counts_do_not_change_the_state_of_a_verdict() -> None:
    verdict = replace(passing(), judged=Counts(covered=1, total=1000))
    assert _fields(verdict)["verdict"] == State.PASS
