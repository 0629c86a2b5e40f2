"""What judging looks for before it lets a FAIL stand, over fakes of the ports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import key_of
from coverage_gate.core.contexts import context_map
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FailureCode, FileCoverage, MeasureFailure, Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.ratchet import Rise
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import Outcome, State, Verdict
from coverage_gate.judging import Ports, Request, run_gate
from coverage_gate.ports import RepositoryError, StoreError, TreeSource
from coverage_gate.testing.fakes import (
    FakeConfigurations,
    FakeRepository,
    FixedClock,
    RecordingProgress,
)
from coverage_gate.testing.stores import MemoryStore
from coverage_gate.testing.values import (
    changes,
    covered,
    file_coverage,
    file_diff,
    landing,
    measurement,
    tree_id,
)

HEAD, BASE, OLD = tree_id("head"), tree_id("base"), tree_id("old")
REQUEST = Request(repository="repo", branch="feature", head="feature", base="main")
POLICY = Policy(epsilon=Fraction(0))
NOW, LONG_AGO = "2026-06-30T00:00:00Z", "2026-06-01T00:00:00Z"
TIMEOUT = MeasureFailure(code=FailureCode.TIMEOUT, message="too slow")


@dataclass(kw_only=True)
class Runs:
    """Answers by tree, one run after the other; the last one is repeated."""

    answers: dict[str, list[Measurement | MeasureFailure]]
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        tree = source.tree or ""
        self.asked.append((tree, fresh))
        runs = self.answers[tree]
        return runs.pop(0) if len(runs) > 1 else runs[0]


@dataclass(frozen=True, kw_only=True)
class Trees(FakeRepository):
    """Knows the differences between trees one by one."""

    between: dict[str, tuple[FileDiff, ...]] = field(default_factory=dict)

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        del tree
        if base_tree not in self.between:
            raise RepositoryError(f"no tree {base_tree}")
        return self.between[base_tree]


def judge(
    runs: Runs,
    *,
    between: dict[str, tuple[FileDiff, ...]] | None = None,
    store: MemoryStore | None = None,
    policy: Policy = POLICY,
) -> Verdict:
    landed = landing()
    ports = Ports(
        repository=Trees(
            landed=landed,
            changed=changes("src/a.py"),
            refs={"feature": landed.head, "main": landed.base},
            between={BASE: (), **(between or {})},
        ),
        configurations=FakeConfigurations(),
        measurer=runs,
        store=store or MemoryStore(),
        clock=FixedClock(iso=NOW),
        progress=RecordingProgress(),
    )
    return run_gate(REQUEST, ports, policy)


def ten(*missed: int) -> FileCoverage:
    lines = range(1, 11)
    return file_coverage("a.py", lines, set(lines) - set(missed))


def outcome(verdict: Verdict, rule: RuleName) -> Outcome:
    return next(found.outcome for found in verdict.rules if found.rule is rule)


def runs(*head: Measurement | MeasureFailure, base: Measurement | None = None) -> Runs:
    return Runs(answers={HEAD: list(head), BASE: [base or measurement(ten(), tree="base")]})


# Flaky lines


def test_lines_that_are_lost_are_measured_once_more() -> None:
    given = runs(measurement(ten(3)), measurement(ten(4)))
    verdict = judge(given)
    assert given.asked == [(HEAD, False), (BASE, False), (HEAD, True)]
    assert (verdict.state, verdict.flaky) == (State.PASS, (Unit(path="a.py", line=3),))


def test_a_line_that_is_lost_twice_is_lost_after_one_more_run() -> None:
    given = runs(measurement(ten(3, 4)), measurement(ten(4)), measurement(ten()))
    verdict = judge(given)
    # The base is asked, too, and ran it in both runs.
    assert given.asked == [(HEAD, False), (BASE, False), (HEAD, True), (BASE, True)]
    assert verdict.state is State.FAIL
    assert verdict.lost is not None
    assert [place.line for place in verdict.lost] == [4]


def on_base(*again: Measurement | MeasureFailure) -> Runs:
    """Line 3 ran on the base, and in no run of the head."""
    first = measurement(ten(), tree="base")
    return Runs(answers={HEAD: [measurement(ten(3))], BASE: [first, *again]})


def test_a_line_that_ran_on_the_base_by_chance_alone_is_not_lost() -> None:
    given, store = on_base(measurement(ten(3), tree="base")), MemoryStore()
    verdict = judge(given, store=store)
    assert given.asked == [(HEAD, False), (BASE, False), (HEAD, True), (BASE, True)]
    assert (verdict.state, verdict.flaky) == (State.PASS, (Unit(path="a.py", line=3),))
    # It is known from now on: the next branch needs one run.
    following = on_base()
    assert judge(following, store=store).state is State.PASS
    assert following.asked == [(HEAD, False), (BASE, False)]


@pytest.mark.parametrize(
    "again",
    [
        TIMEOUT,
        measurement(ten(4), tree="base"),
        measurement(ten(3), tree="base", exit_status=1),
    ],
)
def test_what_the_base_does_not_prove_is_lost(again: Measurement | MeasureFailure) -> None:
    verdict = judge(on_base(again))
    assert verdict.state is State.FAIL
    assert [place.line for place in verdict.lost or ()] == [3]


class ReadOnly(MemoryStore):
    """Nothing can be noted in it."""

    def note_flaky(self, repository: str, lines: Iterable[FlakyLine], at: str) -> None:
        raise StoreError(f"{repository}: {lines} of {at} cannot be kept")


def test_what_cannot_be_kept_excuses_all_the_same() -> None:
    assert judge(on_base(measurement(ten(3), tree="base")), store=ReadOnly()).state is State.PASS


def test_a_second_run_that_cannot_be_made_excuses_nothing() -> None:
    assert judge(runs(measurement(ten(3)), TIMEOUT)).state is State.FAIL


def test_nothing_is_measured_once_more_where_something_else_is_wrong_too() -> None:
    given = runs(measurement(ten(3)))
    verdict = judge(given, policy=replace(POLICY, floor=Fraction(1)))
    assert verdict.state is State.FAIL
    assert given.asked == [(HEAD, False), (BASE, False)]


def test_nothing_is_measured_once_more_for_another_tree_than_was_measured() -> None:
    given = runs(measurement(replace(ten(3), blob="another")))
    policy = replace(POLICY, rules=frozenset({RuleName.LOST}))
    assert judge(given, policy=policy).state is State.FAIL
    assert given.asked == [(HEAD, False), (BASE, False)]


def flaky(tree: str, line: int) -> FlakyLine:
    return FlakyLine(tree=tree, unit=Unit(path="a.py", line=line), blob=tree_id("a.py"))


def known(*lines: FlakyLine, at: str = NOW) -> MemoryStore:
    store = MemoryStore()
    store.note_flaky("repo", lines, at)
    return store


def test_what_main_proves_to_be_flaky_needs_no_second_run() -> None:
    given = runs(measurement(ten(3)))
    verdict = judge(given, store=known(flaky(BASE, 3)))
    assert (verdict.state, len(given.asked)) == (State.PASS, 2)


def test_evidence_of_an_older_main_is_carried_to_the_head() -> None:
    text = "".join(f"line_{number}()\n" for number in range(1, 11))
    older = file_diff("a.py", "first()\n" + text, text)
    verdict = judge(runs(measurement(ten(3))), between={OLD: (older,)}, store=known(flaky(OLD, 4)))
    assert verdict.state is State.PASS


@pytest.mark.parametrize(
    "store", [known(flaky(BASE, 3), at=LONG_AGO), known(flaky(OLD, 3)), known(flaky(BASE, 4))]
)
def test_evidence_that_is_old_lost_or_about_another_line_excuses_nothing(
    store: MemoryStore,
) -> None:
    assert judge(runs(measurement(ten(3))), store=store).state is State.FAIL


def test_nobody_looks_for_flaky_lines_where_no_rule_reads_lines() -> None:
    policy = replace(POLICY, rules=frozenset())
    assert judge(runs(measurement(ten())), policy=policy, store=known(flaky(BASE, 3))).flaky is None


# A baseline whose code went away in an earlier merge

TESTED = file_coverage("gone.py", range(1, 41), range(1, 41))
GONE = file_diff("gone.py", "".join(f"line_{number}()\n" for number in range(1, 41)), None)
FOUNDED = measurement(covered(50, 100, path="rest.py"), TESTED, tree="old")
LEFT = measurement(covered(50, 100, path="rest.py"), tree="base")


def founded(
    measured: Measurement = FOUNDED, *, tree: str | None = OLD, rate: Fraction | None = None
) -> MemoryStore:
    store = MemoryStore()
    counts: Counts | None = measured.counts
    assert counts is not None
    store.ratchet(
        Rise(
            key=key_of("repo", measured),
            rate=rate or counts.rate or Fraction(0),
            counts=None if rate else counts,
            sha=tree_id("old-commit"),
            tree=tree,
            at=LONG_AGO,
        )
    )
    return store


def neutral(
    head: Measurement,
    *,
    store: MemoryStore | None = None,
    measured: Measurement | MeasureFailure = FOUNDED,
    diff: tuple[FileDiff, ...] | None = (GONE,),
    change: tuple[FileDiff, ...] = (),
    policy: Policy = POLICY,
) -> tuple[Verdict, Runs]:
    given = Runs(answers={HEAD: [head], BASE: [LEFT], OLD: [measured]})
    between = {BASE: change} | ({} if diff is None else {OLD: diff})
    return judge(given, between=between, store=store or founded(), policy=policy), given


def test_the_next_change_after_a_lawful_deletion_passes() -> None:
    verdict, given = neutral(measurement(covered(50, 100, path="rest.py")))
    assert verdict.state is State.PASS
    assert "only because covered code went away since the baseline was set" in verdict.reason
    assert given.asked == [(HEAD, False), (BASE, False), (OLD, False)]


FRESH = file_diff("new.py", None, "".join(f"fresh_{number}()\n" for number in range(1, 11)))


@pytest.mark.parametrize(("ran", "state"), [(7, State.PASS), (6, State.FAIL)])
def test_what_comes_after_it_must_be_as_good_as_the_baseline(ran: int, state: State) -> None:
    # 90 of 140 is 64.3 %: of ten new statements 6.43 are asked.
    head = measurement(covered(50, 100, path="rest.py"), covered(ran, 10, path="new.py"))
    policy = replace(POLICY, rules=frozenset({RuleName.LOST}))
    verdict, _ = neutral(head, diff=(GONE, FRESH), change=(FRESH,), policy=policy)
    assert verdict.state is state


def test_the_tolerance_of_the_baseline_holds_for_what_is_left_of_it() -> None:
    head = measurement(covered(50, 100, path="rest.py"), covered(6, 10, path="new.py"))
    policy = Policy(rules=frozenset({RuleName.LOST}), epsilon=Fraction(1, 100))
    verdict, _ = neutral(head, diff=(GONE, FRESH), change=(FRESH,), policy=policy)
    assert verdict.state is State.PASS


def test_deleting_untested_code_pays_for_no_new_untested_code() -> None:
    dark = file_coverage("dark.py", range(1, 41), [])
    gone = file_diff("dark.py", "".join(f"line_{number}()\n" for number in range(1, 41)), None)
    measured = measurement(covered(50, 100, path="rest.py"), TESTED, dark, tree="old")
    head = measurement(covered(50, 100, path="rest.py"), covered(4, 10, path="new.py"))
    policy = replace(POLICY, rules=frozenset({RuleName.LOST}))
    verdict, _ = neutral(
        head,
        measured=measured,
        store=founded(measured),
        diff=(GONE, gone, FRESH),
        change=(FRESH,),
        policy=policy,
    )
    assert verdict.state is State.FAIL


def test_a_line_that_was_lost_since_is_no_deletion() -> None:
    verdict, _ = neutral(measurement(covered(49, 100, path="rest.py")))
    assert outcome(verdict, RuleName.BASELINE) is Outcome.FAIL


@pytest.mark.parametrize(
    "store", [founded(tree=None), founded(rate=Fraction(9, 10))], ids=["no tree", "a higher value"]
)
def test_a_value_that_no_measurement_has_is_not_excused(store: MemoryStore) -> None:
    verdict, _ = neutral(measurement(covered(50, 100, path="rest.py")), store=store)
    assert outcome(verdict, RuleName.BASELINE) is Outcome.FAIL


def test_a_tree_that_is_not_there_any_more_excuses_nothing() -> None:
    verdict, given = neutral(measurement(covered(50, 100, path="rest.py")), diff=None)
    assert verdict.state is State.FAIL
    assert given.asked == [(HEAD, False), (BASE, False)]


@pytest.mark.parametrize(
    "measured",
    [
        TIMEOUT,
        measurement(tree="old"),
        measurement(covered(50, 100, path="rest.py"), replace(TESTED, blob="x"), tree="old"),
    ],
    ids=["not measured", "nothing in it", "of other bytes"],
)
def test_a_tree_that_does_not_measure_as_it_did_excuses_nothing(
    measured: Measurement | MeasureFailure,
) -> None:
    head = measurement(covered(50, 100, path="rest.py"))
    verdict, _ = neutral(head, measured=measured, store=founded())
    assert verdict.state is State.FAIL


def test_nothing_measurable_is_never_excused() -> None:
    verdict, _ = neutral(measurement(), diff=(GONE,))
    assert verdict.state is State.FAIL


def test_an_excuse_tells_what_would_turn_a_verdict() -> None:
    head = measurement(covered(50, 100, path="rest.py"), covered(5, 10, path="new.py"))
    policy = Policy(name=PolicyName.BASELINE, rules=frozenset({RuleName.LOST}), epsilon=Fraction(0))
    verdict, _ = neutral(head, diff=(GONE, FRESH), change=(FRESH,), policy=policy)
    assert verdict.repair is not None
    assert verdict.repair.need == 2


# Who used to run it


def contexts(tree: str) -> MemoryStore:
    store = MemoryStore()
    ran = {"a.py": {"tests/test_a.py::test_three": bits_of([3])}}
    store.save_contexts("repo", context_map(tree, {"a.py": tree_id("a.py")}, ran), NOW)
    return store


@pytest.mark.parametrize(("tree", "tests"), [(BASE, ("tests/test_a.py::test_three",)), (OLD, ())])
def test_a_lost_line_names_its_tests_where_the_map_can_be_compared(
    tree: str, tests: tuple[str, ...]
) -> None:
    verdict = judge(runs(measurement(ten(3))), store=contexts(tree))
    assert verdict.lost is not None
    assert [place.tests for place in verdict.lost] == [tests]


def test_nobody_reads_the_map_where_nothing_is_lost() -> None:
    assert judge(runs(measurement(ten())), store=contexts(BASE)).lost == ()
