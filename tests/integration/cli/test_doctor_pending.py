"""The doctor tells that it reads the base, and what of the work tree is not looked at yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.integration.cli.conftest import Ask

from coverage_gate.cli.findings import Health
from coverage_gate.testing.repositories import RepositoryBuilder

FILES = {
    "pyproject.toml": '[project]\nname = "shop"\n\n[tool.coverage.run]\nbranch = true\n',
    "setup.cfg": "[metadata]\nname = shop\n\n[coverage:run]\nsource = src\n",
}


@pytest.fixture
def main(builder: RepositoryBuilder) -> RepositoryBuilder:
    builder.commit(files=FILES)
    return builder


@pytest.mark.usefixtures("main")
def test_a_work_tree_that_says_the_same_is_fine(ask: Ask) -> None:
    finding = ask("config")
    assert (finding.health, finding.detail) == (
        Health.OK,
        "read from main; the work tree has the same",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", FILES["pyproject.toml"].replace("true", "false")),
        ("pyproject.toml", FILES["pyproject.toml"] + "\n[tool.coverage-gate]\nmin_percent = 9\n"),
        ("pyproject.toml", "[tool.coverage"),
        ("pyproject.toml", "\udcff"),
        ("setup.cfg", FILES["setup.cfg"].replace("src", "lib")),
        ("setup.cfg", "source = src\n"),
        ("tox.ini", "[pytest]\naddopts = -q\n"),
        ("pytest.ini", "[pytest]\n"),
        (".coveragerc", ""),
    ],
)
def test_what_is_edited_and_not_looked_at_is_named(
    main: RepositoryBuilder, ask: Ask, name: str, text: str
) -> None:
    (main.path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    finding = ask("config")
    says = "read from main, as the gate does; what the work tree says otherwise in"
    assert (finding.health, finding.detail) == (Health.WARN, f"{says} {name} is not looked at yet")
    assert "--base HEAD" in finding.mend


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", FILES["pyproject.toml"].replace("shop", "other")),
        ("pyproject.toml", FILES["pyproject.toml"].replace("\n", "\r\n")),
        ("setup.cfg", FILES["setup.cfg"].replace("shop", "other")),
        ("tox.ini", "[tox]\nenvlist = py312\n"),
    ],
)
def test_what_other_tools_read_is_no_difference(
    main: RepositoryBuilder, ask: Ask, name: str, text: str
) -> None:
    (main.path / name).write_bytes(text.encode())
    assert ask("config").health is Health.OK


def test_what_is_gone_is_named(main: RepositoryBuilder, ask: Ask) -> None:
    (main.path / "pyproject.toml").unlink()
    detail = ask("config").detail
    assert detail.endswith("in pyproject.toml is not looked at yet")


def test_without_a_checkout_or_a_repository_there_is_nothing_beside_the_base(
    main: RepositoryBuilder, ask: Ask, tmp_path: Path
) -> None:
    main.git("clone", "-q", "--bare", str(main.path), str(tmp_path / "bare.git"))
    bare = ask("config", folder=tmp_path / "bare.git")
    assert (bare.health, "no checkout" in bare.detail) == (Health.OK, True)
    (tmp_path / "empty").mkdir()
    assert ask("config", folder=tmp_path / "empty").health is Health.WARN


def test_a_pipe_of_that_name_is_not_read(main: RepositoryBuilder, ask: Ask) -> None:
    os.mkfifo(main.path / "pytest.ini")
    assert ask("config").health is Health.OK
