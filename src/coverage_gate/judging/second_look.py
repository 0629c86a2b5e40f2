"""What is looked at once more where the first look fails by what may have an excuse."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence, Founding
from coverage_gate.core.excuse import is_main_below
from coverage_gate.core.flaky import carried, flapping
from coverage_gate.core.history import branch_of
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import RuleName
from coverage_gate.core.verdict import Outcome, Verdict
from coverage_gate.judging.case import Case
from coverage_gate.ports import StoreError, TreeSource

#: What fails where lines that ran on main just did not run this time.
_BY_CHANCE = frozenset({RuleName.LOST, RuleName.BASELINE})


def decided(case: Case, evidence: Evidence) -> tuple[Verdict, Evidence]:
    """Decide; where it fails by what may have an excuse, look for it and decide again.

    Returns:
        The verdict and the evidence that it was made from.
    """
    verdict = decide(evidence)
    if RuleName.BASELINE in _broken(verdict):
        founding = _founding(case, evidence)
        if founding is not None:
            evidence = replace(evidence, founding=founding)
            verdict = decide(evidence)
    if not _may_be_chance(verdict) or evidence.compared is None:
        return verdict, evidence
    again = _second_run(case, evidence)
    if again is None:
        return verdict, evidence
    evidence = replace(evidence, again=again)
    verdict = decide(evidence)
    flaky = _seen_on_base(case, evidence) if _may_be_chance(verdict) else frozenset()
    if not flaky:
        return verdict, evidence
    evidence = replace(evidence, flaky=evidence.flaky | flaky)
    return decide(evidence), evidence


def _broken(verdict: Verdict) -> set[RuleName]:
    return {result.rule for result in verdict.rules if result.outcome is Outcome.FAIL}


def _may_be_chance(verdict: Verdict) -> bool:
    broken = _broken(verdict)
    return RuleName.LOST in broken and broken <= _BY_CHANCE


def _founding(case: Case, evidence: Evidence) -> Founding | None:
    """The measurement that the baseline has its value from, where main itself is below it."""
    stored = evidence.baseline
    if stored is None or stored.tree is None or not is_main_below(evidence):
        return None
    diff = case.diff_since(stored.tree, evidence)
    if diff is None:
        return None
    source = TreeSource(
        tree=stored.tree,
        config_tree=case.landing.base.tree,
        commit=stored.sha,
        label=f"the baseline of {case.request.repository}",
        branch=branch_of(case.request.base),
    )
    measured = case.ports.measurer.measure(source)
    return Founding(measured=measured, diff=diff) if isinstance(measured, Measurement) else None


def _seen_on_base(case: Case, evidence: Evidence) -> frozenset[Unit]:
    """What ran on the base by chance, and runs in neither run of the head: as places of the head.

    The base alone proves it, by another run of the very tree that was measured. It is kept, so that
    the next branch needs no such run.
    """
    base, diff = evidence.base, evidence.diff
    case.ports.progress.step(f"lines are lost twice: measuring {case.request.base} once more")
    source = replace(case.base_source, collects=True)
    again = case.ports.measurer.measure(source, fresh=True)
    if base is None or diff is None or isinstance(again, MeasureFailure):
        return frozenset()
    lines = flapping(base, again)
    # Where it cannot be kept the next branch pays for it again; this verdict is none the worse.
    with suppress(StoreError):
        case.ports.store.note_flaky(case.request.repository, lines, case.ports.clock.now_iso())
    return carried(lines, diff, evidence.head)


def _second_run(case: Case, evidence: Evidence) -> Measurement | None:
    case.ports.progress.step(f"lines are lost: measuring {case.request.branch} once more")
    # What an object runs when it goes depends on when the collector comes: any change moves that.
    source = replace(case.head_source, collects=True)
    again = case.ports.measurer.measure(source, fresh=True)
    # A run that changed the source as it went is no second run of the same tree.
    if isinstance(again, MeasureFailure) or set(again.rewritten) - set(evidence.head.rewritten):
        return None
    return again
