"""Letters: marked, cut at lines, never longer than allowed."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.notify.letters import (
    LIMIT,
    Line,
    Span,
    as_html,
    as_plain,
    fitted,
    letter,
    units,
)
from coverage_gate.core.outbox import DIGEST, FAILURE, NOTE, RECOVERY, STAGE_CHANGE, Message

FACTS = {"repo": "shop", "work_item": "S-1", "branch": "a_b<c>", "check": "gate", "reason": "5 < 9"}


def told(kind: str, **facts: object) -> str:
    return as_plain(letter(Message(kind=kind, facts={**FACTS, **facts}, key="k", seqs=(1,))))


def test_a_failure_says_what_failed_where_it_goes_and_why() -> None:
    text = told(FAILURE, old="deploy-staging", new="development", reason="low\n\nmend a.py")
    assert text.splitlines() == [
        "FAIL S-1 of shop: gate",
        "a_b<c> deploy-staging → development",
        "low",
        "mend a.py",
    ]


def test_a_failure_says_what_happens_now() -> None:
    assert told(FAILURE, attempt=2).endswith("\nDeveloper job 2 is queued.")
    assert "waits for a person" not in told(FAILURE, parked="yes")
    parked = told(FAILURE, parked=True, attempt=4)
    assert parked.endswith("\nIt waits for a person. Mend it, then let it go on.")
    assert told(FAILURE, parked=True, task_id=7).endswith("let it go on: stage-engine resume 7")


def test_every_kind_has_its_words() -> None:
    assert told(RECOVERY).startswith("PASS S-1 of shop: gate holds again")
    assert told(STAGE_CHANGE, old="a", new="b").splitlines()[1] == "a_b<c> a → b"
    assert told(NOTE, message="hello").splitlines() == ["S-1 of shop", "hello"]
    assert told("what a host made up", message="hello") == told(NOTE, message="hello")
    assert told(STAGE_CHANGE, branch="", reason="") == "S-1 of shop"


def test_a_digest_has_a_line_for_each_failure() -> None:
    many = [{**FACTS, "work_item": f"S-{n}", "parked": n == 2, "reason": "x\ny"} for n in (1, 2)]
    assert told(DIGEST, failures=many).splitlines() == [
        "FAIL 2 times",
        "S-1 of shop: gate: x\\ny",
        "S-2 of shop: gate (waits for a person): x\\ny",
    ]


def test_html_is_escaped_within_its_marks() -> None:
    line: Line = (Span("<a&b>", "code"), Span(" 'quoted' & plain"))
    assert as_html([line]) == "<code>&lt;a&amp;b&gt;</code> 'quoted' &amp; plain"


def test_what_does_not_fit_is_left_out_by_lines() -> None:
    lines = [(Span(f"line {number}"),) for number in range(10)]
    assert as_plain(fitted(lines, limit=27)).splitlines() == ["line 0", "… 9 more lines"]
    assert fitted(lines, limit=69) == tuple(lines)


def test_length_is_counted_in_units_of_utf_16() -> None:
    assert (units("é"), units("😀"), units("\ud800")) == (1, 2, 1)
    assert units(as_plain(fitted([(Span("😀" * 3000),)]))) == LIMIT - 1


SPANS = st.builds(
    Span, st.text(st.characters(exclude_characters="\n\r")), st.sampled_from(["", "b", "code"])
)


class Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(max_examples=60)
@given(st.lists(st.lists(SPANS, max_size=3).map(tuple), min_size=1, max_size=9), st.integers(2, 60))
def test_every_cut_fits_and_its_marks_are_balanced(lines: list[Line], limit: int) -> None:
    kept = fitted(lines, limit)
    assert units(as_plain(kept)) <= limit
    marks = Balance()
    marks.feed(as_html(kept))
    assert marks.open == []


@pytest.mark.parametrize("text", ["\x1b[31m", "\u202e", "\ud800", "a\x00b"])
def test_nothing_that_cannot_be_printed_is_sent(text: str) -> None:
    sent = told(FAILURE, reason=text, branch=text, check=text, work_item=text, old=text, new=text)
    assert all(char.isprintable() or char == "\n" for char in sent)
