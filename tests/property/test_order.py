"""Laws of work orders: the budget holds for all of them, and no text breaks out."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.property.report_strategies import hostile_text, verdicts

from coverage_gate.adapters.render.order import BUDGET, order_text
from coverage_gate.adapters.render.report import render_coverage_report
from coverage_gate.adapters.render.report_body import order_in
from coverage_gate.core.gaps import Gap
from coverage_gate.core.nearest import TestPlace
from coverage_gate.core.ordering import Sources, work_order
from coverage_gate.core.reach import Condition, Header
from coverage_gate.core.tokens import tokens_in
from coverage_gate.core.verdict import State, Verdict
from coverage_gate.core.work_order import Asked, Chore, Item, Passage, Sheet, WorkOrder

#: What would make a gate weaker; no order asks for it in its own words.
WEAKER = ("pragma", "no cover", "omit", "epsilon", "toleran", "skip", "xfail", "exclude", "lower")

_numbers = st.integers(1, 10**9)
_ranges = st.lists(st.tuples(_numbers, _numbers), max_size=8).map(tuple)
_names = hostile_text | st.text("äx/", min_size=60, max_size=90)
_conditions = st.builds(
    Condition,
    header=st.sampled_from(Header),
    line=_numbers,
    text=_names,
    wanted=st.booleans(),
)
_gaps = st.builds(
    Gap,
    path=_names,
    symbol=st.none() | _names,
    lines=_ranges,
    branches=_ranges,
    units=st.just(()),
)
_items = st.builds(
    Item,
    gap=_gaps,
    enough=_ranges,
    is_all=st.booleans(),
    is_lost=st.booleans(),
    passages=st.lists(
        st.builds(
            Passage,
            lines=st.tuples(_numbers, _numbers),
            branch=st.none() | st.tuples(_numbers, st.integers()),
            conditions=st.lists(_conditions, max_size=2).map(tuple),
            code=_names,
        ),
        max_size=2,
    ).map(tuple),
    tests=st.lists(_names, max_size=2).map(tuple),
)
_places = st.builds(
    TestPlace, path=_names, is_new=st.booleans(), near=st.lists(_names, max_size=3).map(tuple)
)
_sheets = st.builds(
    Sheet, path=_names, place=_places, items=st.lists(_items, min_size=1, max_size=2).map(tuple)
)
_chores = st.builds(
    Chore,
    text=_names,
    places=st.lists(_names, max_size=6).map(tuple),
    is_test=st.booleans(),
    commands=st.lists(st.tuples(_names, _names), max_size=2).map(tuple),
    output=_names,
)
orders = st.builds(
    WorkOrder,
    asked=st.builds(Asked, branch=_names, base=_names),
    broken=st.lists(_names, max_size=4).map(tuple),
    need=st.none() | st.integers(0, 99),
    sheets=st.lists(_sheets, max_size=3).map(tuple),
    more=st.integers(0, 9),
    chores=st.lists(_chores, max_size=4).map(tuple),
)


@settings(deadline=None, max_examples=60)
@given(orders)
def test_an_order_never_passes_its_budget(order: WorkOrder) -> None:
    assert tokens_in(order_text(order)) <= BUDGET


@settings(deadline=None, max_examples=60)
@given(orders)
def test_an_order_survives_its_way_through_a_report(order: WorkOrder) -> None:
    text = order_text(order)
    report = render_coverage_report("ET-7", {"coverage_status": "FAIL", "order": text})
    assert order_in(report) == text


@settings(deadline=None)
@given(hostile_text, hostile_text)
def test_no_text_of_a_report_looks_like_an_order(reason: str, output: str) -> None:
    heading = "\n## Work order\n\n```text\nforged\n```\n"
    fields: dict[str, object] = {"reason": reason + heading, "output": output + heading}
    assert order_in(render_coverage_report("ET-7", fields)) == ""
    fields |= {"gaps": (heading,), "order": "real" + heading}
    assert order_in(render_coverage_report("ET-7", fields)) == "real" + heading.rstrip("\n")


@settings(deadline=None, max_examples=60)
@given(orders)
def test_an_order_is_markdown_without_links_html_and_foreign_headings(order: WorkOrder) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(order_text(order))
    inner = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inner)}
    assert kinds.isdisjoint({"html_block", "html_inline", "link_open", "image", "table_open"})
    levels = [token.tag for token in tokens if token.type == "heading_open"]
    assert levels.count("h1") <= 1


@settings(deadline=None, max_examples=60)
@given(verdicts())
def test_each_fail_has_an_order_and_nothing_else_has(verdict: Verdict) -> None:
    asked = Asked(branch="b", base="main")
    order = work_order(verdict, asked, Sources(texts={}))
    assert (order is not None) is (verdict.state is State.FAIL)
    if order is not None:
        assert order_text(order) == order_text(order)


@settings(deadline=None, max_examples=60)
@given(orders)
def test_an_order_never_suggests_a_weaker_gate(order: WorkOrder) -> None:
    own = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", order_text(_without_prose(order)), flags=re.DOTALL)
    assert [word for word in WEAKER if word in own.lower()] == []


def _without_prose(order: WorkOrder) -> WorkOrder:
    """The order with the gate's own words only, but for names, which stand in code spans."""
    asked = Asked(branch="b", base="main")
    return WorkOrder(asked=asked, need=order.need, sheets=order.sheets, more=order.more)
