from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.gaps import Repair
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FileCoverage, Measurement, Span
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.verdict import State
from coverage_gate.testing.repairing import repaired
from coverage_gate.testing.values import (
    changes,
    covered,
    file_coverage,
    file_diff,
    landing,
    measurement,
)

TEXT = "".join(f"line_{number}()\n" for number in range(1, 21))
FLOOR = Policy(name=PolicyName.ABSOLUTE, epsilon=Fraction(0))


def evidence(
    head: Measurement,
    *diff: FileDiff,
    base: Measurement | None = None,
    policy: Policy | None = None,
    stored: Fraction | None = None,
) -> Evidence:
    key = BaselineKey(repository="repo")
    return Evidence(
        policy=policy or Policy(),
        landing=landing(),
        changes=changes(),
        head=head,
        base=base or measurement(tree="base"),
        baseline=None
        if stored is None
        else Baseline(key=key, epoch=1, rate=stored, counts=None, sha="", updated_at=""),
        diff=diff,
    )


def repair(given: Evidence) -> Repair:
    found = decide(given).repair
    assert found is not None
    return found


def lines(found: Repair) -> list[str]:
    return [f"{unit.path}:{unit.line}" for unit in found.units]


def test_a_verdict_that_passes_needs_nothing_and_shows_what_is_open() -> None:
    file = covered(9, 10, path="a.py")
    found = repair(evidence(measurement(file), file_diff("a.py", None, TEXT)))
    assert (found.need, found.units, found.reason) == (0, (), None)
    assert found.gaps[0].lines == ((10, 10),)


def test_a_patch_needs_as_many_statements_as_it_misses() -> None:
    file = covered(4, 10, path="a.py")
    found = repair(evidence(measurement(file), file_diff("a.py", None, TEXT)))
    assert (found.need, lines(found)) == (5, [f"a.py:{line}" for line in range(5, 10)])


def test_a_small_patch_needs_one_statement_of_a_body() -> None:
    span = Span(name="f", kind="function", first=1, last=3, header=1)
    file = replace(file_coverage("a.py", [1, 2, 3], [1]), spans=(span,))
    found = repair(evidence(measurement(file), file_diff("a.py", None, TEXT)))
    assert (found.need, lines(found)) == (1, ["a.py:2"])


def test_all_that_is_lost_is_needed() -> None:
    old = covered(10, 10, path="a.py")
    found = repair(evidence(measurement(covered(7, 10, path="a.py")), base=measurement(old)))
    assert (found.need, lines(found)) == (3, ["a.py:8", "a.py:9", "a.py:10"])


def test_a_lost_branch_is_one_statement_to_work_on() -> None:
    old = replace(covered(3, 3, path="a.py"), branches=((1, 2), (1, 3)), taken=((1, 2), (1, 3)))
    new = replace(old, taken=((1, 2),))
    found = repair(evidence(measurement(new), base=measurement(old)))
    assert (found.need, found.units) == (1, (Unit(path="a.py", line=1, target=3),))
    assert found.gaps[0].branches == ((1, 3),)


def test_two_branches_of_one_line_are_one_statement_to_work_on() -> None:
    arcs = ((1, 2), (1, 3))
    old = replace(covered(3, 3, path="a.py"), branches=arcs, taken=arcs)
    found = repair(evidence(measurement(replace(old, taken=())), base=measurement(old)))
    assert (found.need, len(found.units)) == (1, 2)


def test_a_rate_needs_what_it_misses_from_the_file_that_misses_most() -> None:
    head = measurement(covered(8, 10, path="a.py"), covered(0, 5, path="b.py"))
    found = repair(evidence(head, policy=replace(FLOOR, floor=Fraction(10, 15))))
    assert (found.need, lines(found)) == (2, ["b.py:1", "b.py:2"])
    assert [gap.path for gap in found.gaps] == ["b.py"]


def test_what_other_rules_need_counts_for_the_rate_too() -> None:
    head = measurement(covered(4, 10, path="a.py"))
    policy = replace(FLOOR, floor=Fraction(9, 10))
    found = repair(evidence(head, file_diff("a.py", None, TEXT), policy=policy))
    assert found.need == 5


def test_a_rate_is_made_up_from_the_change_first() -> None:
    head = measurement(covered(4, 10, path="a.py"), covered(0, 90, path="b.py"))
    policy = replace(FLOOR, floor=Fraction(12, 100))
    found = repair(evidence(head, file_diff("a.py", None, TEXT), policy=policy))
    assert lines(found)[:6] == [f"a.py:{line}" for line in range(5, 11)]
    assert (found.need, lines(found)[6:]) == (8, ["b.py:1", "b.py:2"])


def test_branches_make_up_a_rate_when_the_statements_all_run() -> None:
    file = replace(covered(2, 2, path="a.py"), branches=((1, 2), (1, 3)))
    found = repair(evidence(measurement(file), policy=replace(FLOOR, floor=Fraction(1))))
    assert (found.need, len(found.units)) == (1, 2)


