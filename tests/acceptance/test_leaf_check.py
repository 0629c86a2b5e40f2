"""`check_coverage_gate` as a host calls it, on a real repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.shop import NAME, Shop

import coverage_gate
from coverage_gate import gate
from coverage_gate.adapters.render.report import read_report

#: Rules that need no lines: what the three policies say alone.
ALONE = ("ORCH_COVERAGE_RULES", "")
BOTH_MODES = pytest.mark.parametrize(
    ("closed", "status", "word"),
    [("false", "PASS", "fail-open"), ("true", "FAIL", "fail-closed")],
    ids=["fail-open", "fail-closed"],
)
FUNCTIONS = (
    "check_coverage_gate",
    "coverage_gate_applies",
    "ensure_worktree",
    "measure_coverage",
    "compute_coverage_verdict",
    "compute_delta",
    "parse_coverage_percent",
    "report_path",
    "render_coverage_report",
    "parse_coverage_status",
    "read_measured_coverage",
    "ratchet_baseline_on_merge",
    "snapshot",
)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_importable_from_the_package_and_from_its_module(name: str) -> None:
    assert getattr(coverage_gate, name) is getattr(gate, name)


def test_a_tested_change_passes_with_both_numbers_in_the_reason(founded: Shop) -> None:
    ok, reason = founded.check("feature/tested")
    assert ok
    assert "77.77% (14/18)" in reason
    assert "77.77% ≥ baseline 66.66%" in reason


def test_an_untested_change_fails_with_both_numbers_in_the_reason(founded: Shop) -> None:
    ok, reason = founded.check("feature/untested")
    assert not ok
    assert "44.44% < baseline 66.66% - 0.5" in reason


def test_the_same_question_has_the_same_answer(founded: Shop) -> None:
    assert founded.check("feature/untested") == founded.check("feature/untested")


def test_the_report_says_what_the_gate_answered(founded: Shop) -> None:
    for branch in ("feature/tested", "feature/untested"):
        ok, _ = founded.check(branch)
        status = "PASS" if ok else "FAIL"
        assert gate.parse_coverage_status(founded.report())[0] is ok
        assert f"coverage_status: {status}" in founded.report()


def test_the_report_pins_what_was_judged(founded: Shop) -> None:
    founded.check("feature/tested")
    fields = read_report(founded.report())
    assert (fields.commit, fields.base_commit) == (
        founded.sha("feature/tested"),
        founded.sha("main"),
    )
    assert fields.tree == founded.git.git("rev-parse", "feature/tested^{tree}")
    assert (fields.covered, fields.total, fields.measured) == (14, 18, 77.7777)


def test_a_first_merge_is_a_bootstrap(shop: Shop) -> None:
    ok, reason = shop.check("docs")
    assert ok
    assert "bootstrap" in reason


def test_a_change_of_documents_is_measured_and_has_nothing_to_measure_of_its_own(
    shop: Shop,
) -> None:
    ok, reason = shop.check("docs")
    assert ok
    assert "66.66% (8/12)" in reason
    assert "nothing to measure" in reason


def test_a_changed_file_that_cannot_be_measured_fails(shop: Shop) -> None:
    ok, reason = shop.check("no-python")
    assert not ok
    assert "src/shop/legacy.py" in reason


def test_without_further_rules_the_three_policies_decide_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(*ALONE)
    ok, reason = shop.check("no-python")
    assert ok
    rules = [line for line in shop.report().splitlines() if line.startswith(("| ✓", "| ✗"))]
    assert [rule.split("|")[2].strip() for rule in rules] == ["floor", "baseline"]
    assert "unmeasured" not in reason


@pytest.mark.parametrize(
    ("policy", "floor", "passes"),
    [
        ("absolute", "40", True),
        ("absolute", "50", False),
        ("baseline", "99", False),
        ("baseline", "0", False),
        ("both", "40", False),
    ],
)
def test_the_policy_says_which_limits_count(
    founded: Shop, monkeypatch: pytest.MonkeyPatch, policy: str, floor: str, passes: bool
) -> None:
    monkeypatch.setenv(*ALONE)
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", policy)
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", floor)
    assert founded.check("feature/untested")[0] is passes


@pytest.mark.parametrize(
    ("policy", "floor", "passes"),
    [("baseline", "99", True), ("both", "99", False), ("both", "40", True)],
)
def test_on_bootstrap_the_floor_decides_unless_it_does_not_count(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, policy: str, floor: str, passes: bool
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", policy)
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", floor)
    assert shop.check("docs")[0] is passes


def test_settings_take_effect_without_a_restart(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.check("docs")[0]
    monkeypatch.setenv("ORCH_COVERAGE_MIN_PERCENT", "99")
    assert (before, shop.check("docs")[0]) == (True, False)


# Switch and scope


def nothing_was_done(shop: Shop) -> bool:
    """Whether there is neither worktree nor report, and the store was not even opened."""
    traces = (shop.worktrees, shop.reports, shop.top / "new.db")
    return not any(place.exists() for place in traces)


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("ORCH_COVERAGE_GATE_ENABLED", "false", "disabled"),
        ("ORCH_COVERAGE_GATE_REPOS", "other, another", "N/A"),
        ("ORCH_SELF_REPO", "orchestrator", "N/A"),
    ],
)
def test_off_or_out_of_scope_nothing_is_measured(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, word: str
) -> None:
    monkeypatch.setenv("ORCH_DB_PATH", str(shop.top / "new.db"))
    monkeypatch.setenv(variable, value)
    ok, reason = shop.check("feature/untested")
    assert ok
    assert word in reason
    assert nothing_was_done(shop)


def test_a_gate_that_is_off_is_off_whatever_else_is_invalid(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "false")
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", "nonsense")
    ok, reason = shop.check("docs")
    assert ok
    assert "disabled" in reason


@pytest.mark.parametrize(
    ("repos", "applies"),
    [("", True), (" shop ,other", True), ("other", False), ("Shop", False), ("shop2", False)],
)
@pytest.mark.usefixtures("shop")
def test_the_list_of_repositories_is_trimmed_and_exact(
    monkeypatch: pytest.MonkeyPatch, repos: str, applies: bool
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_REPOS", repos)
    assert coverage_gate.coverage_gate_applies(NAME) is applies


@pytest.mark.usefixtures("shop")
def test_a_list_of_others_leaves_the_orchestrator_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_SELF_REPO", "self")
    monkeypatch.setenv("ORCH_COVERAGE_GATE_REPOS", NAME)
    assert (gate.coverage_gate_applies(NAME), gate.coverage_gate_applies("self")) == (True, False)


@pytest.mark.usefixtures("shop")
def test_the_switch_holds_for_a_repository_in_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "off")
    assert gate.coverage_gate_applies(NAME) is False


# Whose fault it is


@BOTH_MODES
def test_a_branch_that_makes_itself_unmeasurable_fails_in_both_modes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, status: str, word: str
) -> None:
    del status, word
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    ok, reason = shop.check("cannot-start")
    assert not ok
    assert "the base measures" in reason
    assert read_report(shop.report()).reason == "branch-unmeasurable"


@BOTH_MODES
def test_a_base_that_cannot_be_measured_either_is_the_tools_fault(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, closed: str, status: str, word: str
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    monkeypatch.setenv("ORCH_COVERAGE_BASE", "cannot-start")
    shop.new_branch("next", {"README.md": "more"}, start="cannot-start")
    ok, reason = shop.check("next")
    assert (ok, word in reason, word in shop.report()) == (status == "PASS", True, True)
    assert shop.report().startswith(f"---\ncoverage_status: {status}\n")
    assert "\nmeasured_coverage:\n" in shop.report()


def test_a_merge_that_was_let_through_unmeasured_is_warned_of(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", str(tmp_path / "no-python"))
    ok, reason = shop.check("docs")
    assert ok
    assert "WARNING" in reason


def test_an_error_never_ratchets(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", str(tmp_path / "no-python"))
    assert shop.check("docs")[0]
    assert shop.merge("docs") is False
    assert shop.store.baselines() == ()


def test_a_conflict_with_the_base_does_not_merge(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_BASE", "same-line-2")
    ok, reason = shop.check("same-line-1")
    assert not ok
    assert "does not merge" in reason
    assert "src/shop/price.py" in reason


def test_a_branch_behind_its_base_is_judged_as_merged_with_it(shop: Shop) -> None:
    shop.git.git("update-ref", "refs/heads/main", shop.sha("feature/tested"))
    ok, reason = shop.check("docs")
    assert ok
    assert "77.77% (14/18)" in reason


def test_the_configuration_of_the_base_rules_and_not_the_branchs_own(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_BASE", "strict")
    lenient = {"pyproject.toml": "[tool.coverage-gate]\nmin_percent = 0\n"}
    shop.new_branch("lenient", lenient, start="strict")
    ok, reason = shop.check("lenient")
    assert not ok
    assert "floor 99.5%" in reason


def test_a_gate_that_broke_answers_and_reports_as_a_tool_that_broke(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Nothing can be exported without a folder for temporary files.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    ok, reason = shop.check("docs")
    assert ok
    assert "error (fail-open)" in reason
    fields = read_report(shop.report())
    assert (fields.status, fields.reason, fields.measured) == ("PASS", "gate-error", None)


def test_where_nobody_ran_the_tests_before_the_gates_run_is_the_re_test(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok, reason = coverage_gate.check_coverage_gate(NAME, "ET-1", "failing", retested=False)
    assert not ok
    assert "tests fail that passed on the base: tests/test_price.py::test_discount" in reason
    honest = coverage_gate.check_coverage_gate(NAME, "ET-1", "feature/tested", retested=False)
    assert honest[0], honest
    monkeypatch.setenv("ORCH_COVERAGE_RETESTED", "false")
    assert founded.check("failing") == (ok, reason)
    assert coverage_gate.check_coverage_gate(NAME, "ET-1", "failing", retested=True)[0]
