"""The order of a FAIL as data."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.golden.cases import CASES, branch_fault, broken_rules, conflict

from coverage_gate.core.changes import Changes
from coverage_gate.core.decide import decide, refused
from coverage_gate.core.deltas import Units
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.ledger import Hidden, Why
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FileCoverage, Measurement, Span
from coverage_gate.core.nearest import TestPlace, read_tests
from coverage_gate.core.ordering import MAX_GAPS, Sources, paths_of, work_order
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.vanished import Vanished
from coverage_gate.core.verdict import Outcome, Reason, RuleResult, Verdict
from coverage_gate.core.work_order import Asked, Chore, Item, WorkOrder
from coverage_gate.testing.values import (
    changes,
    file_coverage,
    file_diff,
    landing,
    measurement,
)

ASKED = Asked(branch="feature/x", base="main")
SOURCE = """\
def band(weight):
    if weight <= 0:
        raise ValueError(
            weight
        )
    if weight > 20:
        weight -= 1
        return "heavy"
    return "light"
"""
SPAN = Span(name="band", kind="function", first=1, last=9, header=1)
NO_TESTS = Sources(texts={"src/a.py": SOURCE})


def band(*executed: int, branches: tuple[tuple[int, int], ...] = ()) -> FileCoverage:
    file = file_coverage("src/a.py", [1, 2, 3, 6, 7, 8, 9], executed)
    return replace(
        file,
        spans=(SPAN,),
        continued=1 << 4 | 1 << 5,
        branches=((2, 3), (2, 6), (6, 7), (6, 9)),
        taken=branches,
    )


def judged(
    head: Measurement,
    *diff: FileDiff,
    base: Measurement | None = None,
    changed: Changes | None = None,
    rules: frozenset[RuleName] = Policy().rules,
) -> Verdict:
    return decide(
        Evidence(
            policy=Policy(name=PolicyName.ABSOLUTE, epsilon=Fraction(0), rules=rules),
            landing=landing(),
            changes=changed or changes(),
            head=head,
            base=base or measurement(tree="base"),
            diff=diff,
        )
    )


def order_of(verdict: Verdict, sources: Sources = NO_TESTS) -> WorkOrder:
    found = work_order(verdict, ASKED, sources)
    assert found is not None
    return found


def items(order: WorkOrder) -> list[Item]:
    return [item for sheet in order.sheets for item in sheet.items]


def new_code(*executed: int, branches: tuple[tuple[int, int], ...] = ()) -> Verdict:
    head = measurement(band(*executed, branches=branches))
    return judged(head, file_diff("src/a.py", None, SOURCE))


@pytest.mark.parametrize("name", ["pass", "unmeasurable-open", "not-applicable"])
def test_only_a_fail_has_an_order(name: str) -> None:
    assert work_order(CASES[name](), ASKED, NO_TESTS) is None
    assert paths_of(CASES[name]()) == ()


def test_an_order_names_what_suffices_and_the_parts_of_each_gap() -> None:
    order = order_of(new_code(1, 2, 6, 9, branches=((2, 6), (6, 9))))
    assert (order.need, order.more) == (3, 0)
    (item,) = items(order)
    assert (item.enough, item.is_all, item.is_lost) == (((3, 5), (7, 8)), True, False)
    told = [(part.lines, part.branch, part.code) for part in item.passages]
    assert told == [((3, 3), None, "raise ValueError("), ((7, 8), None, "weight -= 1")]
    guard = [(each.text, each.wanted) for each in item.passages[1].conditions]
    assert guard == [("weight <= 0", False), ("weight > 20", True)]


def test_what_is_more_than_enough_is_told_apart() -> None:
    verdict = new_code(1, 2, 6)
    (item,) = items(order_of(verdict))
    # 90 % of 7 statements ask for all; of one more, two may be left out.
    assert item.is_all
    fewer = replace(verdict.repair, units=verdict.repair.units[1:3]) if verdict.repair else None
    (item,) = items(order_of(replace(verdict, repair=fewer)))
    assert (item.enough, item.is_all) == (((7, 8),), False)
    fewer = replace(fewer, units=fewer.units[:1]) if fewer else None
    (item,) = items(order_of(replace(verdict, repair=fewer)))
    assert item.enough == ((7, 7),)


def test_a_branch_is_told_where_it_leads_elsewhere() -> None:
    taken = ((2, 3), (6, 7), (6, 9))
    base = measurement(band(1, 2, 3, 6, 7, 8, 9, branches=((2, 6), *taken)), tree="base")
    head = measurement(band(1, 2, 3, 6, 7, 8, 9, branches=taken))
    (item,) = items(order_of(judged(head, base=base)))
    assert (item.is_lost, item.enough) == (True, ((2, 2),))
    (part,) = item.passages
    assert (part.branch, part.conditions[0].wanted) == ((2, 6), False)


def test_gaps_that_hold_what_suffices_come_first_file_by_file() -> None:
    verdict = new_code(1, 2)
    assert verdict.repair is not None
    gap = verdict.repair.gaps[0]
    others = tuple(
        replace(gap, path=f"src/b{number}.py", units=gap.units[:1], symbol=None)
        for number in range(MAX_GAPS + 2)
    )
    many = replace(verdict, repair=replace(verdict.repair, gaps=(*others, gap)))
    order = order_of(many)
    assert order.sheets[0].path == "src/a.py"
    assert (len(items(order)), order.more) == (MAX_GAPS, 3)
    assert paths_of(many)[:2] == ("src/a.py", "src/b0.py")


def test_the_nearest_tests_and_those_that_name_the_function_are_told() -> None:
    tests = {
        "tests/test_a.py": "from src.a import band\ndef test_light():\n    band(1)\n",
        "tests/test_b.py": "",
    }
    sources = Sources(texts={"src/a.py": SOURCE}, tests=read_tests(tests))
    order = order_of(new_code(1, 2), sources)
    assert order.sheets[0].place == TestPlace(path="tests/test_a.py", is_new=False)
    assert items(order)[0].tests == ("tests/test_a.py::test_light",)
    assert order.test_modules == ("tests/test_a.py",)


def test_without_the_text_of_a_file_its_lines_are_told_all_the_same() -> None:
    (item,) = items(order_of(new_code(1, 2), Sources(texts={})))
    assert [(part.lines, part.code) for part in item.passages] == [((3, 9), "")]


def test_broken_rules_that_no_covering_turns_are_chores() -> None:
    order = order_of(replace(broken_rules(), hidden=None))
    assert order.broken == ("baseline: 82% < baseline 85% - 0.5",)
    assert [(chore.places, chore.is_test) for chore in order.chores] == [
        (("src/shop/legacy.py",), False)
    ]


def test_tests_that_fail_are_to_pass_again() -> None:
    head = measurement(tests={"t::a": "failed"}, exit_status=1)
    base = measurement(tests={"t::a": "passed"}, tree="base")
    order = order_of(judged(head, base=base))
    assert [(chore.places, chore.is_test) for chore in order.chores] == [(("t::a",), True)]


def gone(*tests: str) -> tuple[Vanished, ...]:
    return tuple(Vanished(test=test, was="passed", now="gone", why="w") for test in tests)


def test_tests_that_vanished_are_brought_back_from_the_base() -> None:
    found = ("tests/test_a.py::test_b", "tests/test_gone.py::test_c", "tests/test_gone.py::test_d")
    result = RuleResult(
        rule=RuleName.INTEGRITY, outcome=Outcome.FAIL, detail="d", findings=(*found, "t::failing")
    )
    verdict = replace(broken_rules(), hidden=None, rules=(result,), vanished=gone(*found))
    sources = Sources(texts={}, tests=read_tests({"tests/test_a.py": ""}))
    back, failing = order_of(verdict, sources).chores
    base = verdict.base_commit
    assert back.places == found
    assert back.commands == (
        ("git", "checkout", base, "--", "tests/test_gone.py"),
        ("git", "show", f"{base}:tests/test_a.py"),
    )
    assert failing.places == ("t::failing",)


def test_a_rule_that_found_only_vanished_tests_is_told_once() -> None:
    result = RuleResult(
        rule=RuleName.INTEGRITY, outcome=Outcome.FAIL, detail="d", findings=("t::a",)
    )
    verdict = replace(broken_rules(), hidden=None, rules=(result,), vanished=gone("t::a"))
    assert [chore.places for chore in order_of(verdict).chores] == [("t::a",)]


def test_what_only_vanished_tests_ran_is_not_asked_for_again() -> None:
    base = measurement(band(1, 2, 6, 9), tree="base")
    verdict = judged(measurement(band(1), exit_status=1), base=base)
    assert items(order_of(verdict))
    assert items(order_of(replace(verdict, vanished=gone("t::a")))) == []


def test_what_is_newly_hidden_is_to_be_counted_again() -> None:
    lines = bits_of([3, 4])
    hidden = [
        Hidden(path=path, lines=lines, why=why, units=Units(lines=lines))
        for path, why in (("a.py", Why.COMMENT), ("b.py", Why.PATTERN), ("c.py", Why.COMMENT))
    ]
    verdict = replace(broken_rules(), hidden=tuple(hidden), vanished=None)
    first, second, _ = order_of(verdict).chores
    assert first == Chore(
        text="Newly hidden, excluded by a comment: remove the comment and test it",
        places=("a.py:3-4", "c.py:3-4"),
    )
    assert second.places == ("b.py:3-4",)


def test_a_rule_without_places_is_told_in_its_own_words() -> None:
    head = measurement(exit_status=1)
    (chore,) = order_of(judged(head)).chores
    assert chore.text.endswith("the test command ends with status 1, on the base with 0")


def test_what_fails_but_did_not_vanish_is_to_pass_again() -> None:
    result = RuleResult(rule=RuleName.INTEGRITY, outcome=Outcome.FAIL, detail="d", findings=("a",))
    verdict = replace(broken_rules(), hidden=None, rules=(result,), vanished=None)
    (chore,) = order_of(verdict).chores
    assert (chore.places, chore.text) == (("a",), "Make each of these pass")


def test_a_branch_that_does_not_merge_is_to_be_merged() -> None:
    (chore,) = order_of(conflict()).chores
    assert chore.text.startswith("Merge the base into the branch: does not merge with main")
    assert chore.commands == (("git", "merge", conflict().base_commit),)
    (chore,) = order_of(replace(conflict(), base_commit=None)).chores
    assert chore.commands == ()


def test_a_branch_that_cannot_be_measured_gets_the_end_of_the_output() -> None:
    (chore,) = order_of(branch_fault()).chores
    assert chore.output.endswith("ERROR tests/test_cart.py\n")
    assert chore.commands == (("git", "diff", "--stat", branch_fault().base_commit),)
    (chore,) = order_of(replace(branch_fault(), failure=None, base_commit=None)).chores
    assert (chore.output, chore.commands) == ("", ())
    assert chore.text.startswith("Mend this: ")


def test_any_other_refusal_is_told_as_it_is() -> None:
    verdict = refused("unknown branch", Reason.BAD_REQUEST, Policy())
    assert order_of(verdict).chores == (Chore(text="unknown branch"),)
