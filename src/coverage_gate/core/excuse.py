"""When a rate below the baseline is not the change's fault."""

from __future__ import annotations

from fractions import Fraction

from coverage_gate.core.attribution import surviving
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.limits import LimitCheck, check_baseline
from coverage_gate.core.rates import percent_text


def excusing_rate(evidence: Evidence) -> Fraction | None:
    """The exact share from which a rate below the baseline is excused; None: nothing excuses it.

    On main that is not below its baseline: the share there of what the change left in place. Who
    reaches it lowered nothing. Deleting uncovered code raises it, so that it never pays for new
    uncovered code. On main that is below: see `_share_since`. None where the base was not
    measured, and where the three policies are to judge alone.
    """
    comparison = evidence.compared
    if comparison is None or not evidence.policy.rules:
        return None
    if is_main_below(evidence):
        return _share_since(evidence)
    left = surviving(comparison)
    return None if left is None else left.rate


def excuse(check: LimitCheck, evidence: Evidence) -> LimitCheck | None:
    """A check of the baseline that holds after all, and says why; None: it does not."""
    least, rate = excusing_rate(evidence), evidence.steady.rate
    if check.ok or least is None or rate is None or rate < least:
        return None
    since = " since the baseline was set" if is_main_below(evidence) else ""
    why = (
        f"but only because covered code went away{since}"
        f" ({percent_text(rate)} ≥ {percent_text(least)} of what is left)"
    )
    return LimitCheck(name=check.name, ok=True, limit=least, text=f"{check.text}, {why}")


def is_main_below(evidence: Evidence) -> bool:
    """Whether main itself is below its baseline, so that the change alone explains nothing."""
    main = evidence.base.counts.rate if evidence.base else None
    if main is None or evidence.baseline is None:
        return False
    return not check_baseline(main, evidence.baseline.rate, evidence.policy.epsilon).ok


def _share_since(evidence: Evidence) -> Fraction | None:
    """What the baseline asks for now that code of its tree went away.

    What is left of that tree must be as covered as it was, and what came since must be as good as
    the baseline, or as what is left where that is better: else a baseline could be worn down by
    replacing code bit by bit. Exact, but for the tolerance that each baseline has.
    """
    since, stored, founding = evidence.since, evidence.baseline, evidence.founding
    left = None if since is None or since.mismatched else surviving(since)
    total = evidence.steady.total
    if left is None or stored is None or founding is None or not total:
        return None
    rate = founding.measured.counts.rate
    if rate is None or rate < stored.rate:
        return None  # it is not the measurement that the baseline has its value from
    asked = max(stored.rate, left.rate or Fraction(0))
    came = max(total - left.total, 0)
    least = (left.covered + asked * came) / total
    return max(least - evidence.policy.epsilon, Fraction(0))
