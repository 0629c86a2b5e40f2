"""A verdict as a work order for agents, as one comment, and as annotations."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from tests.golden.cases import CASES, HOSTILE, gaps, passing, tool_error_closed, tool_error_open
from tests.property.report_strategies import verdicts

from coverage_gate.adapters.render.agent import agent_text
from coverage_gate.adapters.render.github import MAX_ANNOTATIONS, github_text
from coverage_gate.adapters.render.markdown_verdict import (
    MARKER,
    MAX_CHARACTERS,
    markdown_text_of,
)
from coverage_gate.core.places import LostLine
from coverage_gate.core.policy import RuleName
from coverage_gate.core.vanished import Vanished
from coverage_gate.core.verdict import Outcome, RuleResult, Verdict


def test_an_agent_is_told_what_comes_after_a_verdict_without_order() -> None:
    lines = agent_text(passing()).splitlines()
    assert lines[0].startswith("# PASS: 87.5% (875/1000): floor: 87.5%")
    assert lines[2:] == ["- Merge; the merge raises the baseline."]
    assert "`coverage-gate doctor`" in agent_text(tool_error_open())


def test_a_comment_has_its_mark_and_folds_all_but_the_rules() -> None:
    text = markdown_text_of(gaps())
    assert text.startswith(f"{MARKER}\n\n# Coverage gate: FAIL\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Rules"]
    assert "<details><summary>What no test runs</summary>" in text
    assert text.count("<details>") == text.count("</details>") >= 4


def many(number: int) -> Verdict:
    tests = tuple(f"{each:03}" + "<*x*>" * 300 for each in range(number))
    result = RuleResult(
        rule=RuleName.INTEGRITY, outcome=Outcome.FAIL, detail="d", findings=tests[::-1]
    )
    return replace(
        CASES["fail-rules"](),
        failing_tests=tests,
        unmeasured=tests[1:],
        rules=(result,),
        warnings=tests,
        vanished=None,
    )


def test_what_does_not_fit_into_a_comment_is_named() -> None:
    text = markdown_text_of(many(100))
    assert len(text) <= MAX_CHARACTERS
    assert "\n\nLeft out here, see the report: " in text
    assert "What to do next" in text


@settings(deadline=None, max_examples=60)
@given(verdicts())
def test_a_comment_fits_and_has_no_html_but_its_own(verdict: Verdict) -> None:
    text = markdown_text_of(verdict)
    assert len(text) <= MAX_CHARACTERS
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    blocks = "".join(token.content for token in tokens if token.type == "html_block")
    own = re.sub(r"<!-- coverage-gate -->|</?details>|<summary>[\w ]+</summary>", "", blocks)
    assert own.strip() == ""
    inner = {child.type for token in tokens for child in token.children or ()}
    assert inner.isdisjoint({"html_inline", "link_open", "image"})


def commands(verdict: Verdict) -> list[str]:
    return github_text(verdict).splitlines()


def test_ranges_are_annotated_the_lost_and_the_longest_first() -> None:
    lines = [re.search(r"line=(\d+),endLine=(\d+)", line) for line in commands(gaps())[1:]]
    found = [(int(each[1]), int(each[2])) for each in lines if each]
    assert found == [(13, 15), (7, 8), (3, 3), (5, 5)]


def test_no_more_than_ten_are_annotated_and_the_rest_is_counted() -> None:
    lines = commands(many(100))
    assert len(lines) == MAX_ANNOTATIONS
    # 100 tests and 99 files, of which eight are shown.
    assert lines[-1] == "::error title=Coverage gate::191 more places: see the report"


def test_nine_places_are_all_shown() -> None:
    assert len(commands(many(5))) == MAX_ANNOTATIONS
    assert "more places" not in github_text(many(5))


def test_branches_that_lead_to_told_lines_are_not_told_again() -> None:
    verdict = gaps()
    assert verdict.repair is not None
    first, *_ = verdict.repair.gaps
    alone = replace(first, lines=(), branches=((2, 9), (13, -1)))
    lost = (LostLine(path=first.path, line=13, target=-1),)
    told = commands(replace(verdict, repair=replace(verdict.repair, gaps=(alone,)), lost=lost))
    assert [line.rpartition("::")[2] for line in told[1:]] == [
        "no test takes the branch 13→exit of discount any more",
        "no test takes the branch 2→9 of discount",
    ]
    assert "branch" not in github_text(verdict)


def test_lines_outside_of_functions_have_no_name() -> None:
    verdict = gaps()
    assert verdict.repair is not None
    outside = tuple(replace(gap, symbol=None) for gap in verdict.repair.gaps)
    told = github_text(replace(verdict, repair=replace(verdict.repair, gaps=outside)))
    assert "::no test runs these lines any more" in told


def test_tests_that_vanished_or_fail_and_files_are_annotated() -> None:
    rule = RuleResult(
        rule=RuleName.INTEGRITY, outcome=Outcome.FAIL, detail="d", findings=("t.py::a", "t.py::b")
    )
    gone = Vanished(test="t.py::a", was="passed", now="skipped", why="w")
    verdict = replace(
        CASES["fail-rules"](), rules=(rule,), vanished=(gone,), unmeasured=("src/x.py",)
    )
    assert [line.rpartition("title=Coverage gate::")[2] for line in commands(verdict)[1:]] == [
        "a passed on the base: skipped now",
        "b does not pass",
        "changed, and no test lets it be measured",
    ]


@pytest.mark.parametrize(
    ("verdict", "level"),
    [
        (passing(), "notice"),
        (CASES["not-applicable"](), "notice"),
        (tool_error_open(), "warning"),
        (tool_error_closed(), "error"),
    ],
)
def test_other_verdicts_have_one_annotation(verdict: Verdict, level: str) -> None:
    (line,) = commands(verdict)
    assert line.startswith(f"::{level} title=Coverage gate::{verdict.state}: ")


def test_no_text_of_the_branch_ends_a_command_or_a_property() -> None:
    verdict = replace(
        gaps(), reason=f"100%\r\n::error::{HOSTILE}", repair=None, unmeasured=("a:b,c%\n",)
    )
    first, second = commands(verdict)
    assert first.startswith("::error title=Coverage gate::FAIL: 100%25\\r\\n::error::a`b")
    assert second.startswith("::error file=a%3Ab%2Cc%25\\n,line=1,")
