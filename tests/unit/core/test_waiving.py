"""What waivers take out of the judging: only what they name, and only once."""

from dataclasses import replace
from fractions import Fraction

import pytest

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.decide import decide
from coverage_gate.core.deltas import Units
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.ledger import Hidden, Why
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.verdict import Outcome, State, Verdict
from coverage_gate.core.waiver import Waiver
from coverage_gate.core.waiving import Waivers, WaiverState, unwaived, uses_of
from coverage_gate.testing.values import (
    changes,
    file_coverage,
    file_diff,
    landing,
    measurement,
    waiver,
)

PATH = "src/a.py"
OLD = "a = f()\nb = f()\n"
NEW = OLD + "".join(f"{name} = f()\n" for name in "cdefghijkl")
TEXT = NEW.encode()
NOW = "2026-01-10T00:00:00Z"


def judged(
    head: FileCoverage,
    *rows: Waiver,
    text: bytes = TEXT,
    base: FileCoverage | None = None,
    tests: dict[str, str] | None = None,
    before: dict[str, str] | None = None,
) -> Verdict:
    return decide(
        Evidence(
            policy=Policy(),
            landing=landing(),
            changes=changes(PATH),
            head=measurement(head, tests=tests),
            base=measurement(base or file_coverage(PATH, [1, 2], [1, 2]), tests=before),
            diff=(file_diff(PATH, OLD, NEW),),
            waivers=Waivers(rows=rows, texts={PATH: text, "src/b.py": TEXT}, now=NOW),
        )
    )


def outcome(verdict: Verdict, rule: RuleName) -> Outcome:
    return next(result.outcome for result in verdict.rules if result.rule is rule)


def states(verdict: Verdict) -> list[WaiverState]:
    return [use.state for use in verdict.waivers]


UNCOVERED = file_coverage(PATH, range(1, 13), range(1, 10))
LINES = waiver(lines=(10, 12), text=TEXT)


def test_without_a_waiver_uncovered_lines_fail() -> None:
    verdict = judged(UNCOVERED)
    assert (verdict.state, verdict.waivers) == (State.FAIL, ())


def test_waived_lines_are_not_judged() -> None:
    verdict = judged(UNCOVERED, LINES)
    assert (verdict.state, states(verdict)) == (State.PASS, [WaiverState.USED])
    assert verdict.patch is not None
    assert str(verdict.patch.statements) == "7/7"
    assert verdict.waivers[0].lines == (10, 12)


def test_only_the_lines_that_are_named_are_waived() -> None:
    verdict = judged(UNCOVERED, waiver(lines=(10, 11), text=TEXT))
    assert (verdict.state, states(verdict)) == (State.FAIL, [WaiverState.USED])


def test_floor_and_baseline_are_not_waived() -> None:
    stored = Baseline(
        key=BaselineKey(repository="repo"),
        epoch=1,
        rate=Fraction(1),
        counts=None,
        sha="",
        updated_at="",
    )
    evidence = Evidence(
        policy=Policy(),
        landing=landing(),
        changes=changes(PATH),
        head=measurement(UNCOVERED),
        base=measurement(file_coverage(PATH, [1, 2], [1, 2])),
        baseline=stored,
        diff=(file_diff(PATH, OLD, NEW),),
        waivers=Waivers(rows=(LINES,), texts={PATH: TEXT}, now=NOW),
    )
    verdict = decide(evidence)
    assert outcome(verdict, RuleName.PATCH) is Outcome.PASS
    assert outcome(verdict, RuleName.BASELINE) is Outcome.FAIL


def test_a_waiver_of_lines_that_run_is_not_used() -> None:
    everything = file_coverage(PATH, range(1, 13), range(1, 13))
    verdict = judged(everything, LINES)
    assert states(verdict) == [WaiverState.OPEN]
    assert verdict.patch is not None
    assert str(verdict.patch.statements) == "10/10"


def test_a_waiver_of_an_untouched_file_is_not_used() -> None:
    verdict = judged(UNCOVERED, replace(LINES, path="src/b.py"))
    assert (verdict.state, states(verdict)) == (State.FAIL, [WaiverState.OPEN])
    verdict = judged(UNCOVERED, replace(LINES, path="src/c.py"))
    assert (verdict.state, states(verdict)) == (State.FAIL, [WaiverState.STALE])


def test_lost_lines_can_be_waived() -> None:
    head = file_coverage(PATH, range(1, 13), [1, *range(3, 13)])
    assert outcome(judged(head), RuleName.LOST) is Outcome.FAIL
    verdict = judged(head, waiver(lines=(2, 2), text=TEXT))
    assert outcome(verdict, RuleName.LOST) is Outcome.PASS
    assert states(verdict) == [WaiverState.USED]


