"""The page of a verdict: what it tells, and that nothing of the branch is more than text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.golden.cases import CASES, HOSTILE, broken_rules, hostile, passing

from coverage_gate.adapters.render.html_verdict import html_text
from coverage_gate.core.attribution import Attribution
from coverage_gate.core.picture import Mark, PictureFile, PictureLine
from coverage_gate.testing.values import measurement

EVIL = "</span></style><script>alert(1)</script><img src=x onerror=alert(2)>\u202e&lt;\"'\x1b"
TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "span",
        "div",
        "b",
        "i",
        "ul",
        "li",
        "a",
        "table",
        "tr",
        "th",
        "td",
        "svg",
        "text",
        "rect",
    ]
)
ATTRIBUTES = frozenset(
    [
        "lang",
        "charset",
        "content",
        "name",
        "http-equiv",
        "class",
        "id",
        "href",
        "viewbox",
        "role",
        "aria-label",
        "x",
        "y",
        "width",
        "height",
        "rx",
        "text-anchor",
    ]
)


class Reader(HTMLParser):
    """Keeps what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def line(number: int, mark: Mark, *, text: str = "x = 1", is_new: bool = True) -> PictureLine:
    return PictureLine(number=number, text=text, mark=mark, is_new=is_new)


PICTURE = (
    PictureFile(
        path="src/a.py",
        blocks=(
            (line(1, Mark.COVERED), line(2, Mark.UNCOVERED), line(3, Mark.PLAIN, text="")),
            (line(9, Mark.LOST, is_new=False), line(10, Mark.HIDDEN, text="\ty = 2")),
        ),
        left=7,
    ),
)


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_verdict_is_a_page_of_known_elements_that_loads_nothing(name: str) -> None:
    evil = PictureFile(path=EVIL, blocks=((line(1, Mark.FLAKY, text=EVIL),),))
    found = read(html_text(CASES[name](), (*PICTURE, evil)))
    assert set(found.tags) <= TAGS
    assert {name for name, _ in found.attributes} <= ATTRIBUTES
    assert all(value.startswith("#f") for name, value in found.attributes if name == "href")
    assert "default-src 'none'; style-src 'unsafe-inline'" in " ".join(
        value for name, value in found.attributes if name == "content"
    )


def test_what_the_branch_wrote_is_shown_as_it_is() -> None:
    evil = replace(hostile(), failing_tests=(EVIL,))
    page = html_text(evil, (PictureFile(path=EVIL, blocks=((line(1, Mark.LOST, text=EVIL),),)),))
    found = read(page)
    shown = EVIL.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert found.texts.count(shown) == 4
    assert "\u202e" not in page
    assert HOSTILE not in page


def test_each_line_has_its_number_and_mark() -> None:
    page = html_text(passing(), PICTURE)
    for expected in (
        '<div class="l covered new"><b>1</b><i>✓</i><span>x = 1</span></div>',
        '<div class="l uncovered new"><b>2</b><i>✗</i>',
        '<div class="l plain new"><b>3</b><i></i><span> </span></div>',
        '<div class="l lost"><b>9</b>',
        "<span>    y = 2</span>",
        "<div class=gap>⋯</div>",
        "… and 7 lines more",
        '<a href="#f0">src/a.py</a><span class="good">✓ 1</span><span class="bad">✗ 1</span>',
        '<h3 id="f0">src/a.py</h3>',
    ):
        assert expected in page


def test_the_attribution_is_drawn_and_told() -> None:
    found = Attribution(new_covered=40, lost=1, deleted_uncovered=3)
    page = html_text(replace(passing(), attribution=found))
    assert 'aria-label="new, covered 40, lost 1, deleted, was not 3"' in page
    assert "covered +39, all +37" in page
    assert 'width="180"' in page
    assert "<svg" not in html_text(replace(passing(), attribution=Attribution()))
    assert "<svg" not in html_text(replace(passing(), attribution=None))


def test_a_verdict_that_measured_nothing_and_one_without_a_limit_are_pages_too() -> None:
    assert "not measured" in html_text(CASES["fail-conflict"]())
    alone = replace(passing(), measurement=measurement(), judged=None, commit=None)
    assert "delta" not in html_text(alone)


def test_a_failure_tells_its_rules_and_no_files_without_a_picture() -> None:
    page = html_text(broken_rules())
    assert '<p class="answer bad">FAIL: must not merge</p>' in page
    assert "<h2>Rules</h2>" in page
    assert "<h2>Files</h2>" not in page
