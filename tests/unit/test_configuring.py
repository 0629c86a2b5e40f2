"""What a branch does to the configuration, told from its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from coverage_gate.adapters.git.view import open_view
from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.configuring import TreeConfigurations
from coverage_gate.core.configured import ConfigurationChange
from coverage_gate.testing.repositories import RepositoryBuilder
from coverage_gate.wiring import gate_table

NOTHING = ConfigurationChange()


def change(
    tmp_path: Path,
    base: Mapping[str, str],
    head: Mapping[str, str],
    *,
    command: str = "pytest",
) -> ConfigurationChange:
    repo = RepositoryBuilder.create(tmp_path / "repo")
    repo.commit(files={"README.md": "", **base})
    repo.branch("head")
    if base:
        repo.delete(*base)
    repo.commit(files=head)
    (tmp_path / "scratch").mkdir()
    view = open_view(repo.path, scratch=tmp_path / "scratch")
    read = TreeConfigurations(view=view, command=parse_test_command(command), read_table=gate_table)
    return read.change(view.resolve("main").tree, view.resolve("head").tree)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def test_other_files_change_nothing(tmp_path: Path) -> None:
    assert change(tmp_path, {"a.py": "A = 1\n"}, {"a.py": "A = 2\n"}) == NOTHING


def test_the_same_configuration_in_another_file_is_no_change(tmp_path: Path) -> None:
    base = {".coveragerc": "[run]\nbranch = true\n", "pytest.ini": "[pytest]\ntestpaths = tests\n"}
    head = {
        "pyproject.toml": "[tool.coverage.run]\nbranch = true\n"
        '[tool.pytest.ini_options]\ntestpaths = "tests"\n'
    }
    assert change(tmp_path, base, head) == NOTHING


def test_each_changed_key_is_told(tmp_path: Path) -> None:
    found = change(tmp_path, {}, {".coveragerc": "[run]\nbranch = true\nomit = a.py\n"})
    (note,) = found.notes
    assert note == (
        "coverage configuration: branch, run_omit changed; the base's counts here, the change"
        " takes effect after its own merge"
    )


def test_another_command_may_use_the_branchs_configuration_already(tmp_path: Path) -> None:
    head = {"pytest.ini": "[pytest]\naddopts = -k fast\n"}
    (note,) = change(tmp_path, {}, head, command="manage.py test").notes
    assert note.startswith("pytest configuration: addopts changed; `python manage.py test` may")


@pytest.mark.parametrize("text", ["[pytest\n", "[pytest]\naddopts = -k 'fast\n"])
def test_what_pytest_refuses_is_left_to_pytest(tmp_path: Path, text: str) -> None:
    assert change(tmp_path, {}, {"pytest.ini": text}) == NOTHING


def test_everything_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    head = {".coveragerc": "[run\n", "pyproject.toml": "[tool.coverage-gate]\nnothing = 1\n"}
    found = change(tmp_path, {}, head)
    assert "its own coverage configuration cannot be used: .coveragerc, line 1" in found.broken
    assert "its own [tool.coverage-gate] cannot be used: nothing in" in found.broken


def test_what_is_broken_on_both_sides_is_not_the_branchs(tmp_path: Path) -> None:
    broken = {".coveragerc": "[run\n"}
    assert change(tmp_path, broken, broken) == NOTHING


def test_a_skipped_folder_is_compared_with_those_of_the_base(tmp_path: Path) -> None:
    base = {"tests/unit/test_a.py": "\n"}
    head = {**base, "pytest.ini": "[pytest]\nnorecursedirs = unit other\n"}
    (note,) = change(tmp_path, base, head).notes
    assert note.startswith("pytest configuration: norecursedirs changed")


def test_a_branch_that_mends_the_base_is_told(tmp_path: Path) -> None:
    (note,) = change(tmp_path, {".coveragerc": "[run\n"}, {".coveragerc": "[run]\n"}).notes
    assert note.startswith("coverage configuration: the base's cannot be read (.coveragerc, line")


def test_changed_conftests_are_named(tmp_path: Path) -> None:
    base = {"conftest.py": "A = 1\n"}
    head = {"conftest.py": "A = 2\n", "tests/conftest.py": ""}
    assert change(tmp_path, base, head).notes == (
        "changed, and used as the branch has it: conftest.py, tests/conftest.py",
    )
