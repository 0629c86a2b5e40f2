from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.decide import decide
from coverage_gate.core.deltas import NO_UNITS, Units
from coverage_gate.core.evidence import Evidence, Founding
from coverage_gate.core.idle import idle_in
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FileCoverage, Kind, Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.targets import Target
from coverage_gate.core.verdict import Outcome, State
from coverage_gate.testing.values import (
    changes,
    covered,
    file_coverage,
    file_diff,
    landing,
    measurement,
)

PATH = "src/types.py"
#: A class of types; lines 3 to 6 are read by type checkers alone, line 7 is an overload.
TYPES = replace(
    file_coverage(PATH, [1, 2, 3, 4, 5, 6, 7], [1, 2, 7]),
    branches=((2, 3), (2, 7), (4, 5), (4, 6), (7, -1), (7, 8)),
    taken=((2, 7), (7, 8)),
    idle=bits_of([3, 4, 5, 6]),
    idle_exits=bits_of([7]),
)
TEXT = "".join(f"line_{number}_of_the_types\n" for number in range(1, 8))
KIND = Kind(core="ctrace", python="3.11", branch=True)
STRICT = Policy(name=PolicyName.BASELINE, epsilon=Fraction(0))


def measured(*files: FileCoverage, tree: str = "head") -> Measurement:
    return measurement(*files, tree=tree, kind=KIND)


def stored(rate: Fraction) -> Baseline:
    key = BaselineKey(repository="repo")
    return Baseline(key=key, epoch=1, rate=rate, counts=None, sha="", updated_at="")


def added(types: FileCoverage = TYPES, *, policy: Policy = STRICT) -> Evidence:
    """A change that adds the types to a project of which everything runs."""
    return Evidence(
        policy=policy,
        landing=landing(),
        changes=changes(PATH),
        head=measured(covered(20, 20), types),
        base=measured(covered(20, 20), tree="base"),
        baseline=stored(Fraction(1)),
        diff=(file_diff(PATH, None, TEXT),),
    )


def test_what_no_run_passes_are_the_statements_and_the_ways_to_and_from_them() -> None:
    assert idle_in(TYPES) == Units(
        lines=bits_of([3, 4, 5, 6]), arcs=((2, 3), (4, 5), (4, 6), (7, -1))
    )
    assert idle_in(covered(1, 2)) == NO_UNITS


def test_what_ran_is_not_idle_whatever_its_text_says() -> None:
    ran = replace(TYPES, executed=bits_of([1, 2, 3, 7]), taken=TYPES.branches)
    assert idle_in(ran) == Units(lines=bits_of([4, 5, 6]))


def test_new_types_are_asked_of_no_rule() -> None:
    evidence = added()
    verdict = decide(evidence)
    assert verdict.state is State.PASS
    assert str(verdict.judged) == "25/33"
    assert str(evidence.steady) == "25/25"
    assert verdict.patch is not None
    assert (str(verdict.patch.statements), str(verdict.patch.branches)) == ("3/3", "2/2")


def test_the_same_lines_are_asked_for_where_they_can_run() -> None:
    verdict = decide(added(replace(TYPES, idle=0, idle_exits=0)))
    failed = {str(each.rule) for each in verdict.rules if each.outcome is Outcome.FAIL}
    assert failed == {"baseline", "patch"}


def test_old_types_pay_for_nothing() -> None:
    before = measured(covered(20, 20), TYPES, tree="base")
    head = measured(covered(19, 20), TYPES)
    evidence = replace(
        added(), head=head, base=before, diff=(), baseline=stored(before.counts.rate or Fraction(0))
    )
    assert evidence.steady == head.counts
    assert decide(evidence).state is State.FAIL


def test_what_goes_to_the_types_is_not_lost_and_went_away() -> None:
    """Line 3 ran on main, and stands below the condition from now on."""
    before = replace(TYPES, executed=bits_of([1, 2, 3, 7]), taken=((2, 3), (2, 7), (7, 8)))
    base = measured(covered(20, 20), before, tree="base")
    evidence = replace(
        added(),
        head=measured(covered(20, 20), replace(TYPES, blob=before.blob)),
        base=base,
        diff=(),
        baseline=stored(base.counts.rate or Fraction(0)),
    )
    verdict = decide(evidence)
    assert verdict.lost == ()
    assert verdict.state is State.PASS
    assert verdict.attribution is not None
    assert verdict.attribution.lost == 2


def test_since_the_baseline_was_set_new_types_are_asked_of_no_rule() -> None:
    """Main is below its baseline by types that came before."""
    first = measured(covered(20, 20), tree="first")
    main = measured(covered(20, 20), TYPES, tree="base")
    evidence = replace(
        added(),
        head=measured(covered(21, 21), TYPES),
        base=main,
        diff=(file_diff("src/a.py", None, "x\n"),),
        founding=Founding(measured=first, diff=(file_diff(PATH, None, TEXT),)),
    )
    assert str(evidence.steady) == "26/26"
    assert decide(evidence).state is State.PASS


def test_what_is_proven_flaky_is_not_left_out_twice() -> None:
    evidence = replace(added(), flaky=frozenset({Unit(path=PATH, line=3)}))
    assert str(evidence.steady) == "26/26"


def test_no_repair_asks_for_what_no_run_passes() -> None:
    policy = replace(STRICT, name=PolicyName.ABSOLUTE, floor=Fraction(1), rules=frozenset())
    repair = decide(added(policy=policy)).repair
    assert repair is not None
    assert repair.reason == "covering all that is measured is not enough"
    less = replace(TYPES, executed=bits_of([1, 2]))
    few = decide(added(less, policy=replace(policy, floor=Fraction(25, 33)))).repair
    assert few is not None
    assert few.units == (Unit(path=PATH, line=7),)


@pytest.mark.parametrize(("branches", "told"), [(False, "3/3"), (True, "5/5")])
def test_targets_ask_for_what_can_run(branches: bool, told: str) -> None:
    target = Target(pattern="*", least=Fraction(1), branches=branches)
    assert str(target.counts_of(TYPES)) == told
    policy = Policy(rules=frozenset({RuleName.TARGETS}), targets=(target,))
    assert decide(added(policy=policy)).state is State.PASS
