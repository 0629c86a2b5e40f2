"""The leaf's functions over plain values, and what the others answer at their edges."""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.shop import NAME, Shop

import coverage_gate
from coverage_gate import gate

ALL = pytest.mark.parametrize("policy", ["absolute", "baseline", "both"])


# The three policies. measured, baseline, floor, policy, epsilon → ok
@pytest.mark.parametrize(
    ("measured", "baseline", "floor", "policy", "ok"),
    [
        (80, 90, 80, "absolute", True),
        (79.9, 10, 80, "absolute", False),
        (80, 80, 99, "baseline", True),
        (79.9, 80, 10, "baseline", False),
        (80, 80, 80, "both", True),
        (79.9, 80, 10, "both", False),
        (79.9, 10, 80, "both", False),
        (79.9, 10, 10, "both", True),
    ],
)
def test_a_policy_counts_its_own_limits_and_ignores_the_others(
    measured: float, baseline: float, floor: float, policy: str, ok: bool
) -> None:
    assert gate.compute_coverage_verdict(measured, baseline, floor, policy, 0)[0] is ok


@ALL
@pytest.mark.parametrize(
    ("measured", "limit", "epsilon", "ok"),
    [
        # As binary floats 80.1 - 0.1 is below 80, and 0.3 above 0.1 + 0.2.
        (80.0, 80.1, 0.1, True),
        (0.3, 0.1 + 0.2, 0, False),
        (66.6, 66.7, 0.1, True),
        (66.59999, 66.7, 0.1, False),
        (Decimal("66.6"), Fraction(667, 10), 0.1, True),
        (99.99999999999999, 100, 0, False),
    ],
)
def test_exactly_on_the_limit_passes_as_the_decimals_print(
    policy: str, measured: float, limit: float, epsilon: float, ok: bool
) -> None:
    assert gate.compute_coverage_verdict(measured, limit, limit, policy, epsilon)[0] is ok


@ALL
def test_a_negative_epsilon_counts_as_none(policy: str) -> None:
    assert gate.compute_coverage_verdict(80, 80, 80, policy, -5)[0]
    assert not gate.compute_coverage_verdict(79.99, 80, 80, policy, -5)[0]


def test_without_a_baseline_the_policy_baseline_passes_as_bootstrap() -> None:
    ok, reason = gate.compute_coverage_verdict(1, None, 99, "baseline", 0)
    assert ok
    assert "bootstrap" in reason


@pytest.mark.parametrize(("measured", "ok"), [(80, True), (79, False)])
def test_without_a_baseline_the_floor_alone_decides_both(measured: int, ok: bool) -> None:
    assert gate.compute_coverage_verdict(measured, None, 80, "both", 0)[0] is ok


@pytest.mark.parametrize("bad", [None, "80", float("nan"), float("inf"), -0.1, 100.1, True, []])
def test_what_is_no_percent_fails_with_bad_inputs(bad: object) -> None:
    ok, reason = gate.compute_coverage_verdict(bad, 80, 80, "both", 0)
    assert (ok, reason.startswith("bad inputs: measured")) == (False, True)


@pytest.mark.parametrize(
    ("baseline", "floor", "epsilon", "named"),
    [("80", 80, 0, "baseline"), (80, None, 0, "floor"), (80, 80, "0.5", "epsilon")],
)
def test_a_bad_limit_is_named(baseline: object, floor: object, epsilon: object, named: str) -> None:
    ok, reason = gate.compute_coverage_verdict(80, baseline, floor, "both", epsilon)
    assert (ok, reason.startswith(f"bad inputs: {named}")) == (False, True)


@pytest.mark.parametrize("policy", ["strict", "", None, 7, ["both"], "BOTH"])
def test_an_unknown_policy_fails_and_names_the_three(policy: object) -> None:
    ok, reason = gate.compute_coverage_verdict(80, 80, 80, policy, 0)
    assert not ok
    assert "absolute, baseline, both" in reason


@pytest.mark.parametrize(
    ("measured", "baseline", "floor", "delta"),
    [
        (80, 75, 70, 5.0),
        (80, 70, 75, 5.0),
        (70, 75, 0, -5.0),
        (80.1, 80, 0, 0.1),
        (80, None, 75, 5.0),
        (80, 75, None, 5.0),
        (80, None, None, 0.0),
    ],
)
def test_the_delta_is_signed_and_against_the_higher_limit(
    measured: float, baseline: float | None, floor: float | None, delta: float
) -> None:
    assert gate.compute_delta(measured, baseline, floor) == delta


def test_a_delta_of_what_is_no_number_is_none() -> None:
    assert gate.compute_delta("80", 70, 70) == 0.0


@pytest.mark.parametrize(
    ("report", "percent"),
    [
        ({"totals": {"percent_covered": 81.25}}, 81.25),
        ({"totals": {"percent_covered": 100}}, 100.0),
        ({"totals": {"percent_covered": "81"}}, None),
        ({"totals": {"percent_covered": True}}, None),
        ({"totals": {"percent_covered": 101}}, None),
        ({"totals": {"percent_covered": float("nan")}}, None),
        ({"totals": [81]}, None),
        ({}, None),
        ([], None),
        (None, None),
        ("81", None),
    ],
)
def test_the_percent_is_read_out_of_a_json_report_and_out_of_nothing_else(
    report: object, percent: float | None
) -> None:
    assert gate.parse_coverage_percent(report) == percent