def test_branches_go_with_the_line_that_they_start_from() -> None:
    full = file_coverage(PATH, range(1, 13), range(1, 13))
    arcs = ((1, 2), (1, 3), (11, 12), (11, -1))
    base = replace(file_coverage(PATH, [1, 2], [1, 2]), branches=arcs[:2], taken=arcs[:1])
    head = replace(full, branches=arcs, taken=arcs[1:3])
    assert outcome(judged(head, base=base), RuleName.LOST) is not None
    verdict = judged(head, LINES, base=base)
    assert states(verdict) == [WaiverState.USED]
    assert verdict.patch is not None
    assert str(verdict.patch.branches) == "1/1"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"expires_at": NOW}, WaiverState.EXPIRED),
        ({"digest": "other"}, WaiverState.STALE),
        ({"used_at": "2026-01-02T00:00:00Z"}, WaiverState.OWED),
    ],
)
def test_a_waiver_that_is_over_has_no_effect_and_says_so(
    change: dict[str, str], state: WaiverState
) -> None:
    verdict = judged(UNCOVERED, replace(LINES, **change))  # type: ignore[arg-type]
    assert (verdict.state, states(verdict)) == (State.FAIL, [state])


def test_what_a_merge_used_is_owed_until_it_runs_or_changes() -> None:
    used = replace(LINES, used_at="2026-01-02T00:00:00Z")
    assert states(judged(UNCOVERED, used)) == [WaiverState.OWED]
    assert states(judged(file_coverage(PATH, range(1, 13), range(1, 13)), used)) == []
    assert states(judged(UNCOVERED, used, text=TEXT.replace(b"k = f()", b"k = 1"))) == []
    hidden = replace(file_coverage(PATH, range(1, 10), range(1, 10)), excluded=1 << 11)
    assert states(judged(hidden, used)) == [WaiverState.OWED]
    gone = Waivers(rows=(used,), texts={PATH: TEXT}, now=NOW)
    assert _states_without_file(gone) == [WaiverState.OWED]


def _states_without_file(waivers: Waivers) -> list[WaiverState]:
    evidence = Evidence(
        policy=Policy(),
        landing=landing(),
        changes=changes(),
        head=measurement(),
        waivers=waivers,
    )
    return [use.state for use in evidence.waiver_uses]


TESTS = waiver(path="", tests=("t.py::a",))
BEFORE = {"t.py::a": "passed", "t.py::b": "passed"}
FULL = file_coverage(PATH, range(1, 13), range(1, 13))


def test_only_the_tests_that_are_named_may_be_gone() -> None:
    skipped = {"t.py::a": "skipped", "t.py::b": "passed"}
    assert judged(FULL, tests=skipped, before=BEFORE).state is State.FAIL
    verdict = judged(FULL, TESTS, tests=skipped, before=BEFORE)
    assert (verdict.state, states(verdict)) == (State.PASS, [WaiverState.USED])
    assert verdict.vanished == ()
    both = {"t.py::a": "skipped", "t.py::b": "skipped"}
    verdict = judged(FULL, TESTS, tests=both, before=BEFORE)
    assert verdict.state is State.FAIL
    assert [each.test for each in verdict.vanished or ()] == ["t.py::b"]


def test_a_waiver_of_a_test_that_fails_allows_nothing() -> None:
    failing = {"t.py::a": "failed", "t.py::b": "passed"}
    verdict = judged(FULL, TESTS, tests=failing, before=BEFORE)
    assert (verdict.state, states(verdict)) == (State.FAIL, [WaiverState.OPEN])


def test_a_test_that_a_merge_let_go_is_owed_until_it_passes() -> None:
    used = replace(TESTS, used_at="2026-01-02T00:00:00Z")
    gone = {"t.py::b": "passed"}
    assert states(judged(FULL, used, tests=gone, before=gone)) == [WaiverState.OWED]
    assert states(judged(FULL, used, tests=BEFORE, before=gone)) == []


def test_what_is_hidden_can_be_waived() -> None:
    hidden = (
        Hidden(path=PATH, lines=1 << 10 | 1 << 3, why=Why.COMMENT, units=Units(lines=1 << 10 | 8)),
        Hidden(path=PATH, lines=1 << 11, why=Why.BRANCH, units=Units(arcs=((11, -1),))),
        Hidden(path="src/b.py", lines=1 << 11, why=Why.PATTERN, units=Units(lines=1 << 11)),
    )
    waivers = Waivers(rows=(LINES,), texts={PATH: TEXT}, now=NOW)
    assert unwaived(hidden, waivers.lines) == (
        Hidden(path=PATH, lines=1 << 3, why=Why.COMMENT, units=Units(lines=1 << 3)),
        hidden[2],
    )
    (use,) = uses_of(waivers, measurement(), None, hidden, ())
    assert use.state is WaiverState.USED
    (use,) = uses_of(waivers, measurement(), None, hidden[2:], ())
    assert use.state is WaiverState.OPEN


def test_without_lines_nothing_is_used() -> None:
    waivers = Waivers(rows=(LINES,), texts={PATH: TEXT}, now=NOW)
    assert _states_without_file(waivers) == [WaiverState.OPEN]
