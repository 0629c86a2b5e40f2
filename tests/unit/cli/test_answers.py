"""How verdicts and measurements are told, and the exit status that they mean."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.cases import CASES, passing

from coverage_gate.adapters.report_files import ReportError
from coverage_gate.cli.answers import (
    add_step_summary,
    exit_status,
    tell_measurement,
    tell_unreported,
    tell_verdict,
    write_faces,
)
from coverage_gate.cli.faces import FACES
from coverage_gate.cli.options import FORMATS
from coverage_gate.core.decide import gate_error, refused
from coverage_gate.core.measurement import FailureCode, MeasureFailure
from coverage_gate.core.policy import Policy
from coverage_gate.core.verdict import Reason, Verdict
from coverage_gate.testing.values import covered, measurement

REPORT = Path("reports/18-coverage-report.md")
STATUSES = {
    "pass": 0,
    "bootstrap": 0,
    "fail-rules": 1,
    "fail-branch": 1,
    "fail-conflict": 1,
    "unmeasurable-open": 0,
    "unmeasurable-closed": 3,
    "not-applicable": 0,
}
FAILURE = MeasureFailure(
    code=FailureCode.NO_TESTS, message="no \x1b[2Jtests", output="first\nlast \x1b[2J"
)


@pytest.mark.parametrize("case", STATUSES)
def test_the_status_says_what_the_verdict_means(case: str) -> None:
    assert exit_status(CASES[case]()) == STATUSES[case]


def test_a_request_that_names_nothing_is_a_usage_error() -> None:
    assert exit_status(refused("unknown branch", Reason.BAD_REQUEST, Policy())) == 2


def test_people_are_told_such_a_request_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = refused("unknown branch \x1b[2J", Reason.BAD_REQUEST, Policy())
    assert tell_verdict(verdict, report=REPORT, output="text") == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "coverage-gate: unknown branch \\x1b[2J\n")
    assert tell_verdict(verdict, report=REPORT, output="json") == 2
    assert json.loads(capsys.readouterr().out)["verdict"] == "FAIL"


def test_a_broken_gate_is_allowed_or_not_as_a_broken_tool_is() -> None:
    verdicts = [gate_error("it broke", Policy(fail_closed=closed)) for closed in (False, True)]
    assert [exit_status(verdict) for verdict in verdicts] == [0, 3]


def warned() -> Verdict:
    return replace(passing(), warnings=("careful \x1b[2J",))


def test_colours_that_are_asked_for_go_through_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    tell_verdict(passing(), report=REPORT, output="text")
    assert "\x1b[" not in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    tell_verdict(passing(), report=REPORT, output="text")
    assert "\x1b[" in capsys.readouterr().out


def test_the_answer_goes_to_stdout_and_warnings_to_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tell_verdict(warned(), report=REPORT, output="text") == 0
    told = capsys.readouterr()
    assert told.out.startswith("PASS")
    assert told.out.endswith(f"report: {REPORT}\n")
    assert told.err == "coverage-gate: careful \\x1b[2J\n"


def test_without_a_report_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    tell_verdict(passing(), report=None, output="text")
    assert "report:" not in capsys.readouterr().out


def test_json_is_one_object_on_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell_verdict(warned(), report=REPORT, output="json")
    told = capsys.readouterr()
    value = json.loads(told.out.splitlines()[-1])
    assert (value["verdict"], value["report"]) == ("PASS", str(REPORT))


@pytest.mark.parametrize(
    ("case", "status"), [("pass", 4), ("unmeasurable-open", 4), ("fail-rules", 1)]
)
def test_without_its_report_only_a_fail_keeps_its_status(
    capsys: pytest.CaptureFixture[str], case: str, status: int
) -> None:
    error = ReportError("cannot write the report: free some space on that disk")
    assert tell_unreported(CASES[case](), error, output="text") == status
    assert "free some space on that disk" in capsys.readouterr().err


def test_an_unwritten_report_is_told_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    tell_unreported(passing(), ReportError("no room"), output="json")
    value = json.loads(capsys.readouterr().out)
    assert (value["report"], value["warnings"][-1]) == (None, "no room")


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_measurement_is_told_with_status_0(
    capsys: pytest.CaptureFixture[str], output: str
) -> None:
    assert tell_measurement(measurement(covered(9, 10)), output=output) == 0
    assert "src/a.py" in capsys.readouterr().out


@pytest.mark.parametrize("printed", [True, False])
def test_a_failed_measurement_is_told_on_stderr_with_what_the_tests_printed(
    capsys: pytest.CaptureFixture[str], printed: bool
) -> None:
    failure = FAILURE if printed else replace(FAILURE, output="")
    assert tell_measurement(failure, output="text") == 1
    told = capsys.readouterr()
    tail = "first\nlast \\x1b[2J\n" if printed else ""
    assert (told.out, told.err) == ("", f"not measured (no-tests): no \\x1b[2Jtests\n{tail}")


def test_a_failed_measurement_is_an_object_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell_measurement(FAILURE, output="json") == 1
    assert json.loads(capsys.readouterr().out)["failure"]["code"] == "no-tests"


def test_each_format_is_written_to_its_file(tmp_path: Path) -> None:
    files = [(output, tmp_path / "new" / output) for output in FACES]
    write_faces(passing(), files, report=REPORT)
    texts = {output: path.read_text() for output, path in files}
    assert texts["text"].startswith("PASS 87.5%")
    assert json.loads(texts["json"])["verdict"] == "PASS"
    assert texts["agent"].startswith("# PASS: ")
    assert texts["markdown"].startswith("<!-- coverage-gate -->\n")
    assert texts["github"].startswith("::notice ")
    assert all(text.endswith("\n") for text in texts.values())


def test_what_can_be_asked_for_is_what_can_be_told() -> None:
    assert tuple(FACES) == FORMATS


def test_a_face_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError):
        write_faces(passing(), [("text", tmp_path)], report=None)


def test_a_step_summary_is_added_for_github_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "")
    add_step_summary(passing(), ["github"])
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    add_step_summary(passing(), ["text", "json"])
    assert summary.read_text() == "before\n"
    add_step_summary(passing(), ["text", "github"])
    assert summary.read_text().startswith("before\n<!-- coverage-gate -->")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    add_step_summary(passing(), ["github"])
    assert "coverage-gate: no step summary: " in capsys.readouterr().err
