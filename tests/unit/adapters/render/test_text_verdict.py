from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from tests.golden.cases import CASES, branch_fault, broken_rules, hostile, passing

from coverage_gate.adapters.render.text_verdict import verdict_text
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.measurement import FailureCode, MeasureFailure
from coverage_gate.core.policy import RuleName
from coverage_gate.core.verdict import Outcome, RuleResult

NAMES = sorted(CASES)


def _without_colors(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("name", NAMES)
def test_colours_add_nothing_but_colours(name: str) -> None:
    verdict = CASES[name]()
    plain = verdict_text(verdict, color=False)
    assert "\x1b" not in plain
    assert _without_colors(verdict_text(verdict, color=True)) == plain


@pytest.mark.parametrize("name", NAMES)
def test_an_ascii_terminal_gets_ascii(name: str) -> None:
    text = verdict_text(CASES[name](), color=False, ascii_only=True)
    assert text.isascii()


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "hostile"])
def test_no_line_but_those_to_copy_is_wider_than_the_terminal(name: str, ascii_only: bool) -> None:
    text = verdict_text(CASES[name](), color=False, ascii_only=ascii_only)
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_marks_have_their_words_beside_them() -> None:
    text = verdict_text(broken_rules(), color=False, ascii_only=True)
    assert re.findall(r"^  ([+x!-]) \w+ +(\w+)", text, re.MULTILINE) == [
        ("+", "PASS"),
        ("x", "FAIL"),
        ("x", "FAIL"),
        ("!", "WARN"),
    ]


def test_a_narrow_terminal_gets_the_details_below_their_rules() -> None:
    text = verdict_text(passing(), color=False, width=1)
    assert "\n  ✓ floor       PASS  875/1000  min 79.5%\n      87.5% ≥ floor 80% - 0.5\n" in text


def test_a_rule_without_details_is_shown_all_the_same() -> None:
    result = RuleResult(
        rule=RuleName.FLOOR, outcome=Outcome.FAIL, detail=" ", required=Fraction(-1, 200)
    )
    text = verdict_text(replace(broken_rules(), rules=(result,)), color=False)
    assert "\n  ✗ floor  FAIL    min 0%\n" in text


def test_the_first_line_tells_when_other_counts_are_judged() -> None:
    first, *_ = verdict_text(broken_rules(), color=False).splitlines()
    assert "82.1% (821/1000), judged 82% (820/1000)" in first


def test_a_verdict_without_judged_counts_has_no_delta() -> None:
    first, *_ = verdict_text(replace(broken_rules(), judged=None), color=False).splitlines()
    assert first == "FAIL 82.1% (821/1000), baseline 85%"


def test_where_no_baseline_counts_none_is_missed() -> None:
    verdict = passing()
    policy = replace(verdict.policy, name=PolicyName.ABSOLUTE, floor=Fraction(0))
    first, *_ = verdict_text(
        replace(verdict, policy=policy, baseline=None), color=False
    ).splitlines()
    assert first == "PASS 87.5% (875/1000)"
    floor = replace(policy, floor=Fraction(3, 4))
    first, *_ = verdict_text(
        replace(verdict, policy=floor, baseline=None), color=False
    ).splitlines()
    assert first == "PASS 87.5% (875/1000), delta +12.5"


def test_only_the_end_of_a_long_output_is_shown() -> None:
    output = "\n".join(f"line {number}" for number in range(100))
    failure = MeasureFailure(code=FailureCode.KILLED, message="killed", output=output)
    text = verdict_text(replace(branch_fault(), failure=failure), color=False)
    shown = [line for line in text.splitlines() if line.startswith("  │ ")]
    assert (len(shown), shown[-1]) == (15, "  │ line 99")


@pytest.mark.parametrize("color", [False, True])
def test_nothing_from_outside_reaches_the_terminal_unescaped(color: bool) -> None:
    text = _without_colors(verdict_text(hostile(), color=color))
    assert [char for char in text if char != "\n" and not char.isprintable()] == []
