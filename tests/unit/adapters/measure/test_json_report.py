"""Reports of `coverage json`, as coverage.py writes them and as nobody would."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coverage_gate.adapters.measure import json_report
from coverage_gate.adapters.measure.json_report import BadReportError, read_report_object
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.rates import Counts

REPORT: dict[str, Any] = {
    "meta": {"format": 3, "version": "7.17.3", "branch_coverage": True},
    "files": {
        "src\\a.py": {
            "executed_lines": [1, 2],
            "missing_lines": [4],
            "executed_branches": [[2, 4]],
            "missing_branches": [[2, -1]],
        }
    },
    "totals": {
        "covered_lines": 2,
        "num_statements": 3,
        "covered_branches": 1,
        "num_branches": 2,
    },
}
FILE = REPORT["files"]["src\\a.py"]


def changed(*path: str, value: object) -> bytes:
    """The report with one value replaced."""
    document = copy.deepcopy(REPORT)
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return json.dumps(document).encode()


def refusal(content: bytes) -> str:
    with pytest.raises(BadReportError) as raised:
        read_report_object(content)
    return str(raised.value)


def test_a_report_says_which_statements_and_branches_ran() -> None:
    report = read_report_object(json.dumps(REPORT).encode())
    (file,) = report.files
    assert (file.path, report.has_branches) == ("src/a.py", True)
    assert (file.executed, file.missing) == (bits_of([1, 2]), bits_of([4]))
    assert (str(file.lines), str(file.branches), str(report.counts)) == ("2/3", "1/2", "3/5")


def test_without_branches_none_are_looked_for() -> None:
    document = copy.deepcopy(REPORT)
    document["meta"]["branch_coverage"] = False
    document["files"]["src\\a.py"] = {"executed_lines": [1, 2], "missing_lines": [4]}
    report = read_report_object(json.dumps(document).encode())
    assert report.counts == Counts(covered=2, total=3)


@pytest.mark.parametrize("branch", [[], ["--branch"]])
def test_what_coverage_itself_writes_is_read(tmp_path: Path, branch: list[str]) -> None:
    (tmp_path / "it.py").write_text("x = 1\nif x > 2:\n    x = 3\nprint(x)\n")
    for arguments in (["run", *branch, "it.py"], ["json", "-q", "-o", "found.json"]):
        command = [sys.executable, "-m", "coverage", *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    report = read_report_object((tmp_path / "found.json").read_bytes())
    assert str(report.counts) == ("4/6" if branch else "3/4")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "the report is no object"),
        (b"{}", "meta is no object"),
        (changed("files", value=[]), "files is no object"),
        (changed("files", value={"a.py": 1}), "a file is no object"),
        (changed("meta", "branch_coverage", value=1), "neither true nor false"),
        (changed("totals", value=None), "totals is no object"),
        (changed("files", value={"": FILE}), "without a usable path"),
        (changed("files", value={"a\0.py": FILE}), "without a usable path"),
        (changed("files", value={"a" * 5000: FILE}), "without a usable path"),
        (changed("files", value={"a/b": FILE, "a\\b": FILE}), "names a file twice"),
        (changed("files", "src\\a.py", "executed_lines", value="12"), "is no list"),
        (changed("files", "src\\a.py", "executed_lines", value=[0]), "no line: 0"),
        (changed("files", "src\\a.py", "executed_lines", value=[True]), "no line: True"),
        (changed("files", "src\\a.py", "executed_lines", value=[10**9]), "no line"),
        (changed("files", "src\\a.py", "missing_lines", value=[1]), "ran and did not run"),
        (changed("files", "src\\a.py", "missing_branches", value=[[2, 4]]), "branches that ran"),
        (changed("files", "src\\a.py", "missing_branches", value=[[2]]), "no branch"),
        (changed("files", "src\\a.py", "missing_branches", value=[[2, 10**15]]), "no branch"),
        (changed("files", "src\\a.py", "missing_branches", value=[[2, "x"]]), "no branch"),
        (changed("totals", "covered_lines", value=3), "does not add up: covered_lines is 3"),
        (changed("totals", "num_branches", value=None), "does not add up: num_branches"),
    ],
)
def test_what_is_no_report_or_does_not_add_up_is_refused(content: bytes, words: str) -> None:
    assert words in refusal(content)


def test_a_report_may_not_be_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_report, "_FILES", 0)
    assert "1 files are more than are read" in refusal(json.dumps(REPORT).encode())
    monkeypatch.undo()
    monkeypatch.setattr(json_report, "_LISTED", 4)
    assert "more lines and branches than are read" in refusal(json.dumps(REPORT).encode())
    # One line of many files takes as much room as all of their lines.
    monkeypatch.setattr(json_report, "_LISTED", 1000)
    far = changed("files", "src\\a.py", "missing_lines", value=[900_000])
    assert "more lines and branches than are read" in refusal(far)
