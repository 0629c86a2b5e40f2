from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.branch_paths import BranchPath
from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FileCoverage, Kind, Measurement, Unparsable
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.targets import Target
from coverage_gate.core.verdict import Outcome, RuleResult, State, Verdict
from coverage_gate.testing.repairing import repaired
from coverage_gate.testing.values import (
    changes,
    covered,
    file_coverage,
    file_diff,
    landing,
    measurement,
)

BRANCHED = Kind(core="ctrace", python="3.11", branch=True)
EIGHTY = Target(pattern="src/worker.py", least=Fraction(8, 10))
ALL = Target(pattern="*/commands/*.py", least=Fraction(1), branches=True)


def branched(path: str, *, taken: int, executed: int = 3) -> FileCoverage:
    """Three statements, the first of which branches."""
    file = file_coverage(path, [1, 2, 3], range(1, executed + 1))
    return replace(file, branches=((1, 2), (1, 3)), taken=((1, 2), (1, 3))[:taken])


def judged(
    head: Measurement, *targets: Target, diff: tuple[FileDiff, ...] = (), rules: str = "targets"
) -> Verdict:
    return decide(evidence(head, *targets, diff=diff, rules=rules))


def evidence(
    head: Measurement, *targets: Target, diff: tuple[FileDiff, ...] = (), rules: str = "targets"
) -> Evidence:
    names = frozenset(RuleName(name) for name in rules.split(",") if name)
    return Evidence(
        policy=Policy(rules=names, targets=targets),
        landing=landing(),
        changes=changes(),
        head=head,
        base=head,
        diff=diff,
    )


def result(verdict: Verdict) -> RuleResult:
    return next(found for found in verdict.rules if found.rule is RuleName.TARGETS)


def test_a_file_below_its_target_fails_with_its_counts() -> None:
    head = measurement(covered(7, 10, path="src/worker.py"), covered(1, 90, path="src/rest.py"))
    found = result(judged(head, EIGHTY))
    assert (found.outcome, str(found.actual), found.required) == (
        Outcome.FAIL,
        "7/10",
        Fraction(8, 10),
    )
    assert found.detail == ("below the target: src/worker.py 7/10, 80% of statements are required")
    assert found.findings == ("src/worker.py",)


def test_a_file_exactly_on_its_target_holds() -> None:
    verdict = judged(measurement(covered(8, 10, path="src/worker.py")), EIGHTY)
    assert result(verdict).detail == "files with a target: 1, none is below it"
    assert verdict.state is State.PASS


def test_a_target_is_exact_and_knows_no_tolerance() -> None:
    target = replace(EIGHTY, least=Fraction(70001, 100000))
    assert result(judged(measurement(covered(7, 10, path="src/worker.py")), target)).outcome == (
        Outcome.FAIL
    )


def test_each_file_is_judged_by_itself() -> None:
    target = Target(pattern="src/", least=Fraction(1, 2))
    head = measurement(
        covered(10, 10, path="src/a.py"),
        covered(4, 10, path="src/b.py"),
        covered(0, 9, path="c.py"),
    )
    assert result(judged(head, target)).findings == ("src/b.py",)


def test_several_files_below_are_told_one_by_one() -> None:
    target = Target(pattern="src/", least=Fraction(1))
    head = measurement(covered(1, 2, path="src/a.py"), covered(1, 3, path="src/b.py"))
    found = result(judged(head, target))
    assert (found.actual, found.required) == (None, None)
    assert "src/a.py 1/2" in found.detail
    assert "src/b.py 1/3" in found.detail


def test_a_target_for_branches_counts_statements_and_branches() -> None:
    path = "src/shop/commands/load.py"
    half = measurement(branched(path, taken=1), kind=BRANCHED)
    found = result(judged(half, ALL))
    assert (found.outcome, str(found.actual)) == (Outcome.FAIL, "4/5")
    assert result(judged(measurement(branched(path, taken=2), kind=BRANCHED), ALL)).outcome == (
        Outcome.PASS
    )


def test_a_target_for_statements_looks_at_no_branch() -> None:
    head = measurement(branched("src/worker.py", taken=0), kind=BRANCHED)
    assert result(judged(head, replace(EIGHTY, least=Fraction(1)))).outcome is Outcome.PASS


def test_a_target_for_branches_is_told_where_none_are_measured() -> None:
    head = measurement(covered(3, 3, path="src/commands/load.py"))
    found = result(judged(head, ALL))
    assert found.outcome is Outcome.WARN
    assert "judged by statements" in found.detail


def test_a_pattern_that_means_no_file_is_named_and_fails_nothing() -> None:
    verdict = judged(measurement(covered(1, 2)), EIGHTY)
    found = result(verdict)
    assert (found.outcome, found.detail) == (Outcome.WARN, "src/worker.py matches no file")
    assert verdict.state is State.PASS
    assert verdict.warnings == ("targets: src/worker.py matches no file",)


def test_a_file_without_anything_to_cover_holds() -> None:
    head = measurement(file_coverage("src/worker.py", [], []))
    assert result(judged(head, EIGHTY)).outcome is Outcome.PASS


