"""The verdict on each labelled change is the one that its label says."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from tests.integration.labelled.change import Change
from tests.integration.labelled.changes import CHANGES
from tests.integration.labelled.lab import Lab, at_most, reordered

from coverage_gate.core.decide import decide
from coverage_gate.core.places import located
from coverage_gate.core.verdict import State
from coverage_gate.testing.repairing import repaired

each_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)


@each_change
def test_a_change_is_judged_as_its_label_says(lab: Lab, change: Change) -> None:
    verdict = lab.judge(change)
    told = {rule: at_most(verdict, rule) for rule in ("patch", "lost", "baseline")}
    assert told == {"patch": change.patch, "lost": change.lost, "baseline": change.baseline}
    assert at_most(verdict, "targets") == change.target
    assert (verdict.state is State.PASS) == change.passes, verdict.reason


@each_change
def test_what_a_change_adds_and_loses_is_counted_and_named(lab: Lab, change: Change) -> None:
    verdict = lab.judge(change)
    counted = verdict.patch and str(verdict.patch.statements)
    assert change.counted in (None, counted)
    assert tuple(f"{lost.path}:{lost.line}" for lost in verdict.lost or ()) == change.lines


@each_change
def test_what_a_change_hides_is_listed_and_nothing_else(lab: Lab, change: Change) -> None:
    hidden = lab.judge(change).hidden or ()
    assert {located(each.path, each.lines): each.why for each in hidden} == dict(change.hidden)


@each_change
def test_the_causes_of_a_change_are_those_of_its_label(lab: Lab, change: Change) -> None:
    attribution = lab.judge(change).attribution
    assert attribution is not None
    buckets = asdict(attribution)
    assert {name: buckets[name] for name in change.buckets} == dict(change.buckets)


@each_change
def test_the_causes_of_a_change_sum_exactly(lab: Lab, change: Change) -> None:
    evidence = lab.evidence(change)
    attribution = decide(evidence).attribution
    assert evidence.base is not None
    assert attribution is not None
    before, after = evidence.base.counts, evidence.head.counts
    assert attribution.covered_delta == after.covered - before.covered
    assert attribution.total_delta == after.total - before.total


@each_change
def test_what_a_verdict_says_is_said(lab: Lab, change: Change) -> None:
    verdict = lab.judge(change)
    assert change.says in "; ".join([verdict.reason, *verdict.warnings])


@each_change
def test_a_verdict_does_not_depend_on_the_order_of_files(lab: Lab, change: Change) -> None:
    evidence = lab.evidence(change)
    first, second = decide(evidence), decide(reordered(evidence))
    assert first.rules == second.rules
    assert (first.attribution, first.lost) == (second.attribution, second.lost)


@each_change
def test_the_repair_turns_a_verdict_and_one_unit_less_does_not(lab: Lab, change: Change) -> None:
    evidence = lab.evidence(change)
    repair = decide(evidence).repair
    assert repair is not None
    assert (repair.need == 0) == change.passes
    assert decide(repaired(evidence, repair.units)).state is State.PASS
    less = [repair.units[:place] + repair.units[place + 1 :] for place in range(len(repair.units))]
    assert not [units for units in less if decide(repaired(evidence, units)).state is State.PASS]
