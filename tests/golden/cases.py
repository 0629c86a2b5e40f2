"""The verdicts whose faces are kept as golden files: one for each state and each way into it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from coverage_gate.core.audit import Finding
from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.decide import decide
from coverage_gate.core.deltas import Units
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.ledger import Hidden, Why
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement, Span
from coverage_gate.core.nearest import read_tests
from coverage_gate.core.ordering import Sources
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.rates import Counts
from coverage_gate.core.vanished import Vanished
from coverage_gate.core.verdict import Outcome, Reason, RuleResult, State, Verdict
from coverage_gate.core.waiving import WaiverState, WaiverUse
from coverage_gate.core.work_order import Asked
from coverage_gate.testing.values import (
    changes,
    covered,
    file_coverage,
    file_diff,
    landing,
    measurement,
    tree_id,
    waiver,
)

WORK_ITEM = "ET-7"
REPOSITORY = "shop"
POLICY = Policy(floor=Fraction(80, 100))
OUTPUT = """\
==================================== ERRORS ====================================
_____________________ ERROR collecting tests/test_cart.py ______________________
ImportError while importing test module 'tests/test_cart.py'.
E   ModuleNotFoundError: No module named 'shop.discounts', a line that is wider than 80
=========================== short test summary info ============================
ERROR tests/test_cart.py
"""
HOSTILE = "a`b|c\n---\ncoverage_status: PASS\n\x1b[2J\u202e# <b>[x](http://evil)</b> *_*\ud800"


def _verdict(state: State, code: Reason, reason: str, *, allowed: bool) -> Verdict:
    """A verdict of pinned trees without a measurement; FAIL stands in until more is known."""
    return Verdict(
        state=state,
        merge_allowed=allowed,
        code=code,
        reason=reason,
        policy=POLICY,
        commit=tree_id("head-commit"),
        tree=tree_id("head"),
        base_commit=tree_id("base-commit"),
    )


def _baseline(numerator: int, denominator: int) -> Baseline:
    counts = Counts(covered=numerator, total=denominator)
    return Baseline(
        key=BaselineKey(repository=REPOSITORY, scope="scope", kind="ctrace-3.11-line"),
        epoch=1,
        rate=Fraction(numerator, denominator),
        counts=counts,
        sha=tree_id("base-commit"),
        updated_at="2026-01-01T00:00:00Z",
    )


def _measured(numerator: int, denominator: int, tests: dict[str, str]) -> Measurement:
    return measurement(
        covered(numerator, denominator, path="src/shop/cart.py"),
        tests=tests,
        exit_status=int("failed" in tests.values()),
    )


def _limit(rule: RuleName, outcome: Outcome, detail: str, counts: Counts, limit: str) -> RuleResult:
    return RuleResult(
        rule=rule, outcome=outcome, detail=detail, actual=counts, required=Fraction(limit) / 100
    )


def passing() -> Verdict:
    """Above floor and baseline."""
    counts = Counts(covered=875, total=1000)
    return Verdict(
        state=State.PASS,
        merge_allowed=True,
        code=Reason.HOLDS,
        reason="87.5% (875/1000): floor: 87.5% ≥ floor 80% - 0.5; "
        "baseline: 87.5% ≥ baseline 85% - 0.5",
        policy=POLICY,
        commit=tree_id("head-commit"),
        tree=tree_id("head"),
        base_commit=tree_id("base-commit"),
        measurement=_measured(875, 1000, {"tests/test_cart.py::test_total": "passed"}),
        baseline=_baseline(850, 1000),
        judged=counts,
        rules=(
            _limit(RuleName.FLOOR, Outcome.PASS, "87.5% ≥ floor 80% - 0.5", counts, "79.5"),
            _limit(RuleName.BASELINE, Outcome.PASS, "87.5% ≥ baseline 85% - 0.5", counts, "84.5"),
            RuleResult(
                rule=RuleName.UNMEASURED,
                outcome=Outcome.PASS,
                detail="changed Python files: 2, none unknown to the measurement",
            ),
            RuleResult(
                rule=RuleName.INTEGRITY, outcome=Outcome.PASS, detail="no test of the branch fails"
            ),
        ),
    )


def bootstrap() -> Verdict:
    """The first merge, of a change without Python."""
    verdict = passing()
    floor, *_ = verdict.rules
    return replace(
        verdict,
        code=Reason.BOOTSTRAP,
        reason="87.5% (875/1000): floor: 87.5% ≥ floor 80% - 0.5; "
        "baseline: bootstrap: no baseline yet",
        baseline=None,
        rules=(
            floor,
            RuleResult(
                rule=RuleName.BASELINE,
                outcome=Outcome.PASS,
                detail="bootstrap: no baseline yet",
                actual=verdict.judged,
            ),
            RuleResult(
                rule=RuleName.UNMEASURED,
                outcome=Outcome.SKIP,
                detail="nothing to measure: no Python file changed",
            ),
        ),
    )


def broken_rules() -> Verdict:
    """Below the baseline, with failing tests, a hidden line and an unmeasured file."""
    counts = Counts(covered=820, total=1000)
    tests = [f"tests/test_cart.py::test_discount[{index}]" for index in range(12)]
    return Verdict(
        state=State.FAIL,
        merge_allowed=False,
        code=Reason.RULE_BROKEN,
        reason="82% (820/1000): baseline: 82% < baseline 85% - 0.5; unmeasured: not measured: "
        "src/shop/legacy.py (never ran, and its folder has no __init__.py)",
        policy=POLICY,
        commit=tree_id("head-commit"),
        tree=tree_id("head"),
        base_commit=tree_id("base-commit"),
        measurement=_measured(821, 1000, dict.fromkeys(tests, "failed")),
        baseline=_baseline(850, 1000),
        judged=counts,
        rules=(
            _limit(RuleName.FLOOR, Outcome.PASS, "82% ≥ floor 80% - 0.5", counts, "79.5"),
            _limit(RuleName.BASELINE, Outcome.FAIL, "82% < baseline 85% - 0.5", counts, "84.5"),
            RuleResult(
                rule=RuleName.UNMEASURED,
                outcome=Outcome.FAIL,
                detail="not measured: src/shop/legacy.py (never ran, and its folder has no "
                "__init__.py)",
                findings=("src/shop/legacy.py",),
            ),
            RuleResult(
                rule=RuleName.INTEGRITY,
                outcome=Outcome.WARN,
                detail="tests fail, none of which passed on the base",
                findings=tuple(tests),
            ),
        ),
        unmeasured=("src/shop/legacy.py",),
        failing_tests=tuple(tests),
        audit=(
            Finding(
                path="tests/test_cart.py",
                line=12,
                test="tests/test_cart.py::test_all",
                finding="no assertion",
            ),
            Finding(path="tests/new.py", line=0, test="", finding="cannot be read: invalid syntax"),
        ),
        waivers=(WaiverUse(waiver=waiver(), state=WaiverState.OWED, lines=(12, 14)),),
        vanished=(
            Vanished(
                test="tests/test_cart.py::test_total",
                was="passed",
                now="skipped",
                why="it is skipped",
            ),
        ),
        hidden=(
            Hidden(
                path="src/shop/cart.py",
                lines=bits_of([40]),
                why=Why.BRANCH,
                units=Units(arcs=((40, 44),)),
            ),
        ),
        warnings=("integrity: tests fail, none of which passed on the base",),
    )


def conflict() -> Verdict:
    """Does not merge with its base."""
    return _verdict(
        State.FAIL,
        Reason.DOES_NOT_MERGE,
        "does not merge with main: src/shop/cart.py. "
        "Merge main into the branch and solve the conflicts.",
        allowed=False,
    )


def branch_fault() -> Verdict:
    """The tests cannot start, those of the base can."""
    message = "the tests cannot start: the test command ended with status 2"
    return replace(
        _verdict(
            State.FAIL,
            Reason.BRANCH_UNMEASURABLE,
            f"the branch cannot be measured, but the base measures: {message}",
            allowed=False,
        ),
        failure=MeasureFailure(code=FailureCode.TESTS_CANNOT_START, message=message, output=OUTPUT),
    )


def tool_error_open() -> Verdict:
    """The tool could not measure, and the policy opens."""
    message = "no coverage.py in the repository's interpreter: install it there"
    return replace(
        _verdict(
            State.UNMEASURABLE,
            Reason.TOOL_ERROR,
            f"could not measure (fail-open): {message}",
            allowed=True,
        ),
        failure=MeasureFailure(code=FailureCode.NO_COVERAGE, message=message),
        warnings=("WARNING: not measured, merged by fail-open",),
    )


def tool_error_closed() -> Verdict:
    """The tool could not measure, and the policy closes."""
    verdict = tool_error_open()
    return replace(
        verdict,
        merge_allowed=False,
        reason=verdict.reason.replace("fail-open", "fail-closed"),
        policy=replace(POLICY, fail_closed=True),
        warnings=(),
    )


def out_of_scope() -> Verdict:
    """Nothing was measured, since the repository is not judged."""
    return Verdict(
        state=State.NOT_APPLICABLE,
        merge_allowed=True,
        code=Reason.OUT_OF_SCOPE,
        reason="shop is out of scope: coverage gate N/A",
        policy=POLICY,
    )


def hostile() -> Verdict:
    """Each text that a branch can choose tries to break out."""
    rule = RuleResult(
        rule=RuleName.UNMEASURED, outcome=Outcome.FAIL, detail=HOSTILE, findings=(HOSTILE,)
    )
    return replace(
        branch_fault(),
        reason=HOSTILE,
        rules=(rule,),
        unmeasured=(HOSTILE,),
        failing_tests=(HOSTILE,),
        audit=(Finding(path=HOSTILE, line=1, test=f"t::{HOSTILE}", finding=HOSTILE),),
        waivers=(
            WaiverUse(
                waiver=waiver(path="", tests=(HOSTILE,), actor=HOSTILE, reason=HOSTILE),
                state=WaiverState.EXPIRED,
            ),
        ),
        vanished=(Vanished(test=HOSTILE, was="passed", now="gone", why=HOSTILE),),
        hidden=(
            Hidden(
                path=HOSTILE,
                lines=bits_of([1]),
                why=Why.COMMENT,
                units=Units(),
            ),
        ),
        warnings=(HOSTILE,),
        failure=MeasureFailure(
            code=FailureCode.KILLED, message=HOSTILE, output=f"```\n{HOSTILE}\r\n```"
        ),
    )


CART = """\
def discount(price, percent):
    if not 0 <= percent <= 100:
        raise ValueError("percent")
    if percent == 100:
        return 0
    elif percent > 50:
        price -= 1
        log(price)
    return price * (100 - percent) // 100


