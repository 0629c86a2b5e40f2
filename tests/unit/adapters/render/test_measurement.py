"""A measurement for people and for machines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from coverage_gate.adapters.render.json_verdict import to_json_line
from coverage_gate.adapters.render.measurement import (
    failure_object,
    measurement_object,
    measurement_text,
)
from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement, TestRun
from coverage_gate.testing.values import covered, file_coverage, measurement

SCHEMA = json.loads(
    (Path(__file__).parents[4] / "docs" / "schema" / "measurement.schema.json").read_text()
)
HOSTILE = "a\x1b[2J\n\u202e\udcff.py"
FAILURE = MeasureFailure(code=FailureCode.TIMEOUT, message="the tests\ndid not end \x1b[2J")


def named(path: str) -> Measurement:
    """A measurement of one file with a name of any kind, in which a test of that name failed."""
    measured = measurement(covered(1, 2), tests={path: "failed"})
    return replace(measured, files=(replace(measured.files[0], path=path),))


def with_branches() -> Measurement:
    file = file_coverage("src/b.py", range(1, 9), [1, 2, 4])
    branched = replace(file, branches=((2, 3), (2, -1)), taken=((2, -1),))
    return measurement(covered(9, 10), branched, tests={"t.py::a": "passed", "t.py::b": "failed"})


def test_the_published_schema_is_a_schema_that_describes_every_key() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert all(each.get("description") for each in SCHEMA["properties"].values())


@pytest.mark.parametrize(
    "value",
    [
        measurement_object(with_branches()),
        measurement_object(measurement()),
        measurement_object(named(HOSTILE)),
        failure_object(FAILURE),
    ],
    ids=["measured", "nothing measurable", "hostile", "failed"],
)
def test_every_answer_has_all_keys_and_fits_the_published_schema(value: dict[str, object]) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(to_json_line(value)))
    assert set(value) == set(SCHEMA["properties"]) == set(SCHEMA["required"])


def test_the_object_has_lines_and_branches_that_did_not_run() -> None:
    files = measurement_object(with_branches())["files"]
    assert isinstance(files, list)
    assert files[1] == {
        "path": "src/b.py",
        "covered": 4,
        "total": 10,
        "missing_lines": [3, 5, 6, 7, 8],
        "missing_branches": [[2, 3]],
    }


def test_the_percent_is_rounded_down_so_that_100_is_exact() -> None:
    value = measurement_object(measurement(covered(999_999, 1_000_000)))
    assert (value["percent"], value["covered"]) == (99.9999, 999_999)


def test_nothing_measurable_has_no_percent() -> None:
    value = measurement_object(measurement())
    assert (value["percent"], value["total"], value["files"]) == (None, 0, [])


def test_an_uncommitted_tree_has_no_identity() -> None:
    measured = measurement(covered(1, 2))
    origin = replace(measured.provenance, identity="", commit=None, tree=None)
    value = measurement_object(replace(measured, provenance=origin))
    assert (value["identity"], value["commit"], value["tree"]) == (None, None, None)


def test_names_that_are_no_text_can_be_read_by_every_parser() -> None:
    value = measurement_object(named("a\udcff.py"))
    files = value["files"]
    assert isinstance(files, list)
    assert (files[0]["path"], value["failing_tests"]) == ("a\\udcff.py", ["a\\udcff.py"])


def test_a_failure_says_why_on_one_printable_line_and_has_no_number() -> None:
    value = failure_object(FAILURE)
    assert value["failure"] == {
        "code": "timeout",
        "message": "the tests\\ndid not end \\x1b[2J",
    }
    assert (value["percent"], value["covered"], value["files"]) == (None, None, None)


def test_the_table_has_the_least_covered_file_first_and_the_total() -> None:
    lines = measurement_text(with_branches()).splitlines()
    assert [line.split() for line in lines[1:4]] == [
        ["src/b.py", "4", "10", "40%", "3,", "5-8"],
        ["src/a.py", "9", "10", "90%", "10"],
        ["TOTAL", "13", "20", "65%"],
    ]
    assert lines[-2:] == [
        "scope src (derived); ctrace-3.11-line; 1 tests passed, 1 failed",
        "failed: t.py::b",
    ]


def test_of_many_failed_tests_the_table_names_some_and_counts_the_rest() -> None:
    failed = measurement(covered(1, 2), tests={f"t.py::t{n:02}": "failed" for n in range(23)})
    lines = measurement_text(failed).splitlines()
    assert lines[-2:] == ["failed: t.py::t19", "and 3 more failed"]


def test_of_a_command_that_tells_no_tests_the_table_tells_the_status() -> None:
    text = measurement_text(replace(measurement(covered(1, 2)), tests=TestRun(exit_status=3)))
    assert text.endswith("the test command ended with status 3")


def test_the_table_is_printable_and_no_name_breaks_its_columns() -> None:
    long = measurement(covered(1, 2, path="src/" + "long/" * 20 + "a.py"))
    assert "…" in measurement_text(long)
    hostile = measurement_text(named(HOSTILE))
    assert all(line.isprintable() for line in hostile.splitlines())
