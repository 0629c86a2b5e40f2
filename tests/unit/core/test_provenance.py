"""The statement of a verdict: its words, and that the same verdict gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from tests.golden.cases import CASES, conflict, hostile, passing, tool_error_open

from coverage_gate.core.policy import MutationPolicy, Policy, RuleName
from coverage_gate.core.provenance import (
    EXTENSION,
    canonical,
    digest_of,
    policy_digest,
    predicate_of,
    statement_of,
)
from coverage_gate.core.targets import Target
from coverage_gate.core.verdict import Verdict
from coverage_gate.testing.values import measurement


def predicate(verdict: Verdict) -> Any:  # noqa: ANN401 - as JSON has it
    return predicate_of(verdict, repository="shop", work_item="ET-7")


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_same_verdict_is_the_same_bytes_and_these_are_json(name: str) -> None:
    first, second = (canonical(predicate(CASES[name]())) for _ in range(2))
    assert first == second
    assert canonical(json.loads(first)) == first


def test_the_result_is_that_of_the_merge() -> None:
    clean = replace(passing(), warnings=())
    assert predicate(clean)["result"] == "PASSED"
    assert predicate(replace(clean, warnings=("x",)))["result"] == "WARNED"
    assert predicate(tool_error_open())["result"] == "WARNED"
    assert predicate(conflict())["result"] == "FAILED"


def test_rules_are_told_by_their_outcome_and_with_their_integers() -> None:
    told = predicate(passing())
    rules = {each["rule"]: each for each in told[EXTENSION]["rules"]}
    assert set(told["passedTests"]) <= set(rules)
    assert any(each["actual"] for each in rules.values())
    assert told[EXTENSION]["counts"] == str(passing().counts)


def test_what_is_not_known_is_null() -> None:
    told = predicate(conflict())[EXTENSION]
    assert (told["measurement"], told["counts"], told["baseline"]) == (None, None, None)
    nameless = measurement()
    origin = replace(nameless.provenance, identity="")
    measured = replace(passing(), measurement=replace(nameless, provenance=origin))
    assert predicate(measured)[EXTENSION]["measurement"]["identity"] is None


def test_subjects_are_commit_tree_and_report_as_far_as_there_are_any() -> None:
    whole: Any = statement_of({}, commit="a", tree="b", report_name="r.md", report=b"")
    assert [each["name"] for each in whole["subject"]] == ["commit", "tree", "r.md"]
    alone: Any = statement_of({}, commit=None, tree=None, report_name="r.md", report=b"")
    assert [each["name"] for each in alone["subject"]] == ["r.md"]


def test_names_that_are_no_text_are_told_as_escapes() -> None:
    text = canonical(predicate_of(hostile(), repository="\udcff", work_item="x")).decode("ascii")
    assert "\\\\udcff" in text


def test_each_limit_changes_the_digest_and_who_runs_the_tests_does_not() -> None:
    policy = Policy()
    others = [
        replace(policy, floor=Fraction(1, 3)),
        replace(policy, rules=frozenset({RuleName.PATCH})),
        replace(policy, mutation=MutationPolicy(samples=1)),
        replace(policy, targets=(Target(pattern="*", least=Fraction(1), branches=False),)),
        replace(policy, fail_closed=True),
    ]
    assert len({policy_digest(each) for each in (policy, *others)}) == 6
    assert policy_digest(replace(policy, judges_tests=False)) == policy_digest(policy)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
