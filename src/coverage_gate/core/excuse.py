"""When a rate below the baseline is not the change's fault."""

from __future__ import annotations

from fractions import Fraction

from coverage_gate.core.attribution import surviving
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.limits import LimitCheck, check_baseline
from coverage_gate.core.rates import percent_text


def excusing_rate(evidence: Evidence) -> Fraction | None:
    """The exact share on main of what the change left in place: who reaches it lowered nothing.

    Deleting uncovered code raises it, so that it never pays for new uncovered code. None where
    the base was not measured, where the three policies are to judge alone, and where main itself
    is below its baseline: that is no deletion of this change, and the contract's limit holds.
    """
    comparison = evidence.compared
    if comparison is None or not evidence.policy.rules or _is_main_below(evidence):
        return None
    left = surviving(comparison)
    return None if left is None else left.rate


def excuse(check: LimitCheck, evidence: Evidence) -> LimitCheck | None:
    """A check of the baseline that holds after all, and says why; None: it does not."""
    least, rate = excusing_rate(evidence), evidence.judged.rate
    if check.ok or least is None or rate is None or rate < least:
        return None
    why = (
        "but only because covered code went away"
        f" ({percent_text(rate)} ≥ {percent_text(least)} of what is left)"
    )
    return LimitCheck(name=check.name, ok=True, limit=least, text=f"{check.text}, {why}")


def _is_main_below(evidence: Evidence) -> bool:
    main = evidence.base.counts.rate if evidence.base else None
    if main is None or evidence.baseline is None:
        return False
    return not check_baseline(main, evidence.baseline.rate, evidence.policy.epsilon).ok
