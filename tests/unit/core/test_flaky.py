from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.comparison import compare
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.flaky import FlakyLine, carried, flapping, tolerated
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.places import Unit, places_of
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.times import days_before
from coverage_gate.core.verdict import Outcome, State, Verdict
from coverage_gate.testing.repairing import repaired
from coverage_gate.testing.values import (
    changes,
    file_coverage,
    file_diff,
    landing,
    measurement,
    tree_id,
)

TEXT = "".join(f"line_{number}()\n" for number in range(1, 11))
EXACT = Policy(name=PolicyName.BASELINE, epsilon=Fraction(0))


def ten(*missed: int, path: str = "a.py") -> FileCoverage:
    lines = range(1, 11)
    return file_coverage(path, lines, set(lines) - set(missed))


def branched(*taken: int) -> FileCoverage:
    arcs = ((1, 2), (1, 3))
    file = file_coverage("a.py", [1, 2, 3], [1, 2, 3])
    return replace(file, branches=arcs, taken=tuple(arcs[place] for place in taken))


def at(line: int, target: int = 0, *, path: str = "a.py") -> Unit:
    return Unit(path=path, line=line, target=target)


def flaky(line: int, target: int = 0) -> FlakyLine:
    return FlakyLine(tree=tree_id("base"), unit=at(line, target), blob=tree_id("a.py"))


def test_what_ran_in_one_of_two_measurements_flaps() -> None:
    first, second = measurement(ten(3, 4), tree="base"), measurement(ten(4, 5), tree="base")
    assert flapping(first, second) == (flaky(3), flaky(5))
    assert flapping(second, first) == (flaky(3), flaky(5))


def test_branches_flap_as_well() -> None:
    both, one = measurement(branched(0, 1), tree="base"), measurement(branched(0), tree="base")
    assert flapping(both, one) == (flaky(1, 3),)


@pytest.mark.parametrize(
    "second",
    [
        measurement(ten(3), tree="other"),
        measurement(ten(3), tree="base", exit_status=1),
        measurement(tree="base"),
    ],
)
def test_runs_that_are_not_alike_prove_nothing(second: Measurement) -> None:
    assert flapping(measurement(ten(), tree="base"), second) == ()


def test_a_folder_without_a_commit_proves_nothing() -> None:
    first = measurement(ten(), tree="base")
    loose = replace(first, provenance=replace(first.provenance, tree=None))
    assert flapping(loose, loose) == ()


@pytest.mark.parametrize(("missed", "count"), [(20, 20), (21, 0)])
def test_a_run_in_which_much_differs_was_another_run(missed: int, count: int) -> None:
    whole = file_coverage("a.py", range(1, 101), range(1, 101))
    part = file_coverage("a.py", range(1, 101), range(missed + 1, 101))
    found = flapping(measurement(whole, tree="base"), measurement(part, tree="base"))
    assert len(found) == count


# From main to the head


def test_a_flaky_line_is_found_where_it_went() -> None:
    diff = file_diff("a.py", TEXT, "new()\n" + TEXT)
    head = measurement(file_coverage("a.py", range(1, 12), []))
    assert carried([flaky(3)], [diff], head) == {at(4)}


def test_a_flaky_line_is_found_in_a_renamed_file() -> None:
    diff = file_diff("b.py", TEXT, TEXT, old_path="a.py")
    head = measurement(ten(path="b.py"))
    assert carried([flaky(3)], [diff], head) == {at(3, path="b.py")}


def test_a_flaky_line_that_was_edited_is_flaky_no_more() -> None:
    diff = file_diff("a.py", TEXT, TEXT.replace("line_3()", "other()"))
    assert carried([flaky(3), flaky(4)], [diff], measurement(ten())) == {at(4)}


def test_a_deleted_file_has_no_flaky_line() -> None:
    assert carried([flaky(3)], [file_diff("a.py", TEXT, None)], measurement(ten())) == set()


def test_an_untouched_file_keeps_its_flaky_lines() -> None:
    assert carried([flaky(3)], [], measurement(ten())) == {at(3)}
    other = replace(flaky(3), blob="another")
    assert carried([other], [], measurement(ten())) == set()
    assert carried([flaky(3)], [], measurement()) == set()
    assert carried([flaky(11)], [], measurement(ten())) == set()


@pytest.mark.parametrize(("target", "found"), [(3, 4), (-1, -2)])
def test_a_flaky_branch_is_found_where_it_went(target: int, found: int) -> None:
    text = "if a:\n  b()\nc()\n"
    diff = file_diff("a.py", text, "new()\n" + text)
    file = replace(file_coverage("a.py", [1, 2, 3, 4], []), branches=((2, found),))
    assert carried([flaky(1, target)], [diff], measurement(file)) == {at(2, found)}


