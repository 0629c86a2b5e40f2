from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pytest

from coverage_gate.adapters.render.front_matter import (
    MAX_CHARS,
    FrontMatterError,
    parse_front_matter,
    render_front_matter,
    scalar_text,
)


class NumpyLikeFloat(float):
    def __repr__(self) -> str:
        return f"np.float64({float(self)})"


def _line(value: object) -> str:
    return render_front_matter({"key": value}).split("\n")[1].removeprefix("key:").removeprefix(" ")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", '""'),
        ("PASS", "PASS"),
        ("ET-7", "ET-7"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (87.5, "87.5"),
        (1e-05, "0.00001"),
        (-0.5, "-0.5"),
        (Decimal("12.50"), "12.50"),
        (NumpyLikeFloat(1.5), "1.5"),
        # what a reader of YAML would take for something else
        ("no", '"no"'),
        ("Null", '"Null"'),
        ("12", '"12"'),
        ("12e4", '"12e4"'),
        ("2026-01-01", '"2026-01-01"'),
        ("y", '"y"'),
        ("a: b", '"a: b"'),
        # what is no number of a report
        (float("nan"), '"NaN"'),
        (float("inf"), '"Infinity"'),
        pytest.param(10**5000, '"1.000000e+5000"', id="a long integer"),
        (Decimal("1E+999999999"), '"1.000000e+999999999"'),
        (Decimal("sNaN"), '"sNaN"'),
        (Fraction(1, 3), '"1/3"'),
        (["a\n---"], "\"['a\\\\n---']\""),
        # what could leave its line
        ("a\n---\nb: c", '"a\\n---\\nb: c"'),
        ("\u2028\ud800\x00", '"\\L\\uD800\\0"'),
    ],
)
def test_a_value_is_written_on_one_line_so_that_every_reader_agrees(
    value: object, written: str
) -> None:
    assert _line(value) == written


def test_fields_keep_their_order() -> None:
    text = render_front_matter({"b": 1, "a": "x y"})
    assert text == '---\nb: 1\na: "x y"\n---\n'


def test_a_key_that_yaml_takes_for_a_truth_value_is_quoted() -> None:
    assert render_front_matter({"no": 1}) == '---\n"no": 1\n---\n'


def test_no_fields_make_an_empty_front_matter() -> None:
    assert parse_front_matter(render_front_matter({})) == {}


@pytest.mark.parametrize("key", ["", "A", "a b", "a\n", "a:", "a" * 65])
def test_a_key_that_is_no_plain_word_is_refused(key: str) -> None:
    with pytest.raises(FrontMatterError, match="no key of a front matter"):
        render_front_matter({key: 1})


def test_a_front_matter_that_no_reader_accepts_is_not_written() -> None:
    with pytest.raises(FrontMatterError, match="larger than 65536"):
        render_front_matter({"a": "x" * MAX_CHARS})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("---\na: 1\n---", {"a": "1"}),
        ("\ufeff---\r\na: 1\r\n---\r\nbody", {"a": "1"}),
        ("--- \na: 1\n---\t\n---\nb: 2\n---\n", {"a": "1"}),
        ("---\n---\n", {}),
        ("---\n# a comment\n---\n", {}),
        ("---\na: !!int 1\n---\n", {"a": "1"}),
        ("---\na: 'it''s' # why\n---\n", {"a": "it's"}),
        ("---\na: |\n  x\n  y\n---\n", {"a": "x\ny\n"}),
        ("---\n{a: 1, b: }\n---\n", {"a": "1", "b": ""}),
        # another tool's lists are passed over
        ("---\ntags: [a, {b: c}]\na: 1\nmore:\n  a: 2\n---\n", {"a": "1"}),
    ],
)
def test_front_matter_is_read_as_flat_text(text: str, values: dict[str, str]) -> None:
    assert parse_front_matter(text) == values


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        # fences
        ("", "first line is not ---"),
        ("coverage_status: PASS", "first line is not ---"),
        ("\n---\na: 1\n---\n", "first line is not ---"),
        ("---x\na: 1\n---\n", "first line is not ---"),
        ("---\na: 1\n", "not closed"),
        ("---\na: 1\n----\n", "not closed"),
        pytest.param("---\n" + "a" * (MAX_CHARS + 1) + "\n---\n", "larger than 65536", id="long 1"),
        pytest.param("---\n" + "a" * (MAX_CHARS + 9), "larger than 65536", id="long 9"),
        # two readings of one text
        ("---\ncoverage_status: FAIL\ncoverage_status: PASS\n---\n", "coverage_status stands"),
        ("---\nx: [1]\nx: [2]\n---\n", "key x stands there twice"),
        ("---\na: &x 1\nb: *x\n---\n", "anchor or an alias"),
        ("---\na: [*x]\n---\n", "anchor or an alias"),
        ("---\nb: [&x 1]\n---\n", "anchor or an alias"),
        ("---\na: 1\n...\n--- {b: 2}\n---\n", "not one YAML mapping"),
        # other shapes
        ("---\nPASS\n---\n", "not one YAML mapping"),
        ("---\n- a: 1\n---\n", "not one YAML mapping"),
        ("---\ncoverage_status: [PASS]\n---\n", "value of coverage_status is no plain text"),
        ("---\ncovered: {a: 1}\n---\n", "value of covered is no plain text"),
        ("---\n? [a]\n: b\n---\n", "a key of the front matter"),
        ("---\na: " + "[" * 20 + "]" * 20 + "\n---\n", "nested too deeply"),
        # no YAML
        ("---\na: [1\n---\n", "is no YAML"),
        ("---\na: 1\n b: 2\n---\n", "mapping values are not allowed here"),
        ("---\na: \x00\n---\n", "special characters are not allowed"),
        ("---\na: \ud800\n---\n", "special characters are not allowed"),
        # faults that PyYAML lets through as they are
        ('---\na: "\\U00FFFFFF"\n---\n', "is no YAML"),
        ('---\na: "\\UFFFFFFFF"\n---\n', "is no YAML"),
        pytest.param(
            "---\n%YAML 1." + "9" * 5000 + "\na: 1\n---\n", "is no YAML", id="a long version"
        ),
    ],
)
def test_anything_else_is_an_error_that_names_the_fault(text: str, fault: str) -> None:
    with pytest.raises(FrontMatterError, match=fault):
        parse_front_matter(text)


@pytest.mark.parametrize(
    "text", ["[" * 60_000, "a: " + "{a: " * 15_000, "? " * 30_000], ids=["lists", "maps", "keys"]
)
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    with pytest.raises(FrontMatterError) as raised:
        parse_front_matter(f"---\n{text}\n---\n")
    assert len(str(raised.value)) < 300


def test_a_text_that_looks_like_a_number_stays_text() -> None:
    assert scalar_text("007") == "007"


def test_yaml_is_loaded_by_the_first_use_only() -> None:
    code = (
        "import sys, coverage_gate.adapters.render.report, coverage_gate.adapters.render."
        "text_verdict, coverage_gate.adapters.render.json_verdict\n"
        "print(sorted({'yaml', 'rich', 'pydantic', 'sqlalchemy'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
