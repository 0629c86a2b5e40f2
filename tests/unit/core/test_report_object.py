"""coverage.py's JSON report, from anywhere."""

from __future__ import annotations

import pytest

from coverage_gate.core.rates import NO_COUNTS, Counts
from coverage_gate.core.report_object import UncoveredFile, read_files

SUMMARY = {"covered_lines": 3, "num_statements": 5, "covered_branches": 1, "num_branches": 2}


def test_the_files_of_a_report_are_read() -> None:
    told = {"summary": SUMMARY, "missing_lines": [4, 7], "missing_branches": [[3, 4], [6, -1]]}
    assert read_files({"files": {"b.py": told}}) == (
        UncoveredFile(
            path="b.py",
            counts=Counts(covered=4, total=7),
            lines=(4, 7),
            branches=((3, 4), (6, -1)),
        ),
    )


@pytest.mark.parametrize("report", [None, [], {}, {"files": []}, {"files": {"a.py": 3}}])
def test_what_is_no_report_has_no_files(report: object) -> None:
    assert read_files(report) == ()


@pytest.mark.parametrize(
    "summary", [{}, {"covered_lines": 3, "num_statements": 1}, {"covered_lines": "3"}]
)
def test_counts_that_cannot_be_are_none(summary: object) -> None:
    (file,) = read_files({"files": {"a.py": {"summary": summary, "missing_branches": [[1]]}}})
    assert (file.counts, file.lines, file.branches) == (NO_COUNTS, (), ())
