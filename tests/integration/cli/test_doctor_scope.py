"""What the doctor tells about what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.integration.cli.conftest import Ask

from coverage_gate.cli.findings import Finding, Health
from coverage_gate.testing.repositories import RepositoryBuilder

_PACKAGE = {"src/shop/__init__.py": "", "tests/test_shop.py": ""}
_BRANCHES = '[tool.coverage.run]\nbranch = true\nsource = ["shop"]\n'
_PYTEST_COV = "[pytest]\naddopts = --cov=shop --cov-branch\n"


@pytest.mark.parametrize(
    ("files", "variables", "expected"),
    [
        ({}, {}, "src (derived), lines"),
        ({}, {"ORCH_COVERAGE_BRANCH": "on"}, "src (derived), lines and branches"),
        ({"pyproject.toml": _BRANCHES}, {}, "shop (from pyproject.toml), lines and branches"),
        (
            {"pyproject.toml": _BRANCHES},
            {"ORCH_COVERAGE_BRANCH": "off"},
            "shop (from pyproject.toml), lines",
        ),
    ],
)
def test_the_scope_is_told_with_where_it_comes_from(
    builder: RepositoryBuilder,
    ask: Ask,
    files: Mapping[str, str],
    variables: dict[str, str],
    expected: str,
) -> None:
    builder.commit(files={**_PACKAGE, **files})
    assert ask("scope", **variables) == Finding(health=Health.OK, detail=expected)


def test_an_option_of_the_base_that_is_not_applied_is_warned_of(
    builder: RepositoryBuilder, ask: Ask
) -> None:
    builder.commit(files={**_PACKAGE, ".coveragerc": "[run]\nplugins = some_plugin\n"})
    finding = ask("scope")
    assert finding.health is Health.WARN
    assert ".coveragerc sets what is not applied: run.plugins" in finding.detail


@pytest.mark.parametrize(
    ("variables", "health"), [({}, Health.WARN), ({"ORCH_COVERAGE_BRANCH": "off"}, Health.OK)]
)
def test_branches_that_only_pytest_cov_was_asked_for_are_warned_of(
    builder: RepositoryBuilder, ask: Ask, variables: dict[str, str], health: Health
) -> None:
    builder.commit(files={**_PACKAGE, "tox.ini": _PYTEST_COV})
    assert ask("scope", **variables).health is health


def test_a_configuration_that_cannot_be_read_fails(builder: RepositoryBuilder, ask: Ask) -> None:
    builder.commit(files={".coveragerc": "[run\n"})
    assert (ask("scope").health, ask("files").health) == (Health.FAIL, Health.WARN)


@pytest.mark.parametrize("name", ["scope", "files"])
def test_without_a_repository_there_is_nothing_to_look_at(
    ask: Ask, tmp_path: Path, name: str
) -> None:
    assert ask(name, folder=tmp_path).detail.startswith("not looked at")


def test_code_that_only_the_checkout_has_is_warned_of(builder: RepositoryBuilder, ask: Ask) -> None:
    builder.commit(files={**_PACKAGE, ".gitignore": "_version.py\n*.so\n"})
    builder.write({"src/shop/_version.py": "version = '1'\n", "src/shop/_speed.so": ""})
    finding = ask("files", folder=builder.path / "src")
    assert finding.health is Health.WARN
    assert finding.detail.endswith("measured: src/shop/_speed.so, src/shop/_version.py")


def test_of_much_code_that_only_the_checkout_has_some_is_named(
    builder: RepositoryBuilder, ask: Ask
) -> None:
    builder.commit(files=_PACKAGE)
    builder.write({f"src/shop/part_{number}.py": "" for number in range(7)})
    assert ask("files").detail.endswith("src/shop/part_4.py and 2 more")


def test_tests_environments_and_what_a_branch_committed_are_no_code_of_the_checkout_alone(
    builder: RepositoryBuilder, ask: Ask
) -> None:
    builder.commit(files={"shop/__init__.py": ""})
    builder.branch("feature")
    builder.commit(files={"shop/new.py": ""})
    builder.write({".venv/lib/a.py": "", ".hidden/b.py": "", "tests/test_new.py": ""})
    assert ask("files").detail == "all code of the checkout is committed"


def test_a_bare_repository_has_no_code_besides(
    builder: RepositoryBuilder, ask: Ask, tmp_path: Path
) -> None:
    builder.commit(files=_PACKAGE)
    bare = builder.clone(tmp_path / "bare.git", "--bare")
    assert ask("files", folder=bare.path).detail.startswith("there is no checkout")
