"""Why a line stands as it does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.golden.cases import CART, SOURCES, gaps

from coverage_gate.adapters.render.explanation import explanation_object, explanation_text
from coverage_gate.adapters.render.json_verdict import to_json_line
from coverage_gate.core.deltas import Units
from coverage_gate.core.explanation import Explanation, Standing, explain
from coverage_gate.core.ledger import Hidden, Why
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import Measurement, Unparsable
from coverage_gate.core.ordering import Sources
from coverage_gate.core.places import LostLine, Unit
from coverage_gate.core.verdict import Verdict
from coverage_gate.core.waiving import WaiverState, WaiverUse
from coverage_gate.testing.values import waiver

ABOVE = (
    "`not 0 <= percent <= 100` is false",
    "`percent == 100` is false",
    "`percent > 50` is true",
)
PATH = "src/shop/cart.py"


def measured(**changes: Any) -> Measurement:  # noqa: ANN401 - values of FileCoverage
    """The golden file with other facts."""
    found = gaps().measurement
    assert found is not None
    return replace(found, files=(replace(found.files[0], **changes),))


def told(
    line: int | None,
    *,
    verdict: Verdict | None = None,
    head: Measurement | None = None,
    path: str = PATH,
    sources: Sources = SOURCES,
) -> Explanation:
    return explain(verdict or gaps(), head or measured(), path, line, sources)


@pytest.mark.parametrize(
    ("line", "standing"),
    [
        (1, Standing.COVERED),
        (2, Standing.PARTIAL),
        (3, Standing.UNCOVERED),
        (9, Standing.COVERED),
        (10, Standing.NO_STATEMENT),
        (13, Standing.LOST),
    ],
)
def test_a_line_has_a_standing(line: int, standing: Standing) -> None:
    assert told(line).standing is standing


def test_an_uncovered_line_is_told_with_what_reaches_it_and_where_to_test_it() -> None:
    assert explanation_text(told(7)).splitlines() == [
        "src/shop/cart.py:7: uncovered",
        "  no test runs it",
        "  in discount",
        "  │ price -= 1",
        f"  reached when {', '.join(ABOVE)}",
        "  test it in tests/test_cart.py",
    ]


def test_a_line_of_which_a_way_is_missing_names_it() -> None:
    lines = explanation_text(told(2)).splitlines()
    assert "  no test runs or takes:" in lines
    assert "    - `discount`: branches 2→3; named in `tests/test_cart.py::test_half`" in lines


def test_a_lost_line_names_the_tests_that_used_to_run_it() -> None:
    lost = (
        LostLine(path="x.py", line=13, tests=("no",)),
        LostLine(path=PATH, line=13, tests=("t::a", "t::b"), fates=("deleted", "fails")),
        LostLine(path=PATH, line=13, target=14, tests=("t::a",), fates=("deleted",)),
    )
    found = told(13, verdict=replace(gaps(), lost=lost))
    assert found.tests == ("t::a", "t::b")
    assert (
        "  tests that used to run it:\n    t::a (deleted)\n    t::b (fails)\n"
        in explanation_text(found)
    )


def test_a_line_of_which_only_a_way_is_lost_says_so() -> None:
    lost = (LostLine(path=PATH, line=2, target=3),)
    assert "a way from it was taken on the base" in told(2, verdict=replace(gaps(), lost=lost)).why


def test_a_part_of_a_statement_is_explained_as_the_statement() -> None:
    head = measured(continued=bits_of([3]))
    assert (told(3, head=head).line, told(3, head=head).standing) == (2, Standing.PARTIAL)


def test_flaky_hidden_and_excluded_lines_have_their_words() -> None:
    hidden = Hidden(path=PATH, lines=bits_of([5]), why=Why.COMMENT, units=Units(lines=bits_of([5])))
    verdict = replace(
        gaps(),
        flaky=(Unit(path=PATH, line=3),),
        hidden=(replace(hidden, path="x"), hidden),
        lost=None,
    )
    head = measured(excluded=bits_of([10, 15]), statements=bits_of([1, 2, 3]))
    standings = [told(line, verdict=verdict, head=head).standing for line in (3, 5, 15, 4, 1)]
    assert standings == [
        Standing.FLAKY,
        Standing.HIDDEN,
        Standing.EXCLUDED,
        Standing.NO_STATEMENT,
        Standing.COVERED,
    ]
    assert "remove the comment and test it" in told(5, verdict=verdict, head=head).why


def test_a_file_is_told_with_its_counts_and_gaps() -> None:
    found = told(None, head=measured(excluded=bits_of([10])))
    assert found.standing is Standing.PARTIAL
    assert found.why == "9/24 of its statements and branches are covered; 1 lines are excluded"
    text = explanation_text(found)
    assert "    - `shipping`: lines 13-16; branches 13→14, 13→16" in text
    assert text.endswith("  test it in tests/test_cart.py")


def test_a_file_that_is_covered_or_not_at_all_says_so() -> None:
    nothing = measured(executed=0, taken=())
    everything = measured(
        branches=(), taken=(), statements=bits_of([1, 2]), executed=bits_of([1, 2])
    )
    assert told(None, head=nothing).standing is Standing.UNCOVERED
    whole = told(None, head=everything)
    assert (whole.standing, whole.items, whole.place) == (Standing.COVERED, (), None)


def test_without_its_text_a_line_is_explained_all_the_same() -> None:
    found = told(3, sources=Sources(texts={}))
    assert (found.standing, found.code, found.conditions) == (Standing.UNCOVERED, "", ())


def test_code_outside_of_functions_has_no_symbol() -> None:
    found = told(3, head=measured(spans=()), sources=Sources(texts={PATH: CART}))
    assert found.symbol is None
    assert explanation_text(found).splitlines()[-1] == "  test it in tests/test_cart.py (new)"


def test_files_that_the_measurement_does_not_know_say_why() -> None:
    head = replace(
        measured(),
        unparsable=(
            Unparsable(path="other.py", blob="", line=None, message="m"),
            Unparsable(path="bad.py", blob="", line=3, message="no Python"),
            Unparsable(path="worse.py", blob="", line=None, message="no text"),
        ),
        unlisted=("alone.py",),
    )
    there = Sources(texts=dict.fromkeys(("README.md", "tests/test_x.py", "docs/conf.py"), ""))
    names = ("bad.py", "worse.py", "alone.py", *there.texts)
    found = [told(1, head=head, path=name, sources=there) for name in names]
    assert [each.standing for each in found] == [
        Standing.NO_PYTHON,
        Standing.NO_PYTHON,
        Standing.NOT_MEASURED,
        Standing.OUT_OF_SCOPE,
        Standing.OUT_OF_SCOPE,
        Standing.OUT_OF_SCOPE,
    ]
    assert found[0].why == "no Python, line 3: nothing of it is counted"
    assert found[-1].why == "it is outside of what is measured: src (derived)"


def test_nearest_tests_are_shown() -> None:
    place = told(3).place
    assert place is not None
    near = replace(told(3), place=replace(place, near=("tests/test_b.py",)))
    assert explanation_text(near).endswith(
        "  test it in tests/test_cart.py\n    see tests/test_b.py"
    )


def test_waivers_of_the_line_and_of_the_file_are_told() -> None:
    uses = tuple(
        WaiverUse(waiver=replace(waiver(), seq=number, path=path), state=WaiverState.USED, lines=at)
        for number, (path, at) in enumerate([(PATH, (7, 8)), (PATH, (9, 9)), ("x.py", (7, 7))], 1)
    )
    verdict = replace(gaps(), waivers=uses)
    assert [use.waiver.seq for use in told(7, verdict=verdict).waivers] == [1]
    assert [use.waiver.seq for use in told(None, verdict=verdict).waivers] == [1, 2]
    assert "\n  waiver used here: #1 src/shop/cart.py:7-8: " in explanation_text(
        told(7, verdict=verdict)
    )


def test_what_only_type_checkers_read_is_told() -> None:
    found = told(7, head=measured(idle=bits_of([7])))
    assert (found.standing, found.why) == (
        Standing.IDLE,
        "no run passes it: it is asked of no change",
    )


SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "schema" / "explanation.schema.json").read_text()
)


def test_the_published_schema_describes_every_key_and_standing() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert all(each.get("description") for each in SCHEMA["properties"].values())
    assert SCHEMA["properties"]["standing"]["enum"] == [str(each) for each in Standing]


def test_each_explanation_is_as_the_schema_says() -> None:
    use = WaiverUse(waiver=replace(waiver(), path=PATH), state=WaiverState.OWED, lines=(13, 13))
    lost = LostLine(path=PATH, line=13, tests=("t::\udcff", "b"), fates=("deleted", "fails"))
    verdict = replace(gaps(), lost=(lost,), waivers=(use,))
    found = [told(line, verdict=verdict) for line in (1, 2, 7, 13, None)]
    objects = [explanation_object(each) for each in (*found, told(1, path="a\x1b\udcff.py"))]
    for each in objects:
        Draft202012Validator(SCHEMA).validate(json.loads(to_json_line(each)))
    assert objects[3]["tests"] == [
        {"id": "t::\\udcff", "fate": "deleted"},
        {"id": "b", "fate": "fails"},
    ]
    assert (objects[0]["test_in"], objects[0]["gaps"]) == (None, [])


def test_what_is_not_measured_is_told_without_a_place_to_test_it() -> None:
    found = Explanation(path="a.txt", line=None, standing=Standing.OUT_OF_SCOPE, why="no Python")
    assert explanation_text(found).splitlines() == ["a.txt: out of scope", "  no Python"]
