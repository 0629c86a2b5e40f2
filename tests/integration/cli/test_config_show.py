from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coverage_gate.cli.main import run
from coverage_gate.settings import all_settings
from coverage_gate.settings.catalogue import EVERY
from coverage_gate.testing.repositories import RepositoryBuilder


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for setting in all_settings():
        monkeypatch.delenv(setting.env, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> RepositoryBuilder:
    """Main sets a floor; the branch that is checked out lowers it, to no avail."""
    builder = RepositoryBuilder.create(tmp_path_factory.mktemp("config") / "shop")
    builder.commit(files={"pyproject.toml": "[tool.coverage-gate]\nmin-percent = 80.5\n"})
    builder.branch("plain")
    builder.commit(files={"pyproject.toml": "[project]\nname = 'shop'\n"})
    builder.branch("wrong")
    builder.commit(files={"pyproject.toml": "[tool.coverage-gate]\nmin_percent = 'many'\n"})
    builder.branch("lower")
    builder.commit(files={"pyproject.toml": "[tool.coverage-gate]\nmin_percent = 1\n"})
    return builder


def _shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["config", "show", *arguments]) == 0
    return capsys.readouterr().out


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_shown(capsys, "--format", "json", *arguments))
    return answer


def _row(answer: dict[str, Any], name: str) -> tuple[object, object, object]:
    (row,) = (row for row in answer["settings"] if row["name"] == name)
    return row["value"], row["origin"], row["source"]


def test_every_setting_is_shown_on_a_line_of_its_own(
    repository: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = _shown(capsys, "--repo", str(repository.path)).splitlines()
    assert [line.split()[0] for line in lines] == [setting.name for setting in EVERY.values()]
    assert "ORCH_COVERAGE_MIN_PERCENT         80.5" in lines


def test_each_value_is_shown_with_its_origin(
    repository: RepositoryBuilder,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_EPSILON", "0.25")
    answer = _json(capsys, "--repo", str(repository.path), "--base", "main")
    names = ["MIN_PERCENT", "EPSILON", "BASE", "POLICY"]
    assert [_row(answer, f"ORCH_COVERAGE_{name}") for name in names] == [
        ("80.5", "file", "file min_percent"),
        ("0.25", "environment", "environment"),
        ("main", "flag", "flag --base"),
        ("both", "default", "default"),
    ]
    assert answer["file_commit"] == repository.git("rev-parse", "main")


def test_the_text_shows_origins_and_the_commit_of_the_file(
    repository: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = _shown(capsys, "--repo", str(repository.path), "--origin")
    assert "  file min_percent\n" in shown
    assert shown.endswith(f"\nfile: pyproject.toml of {repository.git('rev-parse', 'main')}\n")


def test_a_base_without_a_table_sets_nothing(
    repository: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = _json(capsys, "--repo", str(repository.path), "--base", "plain")
    assert {row["origin"] for row in answer["settings"]} == {"default", "flag"}


def test_a_base_without_a_file_is_said_to_have_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = RepositoryBuilder.create(tmp_path / "empty")
    builder.commit()
    shown = _shown(capsys, "--repo", str(builder.path), "--origin")
    assert shown.endswith(f"\nfile: pyproject.toml of {builder.head()}, which has none\n")


def test_secrets_are_shown_as_set_or_not_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_API_TOKEN", "hunter2")
    monkeypatch.setenv("ORCH_DB_URL", "postgresql://me:hunter2@host/db")
    shown = _shown(capsys, "--format", "json")
    answer = json.loads(shown)
    assert "hunter2" not in shown
    assert [_row(answer, f"ORCH_{name}")[0] for name in ("API_TOKEN", "DB_URL", "GITEA_TOKEN")] == [
        "set",
        "set",
        "not set",
    ]


def test_what_is_not_set_is_null_and_no_rules_are_an_empty_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_RULES", "")
    answer = _json(capsys)
    assert _row(answer, "ORCH_COVERAGE_RULES")[0] == ""
    assert _row(answer, "ORCH_COVERAGE_PYTHON")[0] is None


def test_no_rules_are_shown_as_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_RULES", "")
    assert "ORCH_COVERAGE_RULES               none\n" in _shown(capsys)


def test_misspelt_variables_are_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_POLICI", "both")
    unknown = _json(capsys)["unknown_variables"]
    assert unknown == ["ORCH_COVERAGE_POLICI (did you mean ORCH_COVERAGE_POLICY?)"]


def test_outside_of_a_repository_no_file_is_read_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["config", "show", "--origin"]) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith("\nfile: none read\n")
    assert captured.err.startswith("no pyproject.toml is read: . is no git repository")


def test_in_a_repository_its_base_is_read_without_being_named(
    repository: RepositoryBuilder,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(repository.path)
    assert _row(_json(capsys), "ORCH_COVERAGE_MIN_PERCENT")[0] == "80.5"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--base", "wrong"], "min_percent in [tool.coverage-gate] of the base's pyproject.toml"),
        (["--base", "nope"], "nope"),
    ],
)
def test_what_cannot_be_used_is_told_with_status_two(
    repository: RepositoryBuilder,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    assert run(["config", "show", "--repo", str(repository.path), *arguments]) == 2
    assert told in capsys.readouterr().err
