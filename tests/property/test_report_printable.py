from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.property.report_strategies import hostile_text, verdicts

from coverage_gate.adapters.render.printable import (
    block,
    markdown_code,
    markdown_fence,
    markdown_text,
    one_line,
)
from coverage_gate.adapters.render.report import fields_of, render_coverage_report
from coverage_gate.adapters.render.text_verdict import verdict_text
from coverage_gate.core.verdict import Verdict

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

HEADINGS = (
    "Coverage gate: ",
    "Warnings",
    "Rules",
    "Found by the rule ",
    "Failing tests",
    "Changed files that were not measured",
    "Changed tests to look at",
    "Tests that used to run what is lost",
    "Tests that vanished",
    "Waivers, not repaid",
    "Hidden",
    "Flaky",
    "Work order",
    "What suffices",
    "What no test runs",
    "Measurement",
    "Policy",
    "Last output of the test command",
    "What to do next",
)


def _leaves(markdown: str) -> list[Token]:
    """All tokens of a Markdown text but the containers of those in the line."""
    return [
        leaf
        for token in MARKDOWN.parse(markdown)
        for leaf in (token.children if token.children is not None else [token])
    ]


def _kinds(markdown: str) -> set[str]:
    return {token.type for token in _leaves(markdown)}


def _words(markdown: str) -> str:
    return "".join(token.content for token in _leaves(markdown))


def _headings(markdown: str) -> list[str]:
    tokens = MARKDOWN.parse(markdown)
    return [
        inline.content for opening, inline in pairwise(tokens) if opening.type == "heading_open"
    ]


@settings(deadline=None, max_examples=500)
@given(text=hostile_text, limit=st.integers(1, 80))
def test_one_line_is_printable_and_within_its_limit(text: str, limit: int) -> None:
    shown = one_line(text, limit=limit)
    assert shown.isprintable()
    assert len(shown) <= limit


@settings(deadline=None, max_examples=500)
@given(text=hostile_text, limit=st.integers(1, 80))
def test_a_block_is_printable_but_for_its_line_ends(text: str, limit: int) -> None:
    assert block(text, limit=limit).replace("\n", "").isprintable()


@settings(deadline=None, max_examples=500)
@given(text=hostile_text)
@example("---")
@example("1. x")
def test_plain_text_in_markdown_is_nothing_but_the_text(text: str) -> None:
    markdown = markdown_text(text)
    assert _words(markdown) == one_line(text).strip()
    assert _kinds(markdown) <= {"paragraph_open", "text", "text_special", "paragraph_close"}


@settings(deadline=None, max_examples=500)
@given(text=hostile_text)
def test_plain_text_below_a_paragraph_underlines_no_heading_and_makes_no_table(text: str) -> None:
    assert not _kinds(f"words\n{markdown_text(text)}\n") & {"heading_open", "table_open", "hr"}


@settings(deadline=None, max_examples=500)
@given(text=hostile_text)
def test_plain_text_in_a_table_stays_in_its_cell(text: str) -> None:
    markdown = f"| a | b |\n|---|---|\n| {markdown_text(text)} | end |\n"
    cells = [token.content for token in MARKDOWN.parse(markdown) if token.type == "inline"]
    assert cells[3] == "end"
    assert _words(markdown) == f"ab{one_line(text).strip()}end"


@settings(deadline=None, max_examples=500)
@given(text=hostile_text)
def test_a_code_span_is_nothing_but_the_text(text: str) -> None:
    markdown = f"- {markdown_code(text)} end"
    code, end = (token for token in _leaves(markdown) if token.content)
    assert (code.type, code.content) == ("code_inline", one_line(text) or " ")
    assert end.content == " end"


@settings(deadline=None, max_examples=500)
@given(text=hostile_text)
def test_a_fenced_block_is_nothing_but_the_text(text: str) -> None:
    fence, heading, *_ = MARKDOWN.parse(f"{markdown_fence(text)}\n\n# end\n")
    assert (fence.type, fence.content) == ("fence", block(text) + "\n")
    assert heading.type == "heading_open"


@settings(deadline=None, max_examples=200)
@given(verdict=verdicts(), work_item=hostile_text)
def test_no_text_of_a_verdict_puts_html_or_a_link_into_its_report(
    verdict: Verdict, work_item: str
) -> None:
    fields = fields_of(verdict, work_item=work_item, repository=work_item)
    body = render_coverage_report(work_item, fields).split("---\n", 2)[2]
    forbidden = {"html_block", "html_inline", "link_open", "image", "hr", "em_open", "s_open"}
    assert not _kinds(body) & forbidden
    assert all(heading.startswith(HEADINGS) for heading in _headings(body))


@settings(deadline=None, max_examples=200)
@given(verdict=verdicts(), width=st.integers(0, 200), ascii_only=st.booleans())
def test_the_text_of_a_verdict_is_printable(verdict: Verdict, width: int, ascii_only: bool) -> None:
    text = verdict_text(verdict, color=False, width=width, ascii_only=ascii_only)
    assert text.replace("\n", "").isprintable()
    assert text.isascii() or not ascii_only
