"""Whatever a branch calls its tests, files and titles: no face of a verdict is broken by it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.property.report_strategies import hostile_text, verdicts

from coverage_gate.adapters.notify.letters import as_html, as_plain, letter
from coverage_gate.adapters.render.agent import agent_text
from coverage_gate.adapters.render.github import MAX_ANNOTATIONS, github_text
from coverage_gate.adapters.render.markdown_verdict import MARKER, markdown_text_of
from coverage_gate.core.outbox import FAILURE, NOTE, RECOVERY, STAGE_CHANGE, Message
from coverage_gate.core.verdict import Verdict
from stage_engine.orders import first_order, work_order
from stage_engine.values import Task, TaskStatus

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
FORBIDDEN = {"html_block", "html_inline", "link_open", "image", "em_open", "s_open"}
EXAMPLES = settings(deadline=None, max_examples=150)


def tokens_of(markdown: str) -> list[Token]:
    return [
        leaf
        for token in MARKDOWN.parse(markdown)
        for leaf in (token.children if token.children is not None else [token])
    ]


def headings(markdown: str) -> list[str]:
    tokens = MARKDOWN.parse(markdown)
    return [text.content for opening, text in pairwise(tokens) if opening.type == "heading_open"]


@EXAMPLES
@given(verdict=verdicts())
def test_a_comment_holds_no_html_but_its_own(verdict: Verdict) -> None:
    text = markdown_text_of(verdict)
    assert text.replace("\n", "").isprintable()
    own = re.compile(r"<details><summary>[A-Za-z ]+</summary>|</details>")
    for token in tokens_of(text):
        is_html = token.type in ("html_block", "html_inline")
        parts = token.content.strip().split("\n")
        assert not is_html or all(part == MARKER or own.fullmatch(part) for part in parts)
        assert is_html or token.type not in FORBIDDEN


@EXAMPLES
@given(verdict=verdicts())
def test_each_line_for_github_is_one_command_of_the_gate(verdict: Verdict) -> None:
    lines = github_text(verdict).split("\n")
    assert len(lines) <= MAX_ANNOTATIONS
    command = re.compile(
        r"::(error|warning|notice) (file=[^:,\n]*,line=\d+,endLine=\d+,)?"
        r"title=Coverage gate::[^\n]*"
    )
    for line in lines:
        assert line.isprintable()
        assert command.fullmatch(line)
        assert re.sub(r"%(25|0A|0D|3A|2C)", "", line).count("%") == 0


@EXAMPLES
@given(verdict=verdicts())
def test_what_an_agent_is_told_holds_no_html_and_no_heading_but_its_own(verdict: Verdict) -> None:
    text = agent_text(verdict)
    assert text.replace("\n", "").isprintable()
    assert not {token.type for token in tokens_of(text)} & FORBIDDEN


class Reader(HTMLParser):
    """The text and the tags, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


KINDS = st.sampled_from([FAILURE, RECOVERY, STAGE_CHANGE, NOTE])
FACTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("repo", "work_item", "check", "reason", "branch", "old", "new", "message"), hostile_text
    ),
)


@EXAMPLES
@given(kind=KINDS, facts=FACTS)
def test_a_message_for_a_chat_has_no_marks_but_its_own(kind: str, facts: dict[str, str]) -> None:
    lines = letter(Message(kind=kind, facts=facts, key="k", seqs=()))
    reader = Reader()
    reader.feed(as_html(lines))
    reader.close()
    assert reader.tags <= {"b", "code"}
    assert "".join(reader.words) == as_plain(lines)
    assert as_plain(lines).replace("\n", "").isprintable()


def task_of(texts: tuple[str, str, str, str]) -> Task:
    repo, item, branch, title = texts
    return Task(
        id=1,
        repo=repo,
        work_item=item,
        branch=branch,
        title=title,
        stage="development",
        status=TaskStatus.ACTIVE,
        reason="",
        developer_retries=0,
        job_id=None,
        head=None,
        judged_head=None,
        judged_base=None,
        created_at="",
        updated_at="",
        version=1,
    )


TASKS = st.tuples(hostile_text, hostile_text, hostile_text, hostile_text).map(task_of)


@EXAMPLES
@given(task=TASKS, reason=hostile_text)
def test_a_task_says_nothing_in_its_order_but_its_names(task: Task, reason: str) -> None:
    told = work_order(task, check="check_ci_green", reason=reason, attempt=1)
    for text in (first_order(task), told):
        assert text.replace("\n", "").isprintable()
        assert not {token.type for token in tokens_of(text)} & (FORBIDDEN | {"hr", "fence"})
        first, last = headings(text)
        assert first.startswith("Work order:")
        assert last == "How to finish"
