"""The three policies over bare numbers."""

from fractions import Fraction

import pytest

from coverage_gate.core.limits import check_baseline, check_floor, decide_percent, delta_of


@pytest.mark.parametrize(
    ("measured", "baseline", "floor", "policy", "epsilon", "ok"),
    [
        # absolute: the floor decides, the baseline is ignored
        (80, 99, 80, "absolute", 0, True),
        (79.99, 0, 80, "absolute", 0, False),
        (79.5, 99, 80, "absolute", 0.5, True),
        (79.49, 99, 80, "absolute", 0.5, False),
        # baseline: the floor is ignored
        (80, 80, 99, "baseline", 0, True),
        (79.5, 80, 99, "baseline", 0.5, True),
        (79.49, 80, 0, "baseline", 0.5, False),
        # both must hold
        (80, 80, 80, "both", 0, True),
        (80, 81, 80, "both", 0, False),
        (80, 80, 81, "both", 0, False),
        # floats are read as the decimals they print as: 0.3 is not 0.1 + 0.2
        (0.3, 0.8, 0, "both", 0.5, True),
        # a negative epsilon counts as 0
        (80, 80, 0, "both", -5, True),
        (79.9, 80, 0, "both", -5, False),
        # the ends
        (0, 0, 0, "both", 0, True),
        (100, 100, 100, "both", 0, True),
    ],
)
def test_policy_decides_exactly_on_the_limit(
    *, measured: float, baseline: float, floor: float, policy: str, epsilon: float, ok: bool
) -> None:
    assert decide_percent(measured, baseline, floor, policy, epsilon)[0] is ok


def test_no_baseline_is_bootstrap_under_baseline() -> None:
    ok, reason = decide_percent(1, None, 99, "baseline", 0)
    assert ok
    assert "bootstrap" in reason


@pytest.mark.parametrize(("floor", "ok"), [(50, True), (51, False)])
def test_no_baseline_under_both_is_decided_by_the_floor(floor: float, ok: bool) -> None:
    assert decide_percent(50, None, floor, "both", 0)[0] is ok


@pytest.mark.parametrize(
    ("measured", "baseline", "floor", "epsilon"),
    [
        (float("nan"), 80, 0, 0.5),
        (None, 80, 0, 0.5),
        ("80", 80, 0, 0.5),
        (True, 80, 0, 0.5),
        (80, float("inf"), 0, 0.5),
        (80, 101, 0, 0.5),
        (80, 80, -1, 0.5),
        (80, 80, 0, float("nan")),
    ],
)
def test_bad_inputs_fail_and_say_so(
    measured: object, baseline: object, floor: object, epsilon: object
) -> None:
    ok, reason = decide_percent(measured, baseline, floor, "both", epsilon)
    assert not ok
    assert "bad inputs" in reason


@pytest.mark.parametrize("policy", ["strict", None, 3, []])
def test_an_unknown_policy_fails_and_names_the_three(policy: object) -> None:
    ok, reason = decide_percent(80, 80, 0, policy, 0)
    assert not ok
    assert "absolute, baseline, both" in reason


def test_nothing_measurable_holds_only_against_nothing() -> None:
    zero, some = Fraction(0), Fraction(1, 2)
    assert check_floor(None, zero, zero).ok
    assert not check_floor(None, some, zero).ok
    assert check_baseline(None, zero, zero).ok
    assert not check_baseline(None, some, zero).ok


@pytest.mark.parametrize(
    ("measured", "baseline", "floor", "delta"),
    [
        (85.5, 80, 70, 5.5),
        (79, 80, 70, -1.0),
        (85, None, 80, 5.0),
        (85, 80, None, 5.0),
        (85, None, None, 0.0),
        (0.3, 0.1, None, 0.2),
    ],
)
def test_delta_is_against_the_higher_limit(
    measured: float, baseline: float | None, floor: float | None, delta: float
) -> None:
    assert delta_of(measured, baseline, floor) == delta
