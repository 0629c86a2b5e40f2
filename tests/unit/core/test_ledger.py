from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.decide import decide
from coverage_gate.core.deltas import Units
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.ledger import CURES, Hidden, Why, covered, judged_head, uncovered
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import Arc, FileCoverage, Withheld
from coverage_gate.core.policy import Policy
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import Outcome
from coverage_gate.testing.repairing import repaired
from coverage_gate.testing.values import (
    changes,
    file_coverage,
    file_diff,
    landing,
    measurement,
    tree_id,
)

PATH = "src/a.py"
OLD = "one\ntwo\n"
NEW = "one\ntwo\nthree\nfour\n"


def file_of(
    withheld: Withheld, *, branches: tuple[Arc, ...] = (), taken: tuple[Arc, ...] = ()
) -> FileCoverage:
    """Of four lines; the first two are statements that ran, the others are excluded."""
    return FileCoverage(
        path=PATH,
        blob=tree_id(PATH),
        statements=bits_of([1, 2]),
        executed=bits_of([1, 2]),
        excluded=bits_of([3, 4]),
        branches=branches,
        taken=taken,
        withheld=withheld,
    )


def evidence_of(head: FileCoverage, *, base: bool = True) -> Evidence:
    """A change that adds two lines."""
    before = measurement(file_coverage(PATH, [1, 2], [1, 2]), tree="base")
    return Evidence(
        policy=Policy(floor=Fraction(4, 5), epsilon=Fraction(0)),
        landing=landing(),
        changes=changes(PATH),
        head=measurement(head),
        base=before if base else None,
        diff=(file_diff(PATH, OLD, NEW),),
    )


COMMENTED = Withheld(statements=bits_of([3, 4]), commented=bits_of([3, 4]))


def test_what_is_newly_hidden_is_judged_as_not_covered() -> None:
    evidence = evidence_of(file_of(COMMENTED))
    assert evidence.head.counts == Counts(covered=2, total=2)
    assert evidence.judged == Counts(covered=2, total=4)
    verdict = decide(evidence)
    assert verdict.counts == Counts(covered=2, total=2)
    assert {str(rule.rule) for rule in verdict.rules if rule.outcome is Outcome.FAIL} == {
        "floor",
        "patch",
    }


def test_the_repair_names_what_is_hidden() -> None:
    evidence = evidence_of(file_of(COMMENTED))
    repair = decide(evidence).repair
    assert repair is not None
    assert [gap.lines for gap in repair.gaps] == [((3, 4),)]
    assert repaired(evidence, repair.units).hidden == ()


def test_what_is_hidden_is_listed_with_its_reason() -> None:
    withheld = Withheld(statements=bits_of([3, 4]), commented=bits_of([4]))
    assert evidence_of(file_of(withheld)).hidden == (
        Hidden(
            path=PATH,
            lines=bits_of([3]),
            why=Why.PATTERN,
            units=Units(lines=bits_of([3])),
        ),
        Hidden(
            path=PATH,
            lines=bits_of([4]),
            why=Why.COMMENT,
            units=Units(lines=bits_of([4])),
        ),
    )


def test_what_holds_no_logic_is_not_hidden() -> None:
    withheld = Withheld(statements=bits_of([3, 4]), harmless=bits_of([3, 4]))
    evidence = evidence_of(file_of(withheld))
    assert (evidence.hidden, evidence.judged) == ((), evidence.head.counts)


def test_branches_go_with_the_statement_that_they_lead_to() -> None:
    withheld = replace(COMMENTED, branches=((1, 2), (2, 3), (2, 5)))
    hidden = evidence_of(file_of(withheld)).hidden
    assert [each.units.arcs for each in hidden] == [((2, 3), (2, 5))]


def test_branches_go_with_a_statement_that_a_pattern_hides() -> None:
    withheld = Withheld(statements=bits_of([3]), branches=((3, 4), (3, -1)))
    (hidden,) = evidence_of(file_of(withheld)).hidden
    assert (hidden.why, hidden.units.arcs) == (Why.PATTERN, ((3, -1), (3, 4)))


def test_a_choice_that_a_comment_newly_excuses_is_hidden() -> None:
    withheld = Withheld(excused=bits_of([2]), assumed=((2, 3),))
    arcs = ((2, 3), (2, 4))
    evidence = evidence_of(file_of(withheld, branches=arcs, taken=arcs))
    (hidden,) = evidence.hidden
    assert (hidden.lines, hidden.why) == (bits_of([2]), Why.BRANCH)
    assert evidence.head.counts == Counts(covered=4, total=4)
    assert evidence.judged == Counts(covered=3, total=4)


