"""What the rule makes of the trials."""

from __future__ import annotations

import pytest

from coverage_gate.core.decide import decide
from coverage_gate.core.deltas import Units
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.mutants import Mutant
from coverage_gate.core.patch import Patch, PatchFile
from coverage_gate.core.policy import MutationMode, MutationPolicy, Policy, RuleName
from coverage_gate.core.sampling import Fate, Sampling, Trial, chosen_from, claimed_lines
from coverage_gate.core.verdict import Outcome, RuleResult, State
from coverage_gate.testing.values import changes, covered, file_coverage, landing, measurement


def mutant(line: int, path: str = "src/a.py") -> Mutant:
    return Mutant(
        path=path, line=line, symbol="f", start=0, end=1, text=b"2", change="`1` becomes `2`"
    )


def sampling(*fates: Fate) -> Sampling:
    trials = tuple(Trial(mutant=mutant(line), fate=fate) for line, fate in enumerate(fates, 1))
    return Sampling(asked=9, sites=9, trials=trials)


def judged(found: Sampling | None, *, most: int = 0, mode: str = "warn") -> RuleResult | None:
    policy = Policy(mutation=MutationPolicy(samples=9, max_survivors=most, mode=MutationMode(mode)))
    verdict = decide(
        Evidence(
            policy=policy,
            landing=landing(),
            changes=changes(),
            head=measurement(covered(9, 10)),
            sampling=found,
        )
    )
    rules = [each for each in verdict.rules if each.rule is RuleName.MUTATION]
    assert verdict.sampling is found
    assert (verdict.state is State.FAIL) == any(each.outcome is Outcome.FAIL for each in rules)
    return rules[0] if rules else None


def test_where_none_was_asked_for_the_rule_is_not_told() -> None:
    assert judged(None) is None


@pytest.mark.parametrize(
    ("most", "mode", "outcome"),
    [(0, "warn", Outcome.WARN), (0, "fail", Outcome.FAIL), (1, "fail", Outcome.PASS)],
)
def test_more_survivors_than_allowed_warn_or_fail(most: int, mode: str, outcome: Outcome) -> None:
    result = judged(sampling(Fate.NOTICED, Fate.SURVIVED), most=most, mode=mode)
    assert result is not None
    assert (result.outcome, str(result.actual)) == (outcome, "1/2")
    assert result.findings == ("src/a.py:2 f: `1` becomes `2`",)
    assert "1 of 2; they pass all the same with src/a.py:2 f" in result.detail


def test_what_was_not_told_is_counted_apart() -> None:
    result = judged(sampling(Fate.NOTICED, Fate.UNREACHED, Fate.UNTRIED), mode="fail")
    assert result is not None
    assert (result.outcome, str(result.actual)) == (Outcome.PASS, "1/1")
    assert "1 not told" in result.detail
    assert "1 not tried" in result.detail


def test_nothing_tried_is_a_skip_that_says_why() -> None:
    result = judged(Sampling(asked=3, note="nothing to try"), mode="fail")
    assert result is not None
    assert (result.outcome, result.detail) == (Outcome.SKIP, "nothing to try")


@pytest.mark.parametrize(("mode", "outcome"), [("warn", Outcome.WARN), ("fail", Outcome.FAIL)])
def test_tests_that_fail_without_a_change_are_the_branch_s(mode: str, outcome: Outcome) -> None:
    result = judged(Sampling(asked=3, trouble="the tests fail"), mode=mode)
    assert result is not None
    assert (result.outcome, result.detail) == (outcome, "the tests fail")


def test_only_covered_lines_of_the_change_are_claimed() -> None:
    file = file_coverage("src/a.py", [1, 2, 3], [1, 3])
    dark = file_coverage("src/b.py", [1], [])
    files = [
        PatchFile(file=file, units=Units(lines=bits_of([2, 3]))),
        PatchFile(file=dark, units=Units(lines=bits_of([1]))),
    ]
    assert claimed_lines(Patch(files=tuple(files))) == {"src/a.py": bits_of([3])}


def test_the_sites_are_lines_and_the_choice_is_bounded() -> None:
    texts = {"a.py": b"x = a < 1\ny = 2\n", "b.py": b"z = 3\n"}
    claimed = {"a.py": bits_of([1, 2])}
    chosen, sites = chosen_from(claimed, texts, asked=1, seed="s")
    assert (len(chosen), sites) == (1, 2)