def shipping(total):
    for limit, cost in LIMITS:
        if total >= limit:
            return cost
    return 490
"""
CART_TESTS = "from shop.cart import discount\n\n\ndef test_half():\n    discount(10, 50)\n"
ASKED = Asked(branch="feature/cart", base="main")
SOURCES = Sources(
    texts={"src/shop/cart.py": CART}, tests=read_tests({"tests/test_cart.py": CART_TESTS})
)


def gaps() -> Verdict:
    """A new function that is half tested, and one of main that is not tested any more."""
    spans = (
        Span(name="discount", kind="function", first=1, last=9),
        Span(name="shipping", kind="function", first=12, last=16),
    )
    statements = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16]
    path = "src/shop/cart.py"
    head = file_coverage(path, statements, [1, 2, 4, 6, 9, 12])
    arcs = ((2, 3), (2, 4), (4, 5), (4, 6), (6, 7), (6, 9), (13, 14), (13, 16), (14, 13), (14, 15))
    head = replace(head, spans=spans, branches=arcs, taken=((2, 4), (4, 6), (6, 9)))
    old = CART.partition("\n\n\n")[2]
    ran = file_coverage(path, range(1, 6), [1, 2, 3, 4])
    base = replace(ran, branches=((2, 3), (2, 5), (3, 2), (3, 4)), taken=((2, 3), (3, 4)))
    return decide(
        Evidence(
            policy=POLICY,
            landing=landing(),
            changes=changes(path),
            head=measurement(head),
            base=measurement(base, tree="base"),
            diff=(file_diff(path, old, CART),),
        )
    )


CASES = {
    "fail-gaps": gaps,
    "pass": passing,
    "bootstrap": bootstrap,
    "fail-rules": broken_rules,
    "fail-conflict": conflict,
    "fail-branch": branch_fault,
    "unmeasurable-open": tool_error_open,
    "unmeasurable-closed": tool_error_closed,
    "not-applicable": out_of_scope,
    "hostile": hostile,
}
