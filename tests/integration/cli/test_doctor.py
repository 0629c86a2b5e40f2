from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.cli import examinations
from coverage_gate.cli.doctor import examine
from coverage_gate.cli.examinations import EXAMINATIONS
from coverage_gate.cli.findings import Examination, Finding, Health, Patient
from coverage_gate.cli.main import run
from coverage_gate.settings import SettingsError, all_settings, load_settings
from coverage_gate.testing.repositories import RepositoryBuilder
from coverage_gate.wiring import store_of

_PATH = os.environ["PATH"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> RepositoryBuilder:
    """Main is healthy; two other branches have tables that are not."""
    builder = RepositoryBuilder.create(tmp_path_factory.mktemp("doctor") / "shop")
    builder.commit(files={"pyproject.toml": "[tool.coverage-gate]\nmin_percent = 80\n"})
    builder.branch("wrong")
    builder.commit(files={"pyproject.toml": "[tool.coverage-gate]\nmin_percent = 'many'\n"})
    builder.switch("main")
    return builder


@pytest.fixture
def patient(repository: RepositoryBuilder, tmp_path: Path) -> Callable[..., Patient]:
    """Makes a patient of the healthy repository, with further variables."""

    def make(*, folder: Path = repository.path, **variables: str) -> Patient:
        home = {"HOME": str(tmp_path / "home"), "PATH": _PATH}
        environment = home | {"ORCH_COVERAGE_PYTHON": sys.executable} | variables
        return Patient(
            environment=environment,
            folder=folder,
            settings=load_settings(env=environment),
            error=None,
            python_version=sys.version_info[:3],
        )

    return make


def _finding(name: str, patient: Patient) -> Finding:
    chosen = [each for each in EXAMINATIONS if each.name == name]
    ((_, finding),) = examine(patient, chosen)
    return finding


def test_in_a_healthy_place_everything_is_well(patient: Callable[..., Patient]) -> None:
    answers = examine(patient(), EXAMINATIONS)
    assert {name: finding.health for name, finding in answers} == {
        each.name: Health.OK for each in EXAMINATIONS
    }


def test_an_examination_that_breaks_is_a_finding_without_secrets_and_stops_no_other(
    patient: Callable[..., Patient],
) -> None:
    def broken(_: Patient) -> Finding:
        raise ValueError("hunter2")

    chosen = [Examination(name="broken", run=broken), EXAMINATIONS[0]]
    secret = {"ORCH_API_TOKEN": "hunter2"}
    (_, first), (_, second) = examine(patient(**secret), chosen)
    assert first.detail == "the examination broke: ValueError: ***"
    assert (first.health, second.health) == (Health.FAIL, Health.OK)


def test_a_python_that_is_too_old_fails(patient: Callable[..., Patient]) -> None:
    healthy = patient()
    old = Patient(
        environment=healthy.environment,
        folder=healthy.folder,
        settings=healthy.settings,
        error=None,
        python_version=(3, 10, 9),
    )
    assert _finding("python", old).detail == "Python 3.10.9 is too old"


def _program(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("echo git version 2.37.9", "git version 2.37.9 is too old to merge without a work tree"),
        ("echo git version 1.99", "git version 1.99 is too old to merge without a work tree"),
        ("echo hello", "does not answer as git does"),
    ],
)
def test_a_git_that_is_too_old_or_none_fails(
    patient: Callable[..., Patient], tmp_path: Path, script: str, detail: str
) -> None:
    finding = _finding("git", patient(PATH=_program(tmp_path, "git", script)))
    assert finding.detail.endswith(detail)
    assert finding.mend == "install git 2.38 or newer"


def test_a_newer_git_is_well(patient: Callable[..., Patient], tmp_path: Path) -> None:
    path = _program(tmp_path, "git", "echo git version 3.0.rc1")
    assert _finding("git", patient(PATH=path)).health is Health.OK


def test_a_missing_git_fails(patient: Callable[..., Patient], tmp_path: Path) -> None:
    assert _finding("git", patient(PATH=str(tmp_path))).detail == "git is not on the PATH"


def test_invalid_settings_fail_and_what_needs_them_is_not_looked_at(
    patient: Callable[..., Patient],
) -> None:
    healthy = patient()
    ill = Patient(
        environment=healthy.environment,
        folder=healthy.folder,
        settings=None,
        error=SettingsError(["ORCH_X is wrong", "ORCH_Y too"]),
        python_version=healthy.python_version,
    )
    answers = dict(examine(ill, EXAMINATIONS))
    assert answers["settings"].detail == "ORCH_X is wrong; ORCH_Y too"
    assert answers["store"] == answers["interpreter"]
    assert answers["store"].detail == "not looked at, since the settings are invalid"


