"""Laws of what is hidden, over any change."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given, settings
from tests.property.change_strategies import evidences, sides_of_a_change

from coverage_gate.core.attribution import attribute
from coverage_gate.core.comparison import compare
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.ledger import hidden_places, judged_head
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import NOTHING_WITHHELD, Measurement

Change = tuple[Measurement, Measurement, tuple[FileDiff, ...]]


@settings(deadline=None, max_examples=120)
@given(evidences())
def test_the_judged_counts_are_those_measured_and_what_is_hidden(evidence: Evidence) -> None:
    event(f"{len(evidence.hidden)} places")
    files = {file.path: file for file in evidence.head.files}
    arcs = [(files[each.path], arc) for each in evidence.hidden for arc in each.units.arcs]
    pairs = [(files[each.path], each.units.lines) for each in evidence.hidden]
    lines = sum((lines & ~file.statements).bit_count() for file, lines in pairs)
    packed = sum((lines & file.executed).bit_count() for file, lines in pairs)
    closed = sum(arc not in file.branches for file, arc in arcs)
    excused = sum(arc in file.taken for file, arc in arcs)
    measured, judged = evidence.head.counts, evidence.judged
    assert judged.total == measured.total + lines + closed
    assert judged.covered == measured.covered - excused - packed
    assert len(arcs) == closed + excused


@settings(deadline=None, max_examples=60)
@given(evidences())
def test_nothing_is_hidden_twice_or_both_ways(evidence: Evidence) -> None:
    units = [
        (each.path, unit)
        for each in evidence.hidden
        for unit in (*each.units.arcs, *bin(each.units.lines)[:1:-1].replace("0", " ").split())
    ]
    files = {file.path: file for file in evidence.head.files}
    for each in evidence.hidden:
        assert each.units.count
        file = files[each.path]
        assert not each.units.lines & file.statements & ~file.withheld.packed
        assert not each.units.lines & files[each.path].withheld.harmless
    arcs = [unit for unit in units if isinstance(unit[1], tuple)]
    assert len(set(arcs)) == len(arcs)


@settings(deadline=None, max_examples=60)
@given(sides_of_a_change())
def test_without_a_change_nothing_is_hidden(change: Change) -> None:
    assert hidden_places(compare(change[1], change[1], ())) == ()


@settings(deadline=None, max_examples=60)
@given(evidences())
def test_a_head_that_hides_nothing_is_judged_as_it_was_measured(evidence: Evidence) -> None:
    files = tuple(replace(file, withheld=NOTHING_WITHHELD) for file in evidence.head.files)
    plain = replace(evidence, head=replace(evidence.head, files=files))
    assert plain.hidden == ()
    assert plain.judged_head is plain.head
    assert plain.judged == plain.head.counts


@settings(deadline=None, max_examples=120)
@given(sides_of_a_change())
def test_the_causes_of_a_delta_sum_exactly_in_what_is_judged(change: Change) -> None:
    base, head, diffs = change
    judged = judged_head(head, hidden_places(compare(base, head, diffs)))
    made = attribute(compare(base, judged, diffs))
    assert made is not None
    assert made.covered_delta == judged.counts.covered - base.counts.covered
    assert made.total_delta == judged.counts.total - base.counts.total


@settings(deadline=None, max_examples=60)
@given(sides_of_a_change())
def test_what_is_judged_hides_nothing_more(change: Change) -> None:
    base, head, diffs = change
    judged = judged_head(head, hidden_places(compare(base, head, diffs)))
    assert hidden_places(compare(base, judged, diffs)) == ()