@pytest.mark.parametrize("is_broken", [True, False])
def test_a_file_that_was_not_measured_does_not_reach_its_target(*, is_broken: bool) -> None:
    broken = Unparsable(path="src/worker.py", blob="0" * 40, line=1, message="no Python")
    head = measurement(
        covered(1, 2),
        unparsable=(broken,) if is_broken else (),
        unlisted=() if is_broken else ("src/worker.py", "src/other.py"),
    )
    verdict = judged(head, EIGHTY)
    assert result(verdict).detail == (
        "below the target: src/worker.py not measured, 80% of statements are required"
    )
    assert verdict.repair is not None
    assert (verdict.repair.need, verdict.repair.reason) == (
        None,
        "a file with a target is not measured",
    )


@pytest.mark.parametrize("rules", ["", "lost"])
def test_without_its_switch_the_rule_judges_nothing(rules: str) -> None:
    verdict = judged(measurement(covered(0, 10, path="src/worker.py")), EIGHTY, rules=rules)
    assert all(found.rule is not RuleName.TARGETS for found in verdict.rules)


def test_without_a_target_the_rule_judges_nothing() -> None:
    assert all(
        found.rule is not RuleName.TARGETS for found in judged(measurement(covered(1, 2))).rules
    )


# What suffices


def turns(given: Evidence, *, need: int) -> None:
    """The smallest set turns the verdict, and with one element less it does not."""
    found = decide(given).repair
    assert found is not None
    assert found.need == need
    assert decide(repaired(given, found.units)).state is State.PASS
    for unit in found.units:
        rest = [each for each in found.units if each != unit]
        assert decide(repaired(given, rest)).state is State.FAIL


def test_what_a_target_misses_suffices() -> None:
    turns(evidence(measurement(covered(5, 10, path="src/worker.py")), EIGHTY), need=3)


def test_what_a_target_for_branches_misses_suffices() -> None:
    path = "src/commands/load.py"
    head = measurement(branched(path, taken=0, executed=2), kind=BRANCHED)
    turns(evidence(head, ALL), need=2)


def test_two_targets_of_a_file_share_what_they_need() -> None:
    head = measurement(branched("src/worker.py", taken=0, executed=1), kind=BRANCHED)
    both = (replace(EIGHTY, least=Fraction(1)), replace(EIGHTY, branches=True))
    turns(evidence(head, *both), need=3)


def test_new_code_that_a_target_asks_for_counts_for_patch_as_well() -> None:
    text = "".join(f"line_{number}()\n" for number in range(10))
    files = [covered(0, 10, path="a.py"), covered(0, 10, path="b.py")]
    diff = tuple(file_diff(file.path, None, text) for file in files)
    target = Target(pattern="b.py", least=Fraction(5, 10))
    given = evidence(measurement(*files), target, diff=diff, rules="patch,targets")
    turns(replace(given, base=None), need=18)


def test_the_decisive_statement_is_one_that_a_target_asks_for() -> None:
    files = [covered(0, 1, path="a.py"), covered(0, 1, path="b.py")]
    diff = tuple(file_diff(file.path, None, "line()\n") for file in files)
    target = Target(pattern="b.py", least=Fraction(1))
    given = evidence(measurement(*files), target, diff=diff, rules="patch,targets")
    turns(replace(given, base=None), need=1)


# Branches, path by path


@pytest.mark.parametrize(
    ("paths", "outcome"),
    [
        ((), Outcome.FAIL),
        ((BranchPath(pattern="**", is_on=False),), Outcome.PASS),
        (
            (BranchPath(pattern="**", is_on=False), BranchPath(pattern="a.py", is_on=True)),
            Outcome.FAIL,
        ),
        ((BranchPath(pattern="b.py", is_on=False),), Outcome.FAIL),
    ],
)
def test_a_lost_branch_counts_where_branches_are_judged(
    paths: tuple[BranchPath, ...], outcome: Outcome
) -> None:
    base = measurement(branched("a.py", taken=2), tree="base", kind=BRANCHED)
    head = measurement(branched("a.py", taken=1), kind=BRANCHED)
    policy = Policy(rules=frozenset({RuleName.LOST}), branch_paths=paths)
    given = Evidence(
        policy=policy, landing=landing(), changes=changes(), head=head, base=base, diff=()
    )
    verdict = decide(given)
    found = next(each for each in verdict.rules if each.rule is RuleName.LOST)
    assert found.outcome is outcome
    # The totals and their attribution stay those of the whole measurement.
    assert verdict.attribution is not None
    assert (verdict.attribution.lost, str(verdict.judged)) == (1, "4/5")


def test_the_branches_of_the_patch_are_told_where_branches_are_judged() -> None:
    head = measurement(branched("a.py", taken=1), kind=BRANCHED)
    diff = (file_diff("a.py", None, "if a:\n  b()\nc()\n"),)
    off = (BranchPath(pattern="a.py", is_on=False),)
    for paths, branches in (((), "1/2"), (off, "0/0")):
        policy = Policy(rules=frozenset({RuleName.PATCH}), branch_paths=paths)
        patch = decide(
            Evidence(policy=policy, landing=landing(), changes=changes(), head=head, diff=diff)
        ).patch
        assert patch is not None
        assert (str(patch.statements), str(patch.branches)) == ("3/3", branches)
