"""Laws of the line judgement over any change."""

from __future__ import annotations

from collections import Counter

from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.property.change_strategies import evidences, sides_of_a_change

from coverage_gate.core.attribution import attribute, surviving
from coverage_gate.core.comparison import compare
from coverage_gate.core.decide import decide
from coverage_gate.core.deltas import Bucket
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.idle import idle_units
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.moves import code_of, moved_runs
from coverage_gate.core.places import Unit
from coverage_gate.core.verdict import State
from coverage_gate.testing.repairing import repaired

BESIDE = (Bucket.MOVED, Bucket.ARRIVED, Bucket.HIDDEN, Bucket.RUNNING)

Change = tuple[Measurement, Measurement, tuple[FileDiff, ...]]


@settings(deadline=None, max_examples=120)
@given(sides_of_a_change())
def test_the_causes_of_a_delta_sum_exactly(change: Change) -> None:
    base, head, diffs = change
    made = attribute(compare(base, head, diffs))
    assert made is not None
    assert made.covered_delta == head.counts.covered - base.counts.covered
    assert made.total_delta == head.counts.total - base.counts.total


@settings(deadline=None, max_examples=60)
@given(sides_of_a_change())
def test_no_unit_is_in_two_buckets_that_are_counted(change: Change) -> None:
    comparison = compare(*change)
    for delta in (*comparison.heads, *comparison.bases):
        counted = [each for each in delta.units if each not in BESIDE]
        lines = sum(delta.of(bucket).lines.bit_count() for bucket in counted)
        union = 0
        for bucket in counted:
            union |= delta.of(bucket).lines
        arcs = Counter(arc for bucket in counted for arc in delta.of(bucket).arcs)
        assert (union.bit_count(), max(arcs.values(), default=1)) == (lines, 1)
        assert union & ~delta.file.statements == 0


@settings(deadline=None, max_examples=60)
@given(sides_of_a_change())
def test_nothing_is_lost_or_new_without_a_change(change: Change) -> None:
    _, head, _ = change
    comparison = compare(head, head, ())
    assert (comparison.heads, comparison.bases) == ((), ())


@settings(deadline=None, max_examples=60)
@given(sides_of_a_change())
def test_a_moved_line_says_the_same_and_comes_from_one_place(change: Change) -> None:
    removed = {
        (diff.old_path, hunk.old_start + place): line
        for diff in change[2]
        for hunk in diff.hunks
        for place, line in enumerate(hunk.removed)
    }
    added = {
        (diff.path, hunk.new_start + place): line
        for diff in change[2]
        for hunk in diff.hunks
        for place, line in enumerate(hunk.added)
    }
    pairs = [
        ((path, run.start + step), (run.path, run.other + step))
        for path, runs in moved_runs(change[2]).items()
        for run in runs
        for step in range(run.length)
    ]
    assert all(code_of(added[new]) == code_of(removed[old]) for new, old in pairs)
    assert len({new for new, _ in pairs}) == len({old for _, old in pairs}) == len(pairs)


@settings(deadline=None, max_examples=60)
@given(sides_of_a_change())
def test_what_survives_is_never_more_than_there_was(change: Change) -> None:
    left = surviving(compare(*change))
    assert left is not None
    assert left.total <= change[0].counts.total
    assert left.covered <= change[0].counts.covered


@settings(deadline=None, max_examples=120)
@given(evidences())
def test_a_repair_turns_the_verdict(evidence: Evidence) -> None:
    verdict = decide(evidence)
    repair = verdict.repair
    assert repair is not None
    event(f"{verdict.state}, {len(repair.units) if repair.need else repair.reason}")
    assert (repair.need == 0) == (verdict.state is State.PASS)
    if repair.need is not None:
        assert decide(repaired(evidence, repair.units)).state is State.PASS


@settings(deadline=None, max_examples=120)
@given(evidences(), st.data())
def test_one_unit_less_than_the_repair_turns_nothing(
    evidence: Evidence, data: st.DataObject
) -> None:
    repair = decide(evidence).repair
    assert repair is not None
    if repair.units:
        units = list(repair.units)
        units.pop(data.draw(st.integers(0, len(units) - 1)))
        assert decide(repaired(evidence, units)).state is State.FAIL


@settings(deadline=None, max_examples=60)
@given(evidences())
def test_what_covering_cannot_turn_stays_when_everything_is_covered(evidence: Evidence) -> None:
    repair = decide(evidence).repair
    assert repair is not None
    units = [
        Unit(path=file.path, line=line, target=target)
        for file in evidence.judged_head.files
        for line, target in [*((line, 0) for line in lines_of(file.statements)), *file.branches]
    ]
    idle = frozenset(idle_units(evidence.judged_head))
    units = [unit for unit in units if unit not in idle]
    whole = repaired(evidence, units)
    assert (decide(whole).state is State.FAIL) == (repair.need is None)