def test_without_a_measured_base_only_new_statements_can_be_hidden() -> None:
    withheld = Withheld(statements=bits_of([2, 3]))
    head = replace(file_of(withheld), statements=bits_of([1]), executed=bits_of([1]))
    (hidden,) = evidence_of(head, base=False).hidden
    assert hidden.lines == bits_of([3])


def test_where_nobody_read_lines_nothing_is_told() -> None:
    evidence = replace(evidence_of(file_of(COMMENTED)), diff=None)
    assert (evidence.hidden, evidence.judged) == ((), Counts(covered=2, total=2))
    assert decide(evidence).hidden is None


def test_a_head_that_hides_nothing_is_itself() -> None:
    head = measurement(file_of(COMMENTED))
    assert judged_head(head, ()) is head


def test_what_is_uncovered_is_withheld_no_more() -> None:
    withheld = replace(COMMENTED, branches=((3, 4),), assumed=((1, 2),))
    file = file_of(withheld, branches=((1, 2),), taken=((1, 2),))
    shown = uncovered(file, Units(lines=bits_of([3]), arcs=((1, 2), (3, 4))))
    assert (shown.statements, shown.executed) == (bits_of([1, 2, 3]), bits_of([1, 2]))
    assert (shown.branches, shown.taken) == (((1, 2), (3, 4)), ())
    assert shown.withheld == Withheld(statements=bits_of([4]), commented=bits_of([4]))


def test_with_a_statement_the_branches_to_it_count() -> None:
    withheld = replace(COMMENTED, branches=((1, 2), (2, 3), (2, 5)))
    shown = covered(file_of(withheld), Units(lines=bits_of([3])))
    assert (shown.branches, shown.taken) == (((2, 3), (2, 5)), ())
    assert shown.executed == bits_of([1, 2, 3])
    assert shown.withheld.branches == ((1, 2),)


@pytest.mark.parametrize("units", [Units(lines=bits_of([9])), Units(arcs=((1, 2),))])
def test_what_a_file_does_not_have_cannot_be_covered(units: Units) -> None:
    with pytest.raises(ValueError, match="does not have"):
        covered(file_of(COMMENTED), units)


def test_each_reason_has_a_cure() -> None:
    assert set(CURES) == set(Why)


TABLE = ("TABLE = {", "    1: lambda x: x + 1,", "    2: lambda x: x - 1,", "}")


def table_of(lines: tuple[str, ...], packed: list[int]) -> FileCoverage:
    return FileCoverage(
        path=PATH,
        blob=tree_id(PATH),
        statements=bits_of([1]),
        executed=bits_of([1]),
        continued=bits_of(range(2, len(lines) + 1)),
        withheld=Withheld(packed=bits_of(packed)),
    )


@pytest.mark.parametrize(
    ("before", "was", "after", "now", "is_hidden"),
    [
        # One more comes in, and is called; is not; none of the old ones was called before, or one.
        (TABLE[:2] + TABLE[3:], [1, 2], TABLE, [1, 2], False),
        (TABLE[:2] + TABLE[3:], [1, 2], TABLE, [1, 2, 3], True),
        (TABLE[:1] + TABLE[2:], [1, 2], TABLE, [1, 3], False),
        (TABLE[:2] + TABLE[3:], [], TABLE, [1, 2], True),
        (TABLE, [1, 3], TABLE[:1] + TABLE[2:], [1, 2], False),
        # Another first line, which may hold one, too; another line; one line alone.
        (TABLE, [1, 2], ("T = {", *TABLE[1:]), [1, 2], True),
        (TABLE, [1, 2], (TABLE[0], "    1: lambda x: x + 2,", *TABLE[2:]), [1, 2], True),
        (("f(lambda x: x + 1)",), [1], ("f(lambda x: x + 2)",), [1], True),
    ],
)
def test_what_an_edited_table_held_uncalled_before_is_not_hidden(
    before: tuple[str, ...], was: list[int], after: tuple[str, ...], now: list[int], is_hidden: bool
) -> None:
    texts = ["\n".join(lines) + "\n" for lines in (before, after)]
    evidence = replace(
        evidence_of(table_of(after, now)),
        base=measurement(table_of(before, was), tree="base"),
        diff=(file_diff(PATH, *texts),),
    )
    assert bool(evidence.hidden) is is_hidden
