"""The three policies over plain numbers: floor, baseline, both. Pure and exact."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from coverage_gate.core.rates import (
    BadNumberError,
    exact_percent,
    exact_points,
    percent_text,
    points_text,
)


class PolicyName(StrEnum):
    """Which limits decide. See contract, "Policies"."""

    ABSOLUTE = "absolute"
    BASELINE = "baseline"
    BOTH = "both"

    @property
    def uses_floor(self) -> bool:
        """Whether the floor decides."""
        return self is not PolicyName.BASELINE

    @property
    def uses_baseline(self) -> bool:
        """Whether the baseline decides."""
        return self is not PolicyName.ABSOLUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCheck:
    """One comparison with a limit.

    Attributes:
        name: "floor" or "baseline".
        ok: Whether the limit holds.
        limit: The share that was required, epsilon already taken off; None without a baseline.
        text: The comparison in words.
    """

    name: str
    ok: bool
    limit: Fraction | None
    text: str


def check_floor(rate: Fraction | None, floor: Fraction, epsilon: Fraction) -> LimitCheck:
    """Compare with the floor: rate ≥ floor - epsilon. 0/0 holds only under a floor of 0."""
    limit = floor - max(epsilon, Fraction(0))
    if rate is None:
        ok = floor == 0
        text = "nothing measurable" + ("" if ok else f", floor {percent_text(floor)}")
    else:
        ok = rate >= limit
        sign = "≥" if ok else "<"
        text = f"{percent_text(rate)} {sign} floor {percent_text(floor)}{_slack(epsilon)}"
    return LimitCheck(name="floor", ok=ok, limit=limit, text=text)


def check_baseline(
    rate: Fraction | None, baseline: Fraction | None, epsilon: Fraction
) -> LimitCheck:
    """Compare with the baseline: rate ≥ baseline - epsilon; no baseline yet is "bootstrap".

    0/0 never holds against a baseline above 0: a branch that leaves nothing to measure hides it.
    """
    if baseline is None:
        return LimitCheck(
            name="baseline",
            ok=True,
            limit=None,
            text="bootstrap: no baseline yet",
        )
    limit = baseline - max(epsilon, Fraction(0))
    if rate is None:
        ok = baseline == 0
        text = f"nothing measurable, baseline {percent_text(baseline)}"
    else:
        ok = rate >= limit
        sign = "≥" if ok else "<"
        text = f"{percent_text(rate)} {sign} baseline {percent_text(baseline)}{_slack(epsilon)}"
    return LimitCheck(name="baseline", ok=ok, limit=limit, text=text)


def _slack(epsilon: Fraction) -> str:
    return f" - {points_text(epsilon)[1:]}" if epsilon > 0 else ""


def decide_percent(
    measured: object, baseline: object, floor: object, policy: object, epsilon: object
) -> tuple[bool, str]:
    """Judge bare numbers. See `coverage_gate.gate.compute_coverage_verdict`.

    Returns:
        Whether the policy holds, and why in words.
    """
    try:
        name = PolicyName(policy)  # type: ignore[arg-type]  # any object may come from a host
    except ValueError:
        known = ", ".join(PolicyName)
        return False, f"bad inputs: unknown policy {policy!r}, use one of: {known}"
    try:
        rate = exact_percent(measured, name="measured")
        stored = None if baseline is None else exact_percent(baseline, name="baseline")
        lowest = exact_percent(floor, name="floor")
        slack = exact_points(epsilon, name="epsilon")
    except BadNumberError as error:
        return False, f"bad inputs: {error}"
    checks = []
    if name.uses_floor:
        checks.append(check_floor(rate, lowest, slack))
    if name.uses_baseline:
        checks.append(check_baseline(rate, stored, slack))
    broken = [check.text for check in checks if not check.ok]
    return not broken, "; ".join(broken or [check.text for check in checks])


def delta_of(measured: object, baseline: object, floor: object) -> float:
    """Measured minus the higher of baseline and floor, in points; 0.0 when there is neither.

    Raises:
        BadNumberError: If a value is no finite number in 0..100.
    """
    limits = [
        exact_percent(value, name=name)
        for value, name in ((baseline, "baseline"), (floor, "floor"))
        if value is not None
    ]
    if not limits:
        return 0.0
    return float((exact_percent(measured, name="measured") - max(limits)) * 100)
