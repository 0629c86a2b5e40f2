"""The doctor runs a real suite in the cage and outside, and says what it misses."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.shop import Told

from coverage_gate.cli.findings import Health, Patient
from coverage_gate.cli.suite_examinations import examine_tests, ran
from coverage_gate.ports import NoProgress
from coverage_gate.settings import load_settings
from coverage_gate.testing.repositories import RepositoryBuilder


def patient(tmp_path: Path, body: str, **variables: str) -> Patient:
    builder = RepositoryBuilder.create(tmp_path / "shop")
    test = f"from pathlib import Path\n\n\ndef test_it():\n    {body}\n"
    builder.commit(files={"tests/test_it.py": test})
    environment = {
        "HOME": str(tmp_path / "home"),
        "PATH": os.environ["PATH"],
        "ORCH_COVERAGE_PYTHON": sys.executable,
        **variables,
    }
    return Patient(
        environment=environment,
        folder=builder.path,
        settings=load_settings(env=environment),
        error=None,
        python_version=sys.version_info[:3],
    )


def test_a_file_of_the_host_that_is_not_shown_is_named_with_its_setting(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("1")
    tmp_path.chmod(0o755)
    asked = patient(tmp_path, f"assert Path({str(data)!r}).read_text() == '1'")
    [(name, finding)] = examine_tests(asked)
    assert (name, finding.health) == ("tests/test_it.py::test_it", Health.FAIL)
    assert finding.detail.startswith("fails in the cage only: ")
    assert f"ORCH_SANDBOX_READABLE={data}" in finding.mend


def test_what_passes_inside_is_not_run_outside(tmp_path: Path) -> None:
    [(name, finding)] = examine_tests(patient(tmp_path, "assert Path().is_dir()"))
    assert (name, finding.health) == ("tests", Health.OK)
    assert finding.detail == "1 tests ran, and none failed"


def test_where_a_cage_is_required_nothing_runs_outside(tmp_path: Path) -> None:
    witness = tmp_path / "open" / "witness"
    witness.parent.mkdir()
    witness.parent.chmod(0o777)
    tmp_path.chmod(0o755)
    body = f"Path({str(witness)!r}).touch()"
    [(_, finding)] = examine_tests(patient(tmp_path, body, ORCH_REQUIRE_SANDBOX="landlock"))
    assert finding.health is Health.WARN
    assert "ORCH_REQUIRE_SANDBOX" in finding.detail
    assert not witness.exists()


def test_what_fails_everywhere_is_only_a_warning(tmp_path: Path) -> None:
    body = "raise OSError\n\n\n" + "\n".join(
        f"def test_{number}():\n    assert 0\n" for number in range(20)
    )
    answers = examine_tests(patient(tmp_path, body, ORCH_SANDBOX="plain"))
    assert {finding.health for _, finding in answers} == {Health.WARN}
    # They run in any order; what is told of twenty holds the one, or it is the one that is left.
    said = {finding.detail for _, finding in answers[:-1]}
    assert said <= {f"fails outside of the cage, too: {why}" for why in ("OSError", "assert 0")}
    assert answers[-1][1].detail == "1 more tests fail"


def test_a_suite_that_does_not_start_is_told(tmp_path: Path) -> None:
    broken = patient(tmp_path, "pass\nimport nowhere", ORCH_SANDBOX="plain")
    [(name, finding)] = examine_tests(broken)
    assert (name, finding.health) == ("tests", Health.WARN)
    assert "ModuleNotFoundError" in finding.detail


def test_a_command_that_tells_no_tests_is_told_by_its_status(tmp_path: Path) -> None:
    command = {"ORCH_COVERAGE_TEST_COMMAND": "python -m tests.test_it", "ORCH_SANDBOX": "plain"}
    asked = patient(tmp_path, "pass\n\n\nraise SystemExit(3)", **command)
    assert ran(asked, {}, NoProgress()).failure == "the tests ended with status 3"


def test_without_an_interpreter_there_is_nothing_to_run(tmp_path: Path) -> None:
    asked = patient(tmp_path, "pass", ORCH_COVERAGE_PYTHON="/nowhere/python")
    [(_, finding)] = examine_tests(asked)
    assert finding.health is Health.WARN


def test_the_command_runs_the_tests_alone(
    monkeypatch: pytest.MonkeyPatch, tell: Callable[..., Told], tmp_path: Path
) -> None:
    asked = patient(tmp_path, "pass", ORCH_SANDBOX="plain")
    for name, value in asked.environment.items():
        monkeypatch.setenv(name, value)
    told = tell("doctor", "--tests", "--repo", str(asked.folder))
    assert told.status == 0
    assert told.out == "ok    tests  1 tests ran, and none failed\n"

    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    monkeypatch.setenv("ORCH_SANDBOX", "nonsense")
    assert tell("doctor", "--tests", "--repo", str(nowhere)).status == 1
