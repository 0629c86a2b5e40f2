"""A verdict that somebody else wrote, as a comment."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.property.report_strategies import hostile_text

from coverage_gate.adapters.render.posted import PostedError, read_posted


def comment(**told: object) -> str:
    return read_posted(json.dumps({"verdict": "FAIL", **told}).encode()).comment


def test_all_text_is_escaped() -> None:
    rules = [{"rule": "patch", "outcome": "FAIL", "actual": "1/2", "detail": "![x](http://x) |"}]
    gap = {"path": "a`b.py", "symbol": "f", "lines": [[1, 2], [4, 4], "x", [1]]}
    text = comment(reason="<script> @all", rules=[*rules, 3], repair={"gaps": [gap, {"path": "b"}]})
    assert text.splitlines() == [
        "<!-- coverage-gate -->",
        "# Coverage gate: FAIL",
        "",
        r"\<script\> \@all",
        "",
        "| rule | outcome | counted | found |",
        "|---|---|---|---|",
        r"| patch | FAIL | 1/2 | !\[x\](http\://x) \| |",
        "",
        "What no test runs:",
        "",
        "- ``a`b.py`` `f`: lines 1-2, 4",
        "- `b`",
    ]


def test_much_is_cut_and_counted() -> None:
    text = comment(repair={"gaps": [{"path": f"{number}.py"} for number in range(25)]})
    assert text.splitlines()[-1] == "- and 5 more: see the report of the run"


def test_what_is_not_of_its_kind_is_left_out() -> None:
    assert "| ? |" in comment(rules=[{"outcome": "|x"}])
    assert len(comment(reason=3, rules=4, repair=[]).splitlines()) == 3
    assert not read_posted(b'{"verdict": "FAIL", "merge_allowed": true}').passed


_ANY = st.one_of(hostile_text, st.none(), st.integers(), st.just([[1, 2], "x"]))
_RULES = st.lists(
    st.fixed_dictionaries({"rule": _ANY, "outcome": _ANY, "detail": _ANY}), max_size=3
)
_GAPS = st.lists(st.fixed_dictionaries({"path": _ANY, "symbol": _ANY, "lines": _ANY}), max_size=3)


@settings(max_examples=40)
@given(
    st.fixed_dictionaries(
        {
            "verdict": st.sampled_from(["PASS", "FAIL", "UNMEASURABLE"]),
            "reason": _ANY,
            "merge_allowed": st.booleans(),
            "rules": _RULES,
            "repair": st.fixed_dictionaries({"gaps": _GAPS}),
        }
    )
)
def test_whatever_a_branch_writes_there_is_a_comment_without_html(told: dict[str, object]) -> None:
    posted = read_posted(json.dumps(told).encode())
    assert not (posted.passed and told["verdict"] == "FAIL")
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(posted.comment)
    blocks = "".join(token.content for token in tokens if token.type == "html_block")
    assert blocks.strip() in {"", "<!-- coverage-gate -->"}
    inner = {child.type for token in tokens for child in token.children or ()}
    assert inner.isdisjoint({"html_inline", "link_open", "image"})


@settings(max_examples=40)
@given(st.one_of(st.binary(max_size=80), st.just(b'{"verdict": ["PASS"]}')))
def test_bytes_that_are_no_verdict_are_refused(content: bytes) -> None:
    with pytest.raises(PostedError):
        read_posted(content)
