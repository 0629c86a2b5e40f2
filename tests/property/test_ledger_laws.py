"""Laws of what is hidden, over any change."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given, settings
from tests.property.change_strategies import evidences, sides_of_a_change

from coverage_gate.core.attribution import attribute
from coverage_gate.core.comparison import compare
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.ledger import Running, hidden_places, judged_head, seen_running
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import NOTHING_WITHHELD, Measurement

Change = tuple[Measurement, Measurement, tuple[FileDiff, ...]]


def running_of(evidence: Evidence) -> tuple[Running, ...]:
    raw = evidence.raw
    return () if raw is None or raw.mismatched else seen_running(raw)


def judged(change: Change) -> Measurement:
    base, head, diffs = change
    raw = compare(base, head, diffs)
    return judged_head(head, hidden_places(raw), seen_running(raw))


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
    measured, counts = evidence.head.counts, evidence.judged
    running = [(files[each.path].withheld, each.units) for each in running_of(evidence)]
    more = sum(units.count for _, units in running)
    ran = sum((units.lines & withheld.ran).bit_count() for withheld, units in running)
    ran += sum(arc in withheld.taken for withheld, units in running for arc in units.arcs)
    assert counts.total == measured.total + lines + closed + more
    assert counts.covered == measured.covered - excused - packed + ran
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
    base, _, diffs = change
    head = judged(change)
    made = attribute(compare(base, head, diffs))
    assert made is not None
    assert made.covered_delta == head.counts.covered - base.counts.covered
    assert made.total_delta == head.counts.total - base.counts.total


@settings(deadline=None, max_examples=60)
@given(sides_of_a_change())
def test_what_is_judged_hides_nothing_more(change: Change) -> None:
    base, _, diffs = change
    again = compare(base, judged(change), diffs)
    assert (hidden_places(again), seen_running(again)) == ((), ())