def test_a_branch_of_the_change_comes_before_code_that_nobody_touched() -> None:
    file = replace(covered(4, 4, path="a.py"), branches=((1, 2), (1, 3)), taken=((1, 2),))
    head = measurement(file, covered(0, 4, path="b.py"))
    policy = replace(FLOOR, floor=Fraction(6, 10))
    found = repair(evidence(head, file_diff("a.py", None, TEXT), policy=policy))
    assert found.units == (Unit(path="a.py", line=1, target=3),)


def test_the_lower_of_baseline_and_what_survives_is_what_is_needed() -> None:
    base = measurement(covered(20, 20, path="a.py"), covered(10, 20, path="b.py"))
    head = measurement(covered(8, 20, path="b.py"))
    policy = Policy(rules=frozenset({RuleName.UNMEASURED}), epsilon=Fraction(0))
    given = evidence(
        head, file_diff("a.py", TEXT, None), base=base, policy=policy, stored=Fraction(3, 4)
    )
    assert repair(given).need == 2


def test_the_baseline_is_needed_where_it_is_lower() -> None:
    base = measurement(covered(10, 20, path="b.py"))
    policy = Policy(rules=frozenset({RuleName.UNMEASURED}), epsilon=Fraction(0))
    given = evidence(
        measurement(covered(7, 20, path="b.py")), base=base, policy=policy, stored=Fraction(2, 5)
    )
    assert repair(given).need == 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            evidence(
                measurement(covered(1, 2), tests={"t::a": "failed"}, exit_status=1),
                base=measurement(covered(1, 2), tests={"t::a": "passed"}),
            ),
            "covering more does not turn: integrity",
        ),
        (
            evidence(measurement(), policy=replace(FLOOR, floor=Fraction(1, 2))),
            "covering all that is measured is not enough",
        ),
        (
            evidence(
                measurement(covered(1, 2)),
                replace(file_diff("src/a.py", None, TEXT), blob="other"),
            ),
            "what was measured is not what would land",
        ),
    ],
)
def test_what_covering_cannot_turn_has_no_number_and_says_why(given: Evidence, reason: str) -> None:
    found = repair(given)
    assert (found.need, found.units, found.reason) == (None, (), reason)


def test_without_lines_only_the_rates_need_something() -> None:
    given = replace(
        evidence(measurement(covered(1, 2)), policy=replace(FLOOR, floor=Fraction(1))), diff=None
    )
    assert repair(given).need == 1


def test_rules_that_are_off_need_nothing() -> None:
    old, new = covered(3, 3, path="a.py"), covered(1, 3, path="a.py")
    policy = Policy(rules=frozenset({RuleName.UNMEASURED}))
    found = repair(evidence(measurement(new), base=measurement(old), policy=policy))
    assert (found.need, found.gaps) == (0, ())


FILE = FileCoverage(path="a.py", blob="b", statements=0b110, executed=0, branches=((1, 2),))


def test_repairing_runs_statements_and_branches_of_the_head_and_nothing_else() -> None:
    given = evidence(measurement(FILE, covered(0, 1, path="b.py")))
    units = [Unit(path="a.py", line=2), Unit(path="a.py", line=1, target=2)]
    done = repaired(given, units).head
    assert (done.files[0].executed, done.files[0].taken) == (0b100, ((1, 2),))
    assert done.files[1] is given.head.files[1]


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        (Unit(path="a.py", line=3), "does not have"),
        (Unit(path="a.py", line=1, target=3), "does not have"),
        (Unit(path="c.py", line=1), "no measured file: c.py"),
    ],
)
def test_what_the_head_does_not_have_cannot_be_covered(unit: Unit, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        repaired(evidence(measurement(FILE)), [unit])


def test_a_repair_that_is_made_turns_the_verdict() -> None:
    file = covered(4, 10, path="a.py")
    given = evidence(measurement(file), file_diff("a.py", None, TEXT))
    assert decide(given).state is State.FAIL
    assert decide(repaired(given, repair(given).units)).state is State.PASS


def test_what_no_test_can_reach_comes_last() -> None:
    file = file_coverage("a.py", [1, 2, 3, 4], [1, 4])
    file = replace(file, trivial=1 << 2, branches=((1, 2), (1, 3), (4, -1)), taken=((4, -1),))
    given = evidence(measurement(file), policy=replace(FLOOR, floor=Fraction(5, 7)))
    assert [(unit.line, unit.target) for unit in repair(given).units] == [(3, 0), (1, 3)]
    given = evidence(measurement(file), policy=replace(FLOOR, floor=Fraction(1)))
    last = [(unit.line, unit.target) for unit in repair(given).units][2:]
    assert last == [(2, 0), (1, 2)]


def test_branches_of_a_patch_that_does_not_run_come_before_other_files() -> None:
    old = covered(0, 3, path="b.py")
    new = replace(file_coverage("a.py", [1, 2], []), branches=((1, 2), (1, 3)))
    policy = replace(FLOOR, floor=Fraction(4, 7))
    given = evidence(
        measurement(new, old),
        file_diff("a.py", None, TEXT),
        base=measurement(old, tree="base"),
        policy=policy,
    )
    assert {unit.path for unit in repair(given).units} == {"a.py"}