def test_a_flaky_branch_to_an_edited_line_is_flaky_no_more() -> None:
    text = "if a:\n  b()\nc()\n"
    diff = file_diff("a.py", text, text.replace("c()", "d()"))
    assert carried([flaky(1, 3)], [diff], measurement(branched())) == set()


# In the head


def test_what_ran_in_the_second_measurement_of_the_head_is_flaky() -> None:
    base, head = measurement(ten(), tree="base"), measurement(ten(3, 4))
    comparison = compare(base, head, [])
    assert tolerated(comparison, frozenset(), measurement(ten(4))) == {at(3)}
    assert tolerated(comparison, frozenset(), measurement()) == set()
    half = compare(measurement(branched(0, 1), tree="base"), measurement(branched(0)), [])
    assert tolerated(half, frozenset(), measurement(branched(1))) == {at(1, 3)}
    assert tolerated(comparison, frozenset({at(9)}), None) == {at(9)}


def test_a_lost_branch_that_joins_a_flaky_line_is_flaky() -> None:
    base = measurement(branched(0, 1), tree="base")
    comparison = compare(base, measurement(branched()), [])
    assert tolerated(comparison, frozenset({at(2)}), None) == {at(2), at(1, 2)}


def evidence(
    head: Measurement,
    *,
    base: Measurement | None = None,
    known: frozenset[Unit] = frozenset(),
    again: Measurement | None = None,
    stored: Fraction | None = Fraction(1),
    policy: Policy = EXACT,
) -> Evidence:
    key = BaselineKey(repository="repo")
    return Evidence(
        policy=policy,
        landing=landing(),
        changes=changes(),
        head=head,
        base=base or measurement(ten(), tree="base"),
        baseline=None
        if stored is None
        else Baseline(key=key, epoch=1, rate=stored, counts=None, sha="", updated_at=""),
        diff=(),
        flaky=known,
        again=again,
    )


def broken(verdict: Verdict) -> set[RuleName]:
    return {found.rule for found in verdict.rules if found.outcome is Outcome.FAIL}


def test_a_flaky_line_counts_as_covered_for_lost_and_baseline() -> None:
    verdict = decide(evidence(measurement(ten(3)), known=frozenset({at(3)})))
    assert verdict.state is State.PASS
    assert (verdict.flaky, str(verdict.judged), verdict.steady_covered) == ((at(3),), "9/10", 9)
    # The attribution sums up what was measured.
    assert verdict.attribution is not None
    assert verdict.attribution.lost == 1


def test_a_flaky_line_that_runs_may_not_raise_the_baseline() -> None:
    verdict = decide(evidence(measurement(ten()), known=frozenset({at(3)})))
    assert (verdict.state, verdict.steady_covered) == (State.PASS, 9)


def test_a_line_that_is_lost_beside_a_flaky_one_is_lost() -> None:
    verdict = decide(evidence(measurement(ten(3, 4)), known=frozenset({at(3)})))
    assert broken(verdict) == {RuleName.LOST, RuleName.BASELINE}
    assert verdict.lost is not None
    assert [place.line for place in verdict.lost] == [4]


def test_without_evidence_a_line_that_does_not_run_is_lost() -> None:
    assert broken(decide(evidence(measurement(ten(3))))) == {RuleName.LOST, RuleName.BASELINE}


def test_the_second_measurement_of_the_head_excuses_what_ran_in_it() -> None:
    verdict = decide(evidence(measurement(ten(3)), again=measurement(ten(5))))
    assert (verdict.state, verdict.flaky) == (State.PASS, (at(3),))


def test_a_flaky_line_is_no_help_against_the_floor() -> None:
    policy = Policy(floor=Fraction(1), epsilon=Fraction(0))
    verdict = decide(evidence(measurement(ten(3)), known=frozenset({at(3)}), policy=policy))
    assert broken(verdict) == {RuleName.FLOOR}


def test_nobody_is_asked_to_cover_a_flaky_line() -> None:
    given = evidence(measurement(ten(3, 4)), known=frozenset({at(3)}))
    found = decide(given).repair
    assert found is not None
    assert found.units == (at(4),)
    assert decide(repaired(given, found.units)).state is State.PASS


def test_without_lines_nobody_looked_for_flaky_ones() -> None:
    given = replace(evidence(measurement(ten())), diff=None)
    assert decide(given).flaky is None


def test_flaky_places_are_told_file_by_file() -> None:
    units = [at(3), at(4), at(9, -1), at(1, 2, path="b.py")]
    assert places_of(units) == ("a.py:3-4, branches 9→exit", "b.py: branches 1→2")


def test_days_are_counted_back_in_the_form_of_the_store() -> None:
    assert days_before("2026-03-01T00:00:05Z", 1) == "2026-02-28T00:00:05Z"
