"""The history as bars, table, JSON, CSV, picture and page."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from coverage_gate.adapters.render.canvas import Canvas
from coverage_gate.adapters.render.history import csv_text, history_text, points_object, spark
from coverage_gate.adapters.render.page import page
from coverage_gate.adapters.render.trend import trend_page, trend_svg
from coverage_gate.core.history import FileCounts, FileMove, Point, Step, steps
from coverage_gate.core.rates import Counts

PLAIN = Canvas(columns=80, is_colored=False, is_ascii=False)
HOSTILE = "</title><script>alert(1)</script>&\"'\u202e\x1b[31m"
TWO = Fraction(2, 100)


def past(*covered: int | None, total: int = 1000) -> tuple[Step, ...]:
    """A step for each count; None begins another scope, with nothing measurable."""
    points, scope = [], 0
    for number, count in enumerate(covered):
        scope += count is None
        counts = Counts(covered=0, total=0) if count is None else Counts(covered=count, total=total)
        points.append(
            Point(
                repository="shop",
                branch="main",
                commit=f"{number:09}",
                tree="tree",
                at=f"2026-01-{number % 28 + 1:02}T10:11:12Z",
                recorded_at="2026-02-01T00:00:00Z",
                counts=counts,
                scope=str(scope),
                kind="kind",
                identity=str(number),
                seq=number,
            )
        )
    return steps(points, max_drop=TWO)


class Reader(HTMLParser):
    """What a browser would make of a page: its tags, and what it would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def read(document: str) -> Reader:
    reader = Reader()
    reader.feed(document)
    return reader


def assert_harmless(document: str) -> None:
    """Nothing is loaded, nothing runs, nothing of the outside is markup."""
    found = read(document)
    assert not {"script", "link", "img", "iframe", "object", "a", "base"} & set(found.tags)
    names = {name for name, _ in found.attributes}
    assert not {"src", "href", "style", "action"} & names
    assert not [name for name in names if name.startswith("on")]
    assert "\u202e" not in document
    assert "\x1b" not in document


def svg_of(document: str) -> ET.Element:
    start, end = document.index("<svg"), document.index("</svg>") + len("</svg>")
    return ET.fromstring(document[start:end])  # noqa: S314 - our own


def circles(document: str) -> list[ET.Element]:
    return svg_of(document).findall(".//{*}circle")


# Bars


@pytest.mark.parametrize(
    ("covered", "bars"),
    [
        ((0, 1000), "▁█"),
        ((900, 900), "▁▁"),
        ((100, 200, None, 300), "▁▄││█"),
        ((None,), ""),
        ((), ""),
    ],
)
def test_each_point_is_a_bar(covered: tuple[int | None, ...], bars: str) -> None:
    assert spark(past(*covered), width=80) == bars


def test_more_points_than_columns_are_thinned_out_and_the_newest_stays() -> None:
    found = spark(past(*[0] * 199, 1000), width=40)
    assert (len(found), found[-1], set(found[:-1])) == (40, "█", {"▁"})


def test_a_terminal_of_ascii_gets_ascii() -> None:
    canvas = replace(PLAIN, is_ascii=True)
    told = history_text("sh\u00f6p", "main", past(0, 1000, None, 10), canvas=canvas, limit=9)
    assert told.isascii()
    assert "_@||" in told


# Table


def test_a_table_fits_eighty_columns_and_names_what_fell() -> None:
    steps_ = past(900_000_000, 100_000_000, None, total=1_000_000_000)
    told = history_text("shop", "main", steps_, canvas=PLAIN, limit=99)
    rows = told.splitlines()[-3:]
    assert [row.split()[-1] for row in rows] == ["90%", "regression", "comparable"]
    assert max(map(len, told.splitlines())) <= 80


def test_a_regression_is_red_where_there_are_colours() -> None:
    canvas = replace(PLAIN, is_colored=True)
    told = history_text("shop", "", past(900, 800), canvas=canvas, limit=1)
    assert "shop, no branch: 2 measurements" in told
    assert told.splitlines()[-1].startswith("\x1b[1;31m")


def test_names_from_outside_are_printable() -> None:
    told = history_text(HOSTILE, HOSTILE, past(900), canvas=PLAIN, limit=9)
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "1 measurement\n" in told


def test_nothing_measurable_is_told() -> None:
    told = history_text("shop", "main", past(None), canvas=PLAIN, limit=9)
    assert "nothing measurable" in told


def test_a_file_that_was_not_there_is_told() -> None:
    files = {0: Counts(covered=1, total=2), 1: None}
    told = history_text("shop", "main", past(900, 900), canvas=PLAIN, limit=9, files=files)
    assert [row.split()[-1] for row in told.splitlines()[-2:]] == ["50%", "there"]


# JSON and CSV


def test_what_is_not_measurable_or_compared_is_null() -> None:
    told = points_object("shop", None, past(900, None), max_drop_percent=2.0)
    first, second = told["points"]
    assert told["branch"] is None
    assert (first["percent"], first["points"], first["compared_with"]) == (90.0, None, None)
    assert (second["percent"], second["standing"]) == (None, "not-comparable")