def test_a_misspelt_variable_is_a_warning(patient: Callable[..., Patient]) -> None:
    finding = _finding("spelling", patient(ORCH_COVERAGE_POLICI="both"))
    assert finding.health is Health.WARN
    assert "ORCH_COVERAGE_POLICI (did you mean ORCH_COVERAGE_POLICY?)" in finding.detail


def test_a_gate_that_is_off_is_a_warning(patient: Callable[..., Patient]) -> None:
    finding = _finding("switch", patient(ORCH_COVERAGE_GATE_ENABLED="off"))
    assert finding.health is Health.WARN


def test_a_store_that_is_not_there_yet_is_well_and_is_not_made(
    patient: Callable[..., Patient], tmp_path: Path
) -> None:
    path = tmp_path / "new" / "store.db"
    assert _finding("store", patient(ORCH_DB_PATH=str(path))).health is Health.OK
    assert not path.parent.exists()


def test_a_store_that_is_there_is_tried(patient: Callable[..., Patient], tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    sqlite3.connect(path).close()
    finding = _finding("store", patient(ORCH_DB_PATH=str(path)))
    assert finding.detail == f"{path} can be written"


def test_a_store_that_is_none_fails(patient: Callable[..., Patient], tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is no database" * 100)
    finding = _finding("store", patient(ORCH_DB_PATH=str(path)))
    assert finding.health is Health.FAIL
    assert str(path) in finding.detail


def test_a_store_that_is_not_supported_fails_without_its_password(
    patient: Callable[..., Patient],
) -> None:
    finding = _finding("store", patient(ORCH_DB_URL="mysql://me:hunter2@host/db"))
    assert finding.health is Health.FAIL
    assert "hunter2" not in finding.detail


def test_a_place_below_a_file_fails(patient: Callable[..., Patient], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "reports")
    finding = _finding("folders", patient(ORCH_REPORTS_DIR=folder))
    assert finding.detail == f"{tmp_path / 'file'} is no folder"
    store = _finding("store", patient(ORCH_DB_PATH=f"{folder}/store.db"))
    assert store.detail == finding.detail


def test_a_place_that_this_user_may_not_write_fails(
    patient: Callable[..., Patient], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests may run as root, who may write everywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)
    finding = _finding("folders", patient())
    assert finding.detail.endswith("cannot be written by this user")


def test_a_folder_that_is_no_repository_fails(
    patient: Callable[..., Patient], tmp_path: Path
) -> None:
    finding = _finding("repository", patient(folder=tmp_path))
    assert "is no git repository" in finding.detail
    assert _finding("interpreter", patient(folder=tmp_path)).health is Health.WARN
    assert _finding("testmon", patient(folder=tmp_path)).health is Health.WARN


def test_a_base_that_is_unknown_fails(patient: Callable[..., Patient]) -> None:
    finding = _finding("repository", patient(ORCH_COVERAGE_BASE="nope"))
    assert "nope" in finding.detail


def test_the_branch_that_others_start_from_is_proposed(
    patient: Callable[..., Patient], tmp_path: Path
) -> None:
    old = RepositoryBuilder.create(tmp_path / "old", initial_branch="master")
    old.commit(files={"a.py": "a = 1\n"})
    finding = _finding("repository", patient(folder=old.path))
    assert finding.mend == "name the base: --base master, or ORCH_COVERAGE_BASE=master"
    odd = RepositoryBuilder.create(tmp_path / "odd", initial_branch="odd")
    odd.commit(files={"a.py": "a = 1\n"})
    assert "--repo" in _finding("repository", patient(folder=odd.path)).mend


def test_a_table_of_the_base_that_cannot_be_used_fails(patient: Callable[..., Patient]) -> None:
    finding = _finding("repository", patient(ORCH_COVERAGE_BASE="wrong"))
    assert finding.detail.startswith("min_percent in [tool.coverage-gate]")
    assert finding.mend == "set it right on wrong; branches cannot"


def test_the_repository_is_named_with_its_base(
    patient: Callable[..., Patient], repository: RepositoryBuilder
) -> None:
    finding = _finding("repository", patient())
    assert finding.detail == f"shop, main is at {repository.head()[:12]}"


def test_an_interpreter_that_does_not_run_fails(
    patient: Callable[..., Patient], tmp_path: Path
) -> None:
    missing = patient(ORCH_COVERAGE_PYTHON=str(tmp_path / "python"))
    assert _finding("interpreter", missing).health is Health.FAIL
    assert _finding("testmon", missing).health is Health.WARN


def test_a_test_command_that_is_no_python_fails(patient: Callable[..., Patient]) -> None:
    finding = _finding("interpreter", patient(ORCH_COVERAGE_TEST_COMMAND="make test"))
    assert finding.health is Health.FAIL
    assert finding.mend == "set ORCH_COVERAGE_TEST_COMMAND right"


def test_without_a_name_the_interpreter_of_the_gate_is_found_also_for_a_bare_repository(
    patient: Callable[..., Patient], repository: RepositoryBuilder, tmp_path: Path
) -> None:
    bare = repository.clone(tmp_path / "shop.git", "--bare")
    finding = _finding("interpreter", patient(folder=bare.path, ORCH_COVERAGE_PYTHON=""))
    assert finding.detail.startswith(f"{sys.executable} (the gate's own): Python ")


def test_an_environment_that_main_tracks_is_not_used(
    patient: Callable[..., Patient], tmp_path: Path
) -> None:
    builder = RepositoryBuilder.create(tmp_path / "tracked")
    python = builder.path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    builder.commit()
    finding = _finding("interpreter", patient(folder=builder.path, ORCH_COVERAGE_PYTHON=""))
    assert "(the gate's own)" in finding.detail


@pytest.fixture
def environment_without_pytest(tmp_path: Path) -> str:
    """The interpreter of a virtual environment that has coverage.py and pytest-testmon alone."""
    home = Path(sys.executable).resolve()
    python = tmp_path / "bare" / "bin" / "python"
    site = tmp_path / "bare" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    for name in ("coverage-7.10.0", "pytest_testmon-2.2.0"):
        (site / f"{name}.dist-info").mkdir(parents=True)
    (tmp_path / "bare" / "pyvenv.cfg").write_text(
        f"home = {home.parent}\ninclude-system-site-packages = false\n"
    )
    python.parent.mkdir()
    python.symlink_to(home)
    return str(python)


def test_pytest_is_needed_unless_another_command_runs_the_tests(
    patient: Callable[..., Patient], environment_without_pytest: str
) -> None:
    needs = patient(ORCH_COVERAGE_PYTHON=environment_without_pytest)
    assert "pytest is not installed" in _finding("interpreter", needs).detail
    django = patient(
        ORCH_COVERAGE_PYTHON=environment_without_pytest,
        ORCH_COVERAGE_TEST_COMMAND="manage.py test",
    )
    assert _finding("interpreter", django).detail.endswith("coverage.py 7.10.0")


def test_testmon_is_warned_of(
    patient: Callable[..., Patient], environment_without_pytest: str
) -> None:
    finding = _finding(
        "testmon",
        patient(
            ORCH_COVERAGE_PYTHON=environment_without_pytest,
            ORCH_COVERAGE_TEST_COMMAND="manage.py test",
        ),
    )
    assert finding.health is Health.WARN
    assert finding.detail.startswith("pytest-testmon is installed")


@pytest.fixture
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for setting in all_settings():
        monkeypatch.delenv(setting.env, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", sys.executable)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)


@pytest.mark.usefixtures("_own_environment")
def test_the_command_lists_each_examination_and_ends_well(
    repository: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--repo", str(repository.path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", each.name] for each in EXAMINATIONS]


@pytest.mark.usefixtures("_own_environment")
def test_the_command_says_how_to_mend_what_fails_and_ends_with_one(
    repository: RepositoryBuilder,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", "bth")
    assert run(["doctor", "--repo", str(repository.path)]) == 1
    shown = capsys.readouterr().out
    assert (
        "fail  settings     ORCH_COVERAGE_POLICY is unknown: “bth” (did you mean both?)." in shown
    )
    assert "                   to mend it: set them right, see docs/settings.md\n" in shown


@pytest.mark.usefixtures("_own_environment")
def test_the_command_answers_in_json(
    repository: RepositoryBuilder, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    database = tmp_path / "store.db"
    arguments = ["--repo", str(repository.path), "--base", "nope", "--db", str(database)]
    assert run(["doctor", "--format", "json", *arguments]) == 1
    answer = json.loads(capsys.readouterr().out)
    checks = {check["name"]: check for check in answer["checks"]}
    assert not answer["ok"]
    assert checks["repository"]["outcome"] == "fail"
    assert checks["store"]["detail"].startswith(str(database))


def test_the_oldest_git_is_the_one_whose_merge_tree_writes_trees() -> None:
    assert examinations.OLDEST_GIT == (2, 38)


def test_tool_errors_in_a_row_are_told_before_they_close_the_gate(
    patient: Callable[..., Patient], tmp_path: Path
) -> None:
    found = patient(ORCH_DB_PATH=str(tmp_path / "errors.db"))
    assert found.settings is not None
    assert _finding("errors", found).detail == "no tool error was counted"
    store = store_of(found.settings)
    for _ in range(2):
        store.count_tool_error("shop", at="2026-01-01T00:00:00Z")
    finding = _finding("errors", found)
    assert (finding.health, finding.detail) == (Health.OK, "2 tool errors in a row")
    store.forget_tool_errors("shop")
    assert _finding("errors", found).detail == "no tool error was counted"


def test_tool_errors_are_not_looked_at_without_a_repository(
    patient: Callable[..., Patient], tmp_path: Path
) -> None:
    assert _finding("errors", patient(folder=tmp_path)).health is Health.WARN
