"""How the end of a run is judged, whatever the process leaves behind."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath

import pytest
from tests.unit.adapters.measure_run.fake_sandbox import FakeSandbox

from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.adapters.measure.environment import RefusedVariableError
from coverage_gate.adapters.measure.interpreter import Interpreter
from coverage_gate.adapters.measure.rig import Rig
from coverage_gate.adapters.measure.run import FinishedRun, run_tests
from coverage_gate.core.measurement import FailureCode, MeasureFailure, TestOutcome
from coverage_gate.ports import Launch, NoProgress, Premises, RunLimits

CLAIMS = {"exit": 0, "tracer": "CTracer", "foreign": {}}
SUMMARY = {"deselected": 0, "foreign": {}}
PASSED = {"t.py::a": "passed"}

INTERPRETER = Interpreter(
    path=Path("/env/bin/python"),
    version="3.12.1",
    minor=(3, 12),
    implementation="cpython",
    coverage_version="7.10.0",
    pytest_version="9.0",
    has_pytest_cov=False,
    has_xdist=False,
    fingerprint="f00",
    editable_roots=(PurePosixPath("src"),),
    places=(Path("/env/lib"),),
)


def run(
    top: Path,
    sandbox: FakeSandbox,
    *,
    command: str = "pytest",
    allowed: dict[str, str] | None = None,
) -> FinishedRun | MeasureFailure:
    for name in ("export", "data"):
        (top / name).mkdir()
    rig = Rig(
        interpreter=INTERPRETER,
        command=parse_test_command(command),
        export=top / "export",
        work=top / "work",
        roots=(Path("/checkout"),),
        sandbox=sandbox,
        limits=RunLimits(timeout_s=7),
        allowed=allowed or {},
    )
    data_file = top / "data" / "coverage"
    return run_tests(rig, rc=top / "rc", data_file=data_file, progress=NoProgress())


def leaving(
    top: Path,
    *,
    status: int | None = 0,
    claims: object = CLAIMS,
    summary: object = SUMMARY,
    outcomes: dict[str, str] | None = None,
    started: tuple[str, ...] = (),
    data: tuple[str, ...] = ("coverage.host.1",),
    output: bytes = b"",
) -> FakeSandbox:
    """A process that leaves these files; None leaves none."""

    def act(_: Launch) -> None:
        record = top / "work" / "record"
        for name, value in (("claims", claims), ("summary", summary)):
            if value is not None:
                (record / f"{name}.json").write_text(json.dumps(value))
        if outcomes is not None:
            lines = [json.dumps({"id": test, "outcome": end}) for test, end in outcomes.items()]
            (record / "outcomes.jsonl").write_text("".join(f"{line}\n" for line in lines))
        begun = [json.dumps({"id": test}) + "\n" for test in started]
        (record / "started.jsonl").write_text("".join(begun))
        for name in data:
            (top / "data" / name).write_text("")

    return FakeSandbox(status=status, output=output, act=act)


def failure(top: Path, sandbox: FakeSandbox, *, command: str = "pytest") -> MeasureFailure:
    ended = run(top, sandbox, command=command)
    assert isinstance(ended, MeasureFailure), ended
    return ended


def test_a_finished_run_tells_everything(tmp_path: Path) -> None:
    sandbox = leaving(
        tmp_path,
        status=1,
        claims=CLAIMS | {"exit": 1},
        summary=SUMMARY | {"deselected": 2},
        outcomes=PASSED | {"t.py::b": "failed"},
        data=("coverage", "coverage.host.1", "coverage.host.1-journal", "other"),
        output=b"\x1b[31mred\x1b[0m\n",
    )
    ended = run(tmp_path, sandbox)
    assert isinstance(ended, FinishedRun)
    assert (ended.tests.exit_status, list(ended.tests.failed)) == (1, ["t.py::b"])
    assert (ended.deselected, ended.core, ended.output, ended.seconds) == (2, "ctrace", "red", 1.5)
    assert [path.name for path in ended.data_files] == ["coverage", "coverage.host.1"]


def test_the_runner_is_started_in_the_export_with_the_runs_own_environment(tmp_path: Path) -> None:
    sandbox = leaving(tmp_path, outcomes=PASSED)
    run(tmp_path, sandbox, allowed={"TZ": "UTC"})
    (call,) = sandbox.calls
    work = tmp_path / "work"
    assert call.argv == ("/env/bin/python", str(work / "boot/runner.py"), str(work / "spec.json"))
    assert call.cwd == tmp_path / "export"
    assert call.env == {
        "PATH": f"/env/bin:{os.defpath}",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(work / "boot"),
    }
    assert call.premises == Premises(
        writable=(tmp_path / "export", work, tmp_path / "data"),
        readable=(
            tmp_path / "rc",
            Path("/env/bin/python"),
            Path("/env/lib"),
            *map(Path, ["/env/bin", *os.defpath.split(os.pathsep)]),
        ),
        emptied=(work / "home", work / "tmp"),
        stand_ins=((Path("/checkout"), tmp_path / "export"),),
    )


@pytest.mark.parametrize(("command", "is_followed"), [("pytest", True), ("unittest", False)])
def test_only_the_progress_of_pytest_is_followed(
    tmp_path: Path, command: str, is_followed: bool
) -> None:
    sandbox = leaving(tmp_path, outcomes=PASSED)
    run(tmp_path, sandbox, command=command)
    assert (sandbox.calls[0].progress_file is not None) is is_followed


def test_a_process_that_cannot_be_started_is_the_tools_fault(tmp_path: Path) -> None:
    ended = failure(tmp_path, FakeSandbox(error="cannot start it"))
    assert (ended.code, ended.message) == (FailureCode.SANDBOX_FAILED, "cannot start it")


def test_a_variable_that_is_refused_starts_nothing(tmp_path: Path) -> None:
    sandbox = leaving(tmp_path)
    with pytest.raises(RefusedVariableError):
        run(tmp_path, sandbox, allowed={"API_TOKEN": "x"})
    assert sandbox.calls == []


def test_at_the_time_limit_the_running_tests_and_the_remedy_are_named(tmp_path: Path) -> None:
    begun = ("t.py::a", "t.py::b", "t.py::c", "t.py::d", "t.py::e")
    ended = failure(tmp_path, leaving(tmp_path, status=None, outcomes=PASSED, started=begun))
    assert ended.code is FailureCode.TIMEOUT
    assert ended.message == (
        "the tests did not end within 7 s; t.py::b, t.py::c, t.py::d and 1 more did not end; make"
        " them faster or allow more time (--timeout, ORCH_COVERAGE_RUN_TIMEOUT_S)"
    )


def test_a_signal_is_named(tmp_path: Path) -> None:
    ended = failure(tmp_path, leaving(tmp_path, status=-11, outcomes=PASSED))
    assert (ended.code, ended.message) == (
        FailureCode.KILLED,
        "the tests' process was killed by signal 11; run `python -m pytest` to see it",
    )


@pytest.mark.parametrize("status", [0, 1])
def test_without_the_runners_claims_the_process_ended_in_the_middle(
    tmp_path: Path, status: int
) -> None:
    ended = failure(tmp_path, leaving(tmp_path, status=status, claims=None, outcomes=PASSED))
    assert (ended.code, "ended in the middle" in ended.message) == (FailureCode.NO_DATA, True)


@pytest.mark.parametrize(
    ("status", "outcomes", "code", "reason"),
    [
        (0, None, FailureCode.TESTS_CANNOT_START, "pytest ran without the gate's plugin"),
        (1, None, FailureCode.TESTS_CANNOT_START, "pytest did not get as far as the tests"),
        (
            2,
            PASSED | {"tests/a.py": "error", "tests/b.py": "error"},
            FailureCode.TESTS_CANNOT_START,
            "pytest stopped before all tests had run: tests/a.py, tests/b.py",
        ),
        (2, PASSED, FailureCode.TESTS_CANNOT_START, "pytest stopped before all tests had run"),
        (3, PASSED, FailureCode.TESTS_CANNOT_START, "pytest broke down"),
        (
            4,
            {},
            FailureCode.TESTS_CANNOT_START,
            "pytest refused an option, or a file such as a conftest.py could not be loaded",
        ),
        (17, PASSED, FailureCode.TESTS_CANNOT_START, "pytest ended with status 17"),
    ],
)
def test_a_pytest_that_did_not_run_the_tests_is_told_with_the_command(
    tmp_path: Path,
    status: int,
    outcomes: dict[str, str] | None,
    code: FailureCode,
    reason: str,
) -> None:
    claims = CLAIMS | {"exit": status}
    ended = failure(tmp_path, leaving(tmp_path, status=status, claims=claims, outcomes=outcomes))
    assert (ended.code, ended.message) == (code, f"{reason}; run `python -m pytest` to see it")


def test_a_suite_without_tests_is_told_as_such(tmp_path: Path) -> None:
    ended = failure(tmp_path, leaving(tmp_path, status=5, outcomes={}))
    assert (ended.code, ended.message) == (
        FailureCode.NO_TESTS,
        "pytest found no tests (`python -m pytest`); add tests or name where they are",
    )


@pytest.mark.parametrize(("process", "claimed"), [(1, 0), (0, 1)])
def test_of_the_status_of_the_process_and_the_claimed_one_the_bad_one_counts(
    tmp_path: Path, process: int, claimed: int
) -> None:
    sandbox = leaving(tmp_path, status=process, claims=CLAIMS | {"exit": claimed}, outcomes=PASSED)
    ended = run(tmp_path, sandbox)
    assert isinstance(ended, FinishedRun)
    assert ended.tests.exit_status == 1


def test_another_command_may_end_with_any_status_and_has_no_outcomes(tmp_path: Path) -> None:
    ended = run(tmp_path, leaving(tmp_path, status=3, outcomes=PASSED), command="manage.py test")
    assert isinstance(ended, FinishedRun)
    assert (ended.tests.exit_status, ended.tests.outcomes) == (3, None)


@pytest.mark.parametrize("change", [{"data": ()}, {"claims": CLAIMS | {"tracer": ""}}])
def test_without_data_or_tracer_nothing_was_measured(
    tmp_path: Path, change: dict[str, tuple[str, ...] | dict[str, object]]
) -> None:
    sandbox = leaving(tmp_path, outcomes=PASSED, **change)  # type: ignore[arg-type]  # one of them
    ended = failure(tmp_path, sandbox)
    assert (ended.code, "coverage.py wrote no data" in ended.message) == (FailureCode.NO_DATA, True)


def test_a_link_among_the_data_is_no_data(tmp_path: Path) -> None:
    sandbox = leaving(tmp_path, outcomes=PASSED, data=())
    (tmp_path / "secret").touch()
    leave = sandbox.act

    def act(call: Launch) -> None:
        leave(call)
        (tmp_path / "data" / "coverage.x").symlink_to(tmp_path / "secret")

    sandbox.act = act
    assert failure(tmp_path, sandbox).code is FailureCode.NO_DATA


def test_foreign_modules_of_the_process_and_of_its_workers_are_named(tmp_path: Path) -> None:
    sandbox = leaving(
        tmp_path,
        claims=CLAIMS | {"foreign": {"a": "/c/a.py", "b": "/c/b.py"}},
        summary=SUMMARY | {"foreign": {"c": "/c/c.py", "d": "/c/d.py"}},
        outcomes=PASSED,
    )
    ended = failure(tmp_path, sandbox)
    assert ended.code is FailureCode.FOREIGN_MODULE
    assert "measured: a from /c/a.py, b from /c/b.py, c from /c/c.py and 1 more;" in ended.message


@pytest.mark.parametrize("status", [0, None, -9])
def test_a_forged_record_is_bad_data_however_the_run_ended(
    tmp_path: Path, status: int | None
) -> None:
    sandbox = leaving(tmp_path, status=status, outcomes={"a": "forged"}, started=("a",))
    ended = failure(tmp_path, sandbox)
    assert (ended.code, "outcomes.jsonl: 'forged'" in ended.message) == (FailureCode.BAD_DATA, True)


def test_a_failure_carries_the_last_lines_of_the_output(tmp_path: Path) -> None:
    output = "".join(f"{number}\n" for number in range(150)).encode()
    ended = failure(tmp_path, leaving(tmp_path, status=-9, output=output))
    assert ended.output.splitlines() == [str(number) for number in range(50, 150)]


def test_outcomes_are_those_of_the_record(tmp_path: Path) -> None:
    ended = run(tmp_path, leaving(tmp_path, outcomes=PASSED))
    assert isinstance(ended, FinishedRun)
    assert ended.tests.outcomes == {"t.py::a": TestOutcome.PASSED}