def test_csv_leaves_empty_what_there_is_not() -> None:
    files = [FileCounts(path="-1+1", lines=Counts(covered=1, total=1))]
    point = replace(past(None)[0].point, commit=None, tree=None, branch="\r=1")
    head, row = csv_text([point]).splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True)) | {"percent": ""} == {
        "schema_version": "1",
        "repository": "shop",
        "branch": "'\\r=1",
        "commit": "",
        "tree": "",
        "at": point.at,
        "recorded_at": point.recorded_at,
        "origin": "measured",
        "scope": "1",
        "kind": "kind",
        "path": "",
        "covered": "0",
        "total": "0",
        "percent": "",
        "lines_covered": "",
        "lines_total": "",
        "branches_covered": "",
        "branches_total": "",
    }
    assert ",'-1+1,1,1,100.0,1,1,0,0" in csv_text([point], files={point.seq: files})


# Picture


def test_a_picture_is_one_svg_with_a_dot_for_each_point() -> None:
    found = circles(trend_svg("shop", "main", past(900, 850, None, 990)))
    assert [dot.get("class") for dot in found] == ["dot", "dot fell", "dot"]
    titles = [dot.findtext("{*}title") for dot in found]
    assert titles[1] == "000000001, 2026-01-02 10:11 UTC: 85% (850/1000), -5 points"


def test_points_lie_within_the_picture_and_higher_ones_are_higher() -> None:
    found = circles(trend_svg("shop", "main", past(0, 500, 1000)))
    heights = [float(dot.get("cy", "nan")) for dot in found]
    assert heights == sorted(heights, reverse=True)
    assert all(14 <= height <= 250 for height in heights)
    assert [dot.get("cx") for dot in found] == ["60.0", "383.0", "706.0"]


@pytest.mark.parametrize("covered", [(1000,), (1000, 1000), (0,), (0, 0), (503,), (999, 1000)])
def test_numbers_that_are_alike_are_drawn_too(covered: tuple[int, ...]) -> None:
    drawn = svg_of(trend_svg("shop", "main", past(*covered)))
    heights = [float(dot.get("cy", "nan")) for dot in drawn.findall(".//{*}circle")]
    assert all(14 <= height <= 250 for height in heights)
    assert len(drawn.findall(".//{*}line")) >= 2


def test_where_numbers_cannot_be_compared_there_is_a_wall_and_another_line() -> None:
    drawn = svg_of(trend_svg("shop", "main", past(900, 901, None, 500, 501)))
    assert len(drawn.findall(".//{*}polyline")) == 2
    walls = [line for line in drawn.findall(".//{*}line") if line.get("class") == "wall"]
    assert len(walls) == 2  # nothing measurable, and the next scope


def test_many_points_are_a_line_without_dots_but_falls_and_the_newest() -> None:
    found = circles(trend_svg("shop", "main", past(*[900] * 200, 800, 801)))
    assert [dot.get("class") for dot in found] == ["dot fell", "dot"]


def test_nothing_measurable_is_a_picture_too() -> None:
    assert "nothing measurable" in trend_svg("shop", "", past(None, None))


# Page


def test_a_page_tells_the_newest_numbers_and_what_changed() -> None:
    move = FileMove(path="src/a.py", before=Counts(covered=9, total=10), after=None)
    told = trend_page("shop", "main", past(900, 850), max_drop=TWO, moves=[move] * 22)
    assert "<strong>85%</strong>" in told
    assert "2 measurements, 1 fall by more than 2 points" in told
    assert told.count('<td class="code">src/a.py</td>') == 20
    assert "and 2 files more" in told
    assert "9/10 90%" in told
    assert_harmless(told)


def test_a_page_without_changes_has_no_table_of_them() -> None:
    told = trend_page("shop", "", past(900, 900), max_drop=TWO)
    assert "What changed last" not in told
    assert "Coverage of shop, no branch" in told


def test_a_page_is_for_phones_and_forbids_everything_but_its_style() -> None:
    told = trend_page("shop", "main", past(900), max_drop=TWO)
    values = [value for _, value in read(told).attributes]
    assert "width=device-width, initial-scale=1" in values
    policy = next(value for value in values if value and value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "prefers-color-scheme:dark" in told


def test_nothing_from_outside_is_markup() -> None:
    found = past(900, 850)
    dirty = tuple(
        replace(step, point=replace(step.point, commit=HOSTILE, at=HOSTILE)) for step in found
    )
    move = FileMove(path=HOSTILE, before=None, after=Counts(covered=1, total=1))
    assert_harmless(trend_page(HOSTILE, HOSTILE, dirty, max_drop=TWO, moves=[move]))
    picture = trend_svg(HOSTILE, HOSTILE, dirty)
    assert_harmless(picture)
    svg_of(picture)
    assert_harmless(page(HOSTILE, ""))