# The report


def test_a_report_without_any_field_can_be_read() -> None:
    text = gate.render_coverage_report("ET-1", {})
    assert "\nwork_item: ET-1\n" in text
    assert gate.parse_coverage_status(text)[0] is False
    assert gate.read_measured_coverage(text) is None


def test_a_report_reads_back_as_what_was_written() -> None:
    fields = {"coverage_status": "PASS", "measured_coverage": 81.25}
    text = gate.render_coverage_report("ET-1", fields)
    assert gate.parse_coverage_status(text) == (True, "PASS: coverage_status is PASS")
    assert gate.read_measured_coverage(text) == 81.25


def test_the_front_matter_has_the_keys_that_hosts_read() -> None:
    text = gate.render_coverage_report("ET-1", {"coverage_status": "PASS", "baseline": 80})
    front = text.split("---\n")[1]
    assert [line.partition(":")[0] for line in front.splitlines()] == [
        "coverage_status",
        "work_item",
        "measured_coverage",
        "baseline",
        "floor",
        "policy",
        "epsilon",
        "delta",
    ]


def test_prose_goes_to_the_body() -> None:
    prose = {"reason": "why so", "measurement": "how so", "policy_detail": "by what"}
    _, front, body = gate.render_coverage_report("ET-1", prose).split("---\n", 2)
    assert all(text in body and text not in front for text in prose.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "coverage_status: PASS",
        "---\ncoverage_status: PASS\n",
        "---\ncoverage_status: PASS\ncoverage_status: FAIL\n---\n",
        "---\ncoverage_status: FAIL\ncoverage_status: PASS\n---\n",
        "---\ncoverage_status: PASS\ncoverage_status: PASS\n---\n",
        "---\ncoverage_status: maybe\n---\n",
        "---\nother: PASS\n---\n",
        "# PASS\n\n---\ncoverage_status: PASS\n---\n",
    ],
)
def test_a_text_without_one_clear_status_is_a_fail_that_names_it(text: str) -> None:
    ok, told = gate.parse_coverage_status(text)
    assert not ok
    assert "FAIL" in told
    assert "coverage_status" in told


def test_only_the_front_matter_is_read_back() -> None:
    text = "---\ncoverage_status: {}\n---\n\n{}measured_coverage: 99\n"
    assert gate.parse_coverage_status(text.format("FAIL", "coverage_status: PASS\n"))[0] is False
    assert gate.read_measured_coverage(text.format("PASS", "")) is None


def test_a_status_alone_is_enough_of_an_older_writer() -> None:
    assert gate.parse_coverage_status("---\ncoverage_status: PASS\n---\n")[0] is True


# What the settings and the repository decide


@pytest.mark.usefixtures("shop")
def test_the_switch_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (gate.coverage_gate_applies(NAME), gate.coverage_gate_applies("other")) == (True, False)
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "false")
    assert gate.check_coverage_gate(NAME, "ET-1", "docs")[0] is True
    assert gate.coverage_gate_applies(NAME) is False


def test_an_invalid_setting_does_not_open(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", "nonsense")
    ok, reason = shop.check("docs")
    assert not ok
    assert reason.startswith("settings: ORCH_COVERAGE_POLICY")


def test_a_branch_is_measured_in_its_worktree(shop: Shop) -> None:
    assert gate.measure_coverage(NAME, "docs") == 66.6666
    assert gate.ensure_worktree(NAME, "docs") == shop.worktrees / NAME / "docs"
    assert gate.measure_coverage(NAME, "no-such-branch") is None


def test_a_replaced_measurement_is_looked_up_when_it_is_called(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "measure_coverage", lambda *_: 12.5)
    assert "12.5% ≥ floor" in shop.check("docs")[1]


def test_the_ratchet_follows_the_switch_and_the_snapshot_shows_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.check("docs")
    with monkeypatch.context() as patch:
        patch.setenv("ORCH_COVERAGE_GATE_ENABLED", "false")
        assert shop.merge("docs") is False
    assert shop.merge("docs") is True
    assert gate.snapshot()["baselines"][NAME]["coverage"] == 66.6666


# The package


def test_the_package_knows_no_other_names() -> None:
    name = "no_such_name"
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        getattr(coverage_gate, name)


def test_at_the_limit_of_recursion_the_last_answer_is_closed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deeper(*_: str) -> Path:
        return deeper()

    monkeypatch.setattr(gate, "ensure_worktree", deeper)
    limit = sys.getrecursionlimit()
    ok, reason = gate.check_coverage_gate(NAME, "ET-1", "docs")
    assert sys.getrecursionlimit() == limit
    assert reason.startswith(("error (fail-open)", "error (fail-closed)"))
    assert ok is ("fail-open" in reason)
    assert not shop.reports.exists()
