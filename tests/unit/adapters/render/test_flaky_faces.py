"""How flaky lines, and the tests of lost ones, are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.golden.cases import passing

from coverage_gate.adapters.render.report import fields_of, read_report, render_coverage_report
from coverage_gate.adapters.render.report_reader import ReportFields
from coverage_gate.adapters.render.text_verdict import verdict_text
from coverage_gate.core.places import LostLine, Unit
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import Verdict

FLAKY = replace(
    passing(),
    flaky=(Unit(path="src/b.py", line=3), Unit(path="src/c.py", line=4, target=-1)),
    steady_covered=873,
    lost=(LostLine(path="src/d.py", line=5, tests=("t.py::x",), fates=("renamed",)),),
)


def report(verdict: Verdict) -> str:
    return render_coverage_report("ET-7", fields_of(verdict, work_item="ET-7", repository="shop"))


def test_the_report_lists_flaky_places_and_tests_of_lost_ones() -> None:
    text = report(FLAKY)
    assert "## Flaky: runs in some measurements only" in text
    assert "- `src/b.py:3`\n" in text
    assert "- `src/c.py: branches 4→exit`" in text
    assert "## Tests that used to run what is lost" in text
    assert "- `src/d.py:5: t.py::x (renamed)`" in text


def test_a_terminal_lists_flaky_places_and_tests_of_lost_ones() -> None:
    text = verdict_text(FLAKY, color=False)
    assert "Flaky, runs in some measurements only (2)\n  src/b.py:3\n" in text
    assert "Tests that used to run what is lost (1)\n  src/d.py:5: t.py::x (renamed)" in text


def test_what_is_flaky_is_taken_off_what_may_raise_the_baseline() -> None:
    fields = read_report(report(FLAKY))
    assert (fields.counts, fields.flaky_covered) == (Counts(covered=875, total=1000), 2)
    assert fields.steady_counts == Counts(covered=873, total=1000)


@pytest.mark.parametrize("steady", [None, 875])
def test_a_report_without_flaky_lines_has_no_such_key(steady: int | None) -> None:
    text = report(replace(passing(), steady_covered=steady))
    assert "flaky_covered" not in text
    assert read_report(text).steady_counts == Counts(covered=875, total=1000)


def test_more_flaky_than_covered_is_no_number_to_ratchet() -> None:
    fields = ReportFields(status="PASS", covered=1, total=2, flaky_covered=2)
    assert (fields.counts, fields.steady_counts) == (Counts(covered=1, total=2), None)
    assert ReportFields(status="PASS").steady_counts is None
