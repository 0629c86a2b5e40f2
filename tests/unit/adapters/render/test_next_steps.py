from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from tests.golden.cases import CASES, branch_fault, broken_rules, conflict, out_of_scope

from coverage_gate.adapters.render.next_steps import next_steps
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.measurement import FailureCode
from coverage_gate.core.policy import RuleName
from coverage_gate.core.stand import Stand
from coverage_gate.core.verdict import Outcome, Reason, RuleResult, Verdict
from coverage_gate.core.work_order import Asked, WorkOrder


def _broken(rule: RuleName, *tests: str) -> Verdict:
    result = RuleResult(rule=rule, outcome=Outcome.FAIL, detail="")
    return replace(broken_rules(), rules=(result,), failing_tests=tests)


@pytest.mark.parametrize("code", list(Reason))
def test_each_reason_has_a_next_step(code: Reason) -> None:
    assert next_steps(replace(out_of_scope(), code=code))


@pytest.mark.parametrize("code", list(FailureCode))
def test_each_failure_of_a_branch_has_a_command(code: FailureCode) -> None:
    verdict = branch_fault()
    assert verdict.failure is not None
    first, *_ = next_steps(replace(verdict, failure=replace(verdict.failure, code=code)))
    assert first.command


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("fail")])
def test_a_failed_branch_is_checked_again_after_the_repair(name: str) -> None:
    assert next_steps(CASES[name]())[-1].text == "Then commit and run the same check again."


@pytest.mark.parametrize(
    ("stand", "last"),
    [
        (Stand.INDEX, "Then stage it with `git add` and run the same check again."),
        (Stand.FILES, "Then run the same check again."),
    ],
)
def test_what_is_not_committed_yet_need_not_be(stand: Stand, last: str) -> None:
    order = WorkOrder(asked=Asked(branch="f", base="main", stand=stand))
    assert next_steps(replace(broken_rules(), order=order))[-1].text == last


def test_only_what_is_compared_with_a_baseline_raises_it() -> None:
    verdict = CASES["pass"]()
    assert "raises the baseline" in next_steps(verdict)[0].text
    policy = replace(verdict.policy, name=PolicyName.ABSOLUTE)
    assert "raises the baseline" in next_steps(replace(verdict, policy=policy))[0].text
    alone = replace(verdict, policy=policy, baseline=None)
    assert [each.text for each in next_steps(alone)] == ["It may land as it is."]


def test_what_hides_lines_is_taken_out_before_a_report_is_looked_at() -> None:
    verdict = _broken(RuleName.PATCH)
    assert verdict.hidden
    assert [each.text.split()[0] for each in next_steps(verdict)] == ["Take", "See", "Then"]
    assert next_steps(replace(verdict, hidden=()))[0].text.startswith("See")


def test_a_branch_that_git_cannot_join_is_not_told_to_run_tests() -> None:
    first, _ = next_steps(replace(branch_fault(), failure=None))
    assert (first.text, first.command) == ("Mend what is told above; no test has run.", None)


def test_failing_tests_are_run_by_name_safely_quoted() -> None:
    tests = ("t.py::test[$(rm -rf x)]", "t.py::a", "t.py::b", "t.py::c")
    command = next_steps(_broken(RuleName.INTEGRITY, *tests))[1].command
    assert shlex.split(command or "") == ["python", "-m", "pytest", *tests[:3]]


def test_a_test_id_that_cannot_be_shown_is_not_offered_for_copying() -> None:
    assert next_steps(_broken(RuleName.INTEGRITY, "t.py::\x1b[2J"))[1].command == "python -m pytest"


def test_tests_that_vanished_are_asked_back_by_name() -> None:
    first, second, *_ = next_steps(_broken(RuleName.INTEGRITY, "t.py::a"))
    assert first.text.startswith("Bring back")
    assert first.command == "python -m pytest tests/test_cart.py::test_total"
    assert second.command == "python -m pytest t.py::a"
    alone = replace(_broken(RuleName.INTEGRITY), failing_tests=())
    assert len(next_steps(alone)) == 2
    unnamed = replace(alone, vanished=())
    assert next_steps(unnamed)[0].text == "Mend the failing tests."


def test_a_rule_on_coverage_asks_for_the_lines_that_no_test_runs() -> None:
    assert "show-missing" in str(next_steps(_broken(RuleName.FLOOR))[1].command)


def test_a_failed_audit_asks_for_tests_that_check() -> None:
    assert "check something" in next_steps(_broken(RuleName.AUDIT))[0].text


def test_a_survivor_asks_for_a_test_that_asserts() -> None:
    assert "assert what" in next_steps(_broken(RuleName.MUTATION))[0].text


def test_an_unmeasured_file_asks_for_a_test_that_imports_it() -> None:
    assert "import" in next_steps(_broken(RuleName.UNMEASURED))[0].text


def test_a_conflict_names_the_base_to_merge() -> None:
    assert next_steps(conflict())[0].command == f"git merge {conflict().base_commit}"
