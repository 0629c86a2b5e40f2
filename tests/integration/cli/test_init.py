"""`init` in real folders."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.shop import Told

from coverage_gate.testing.repositories import RepositoryBuilder

Tell = Callable[..., Told]


@pytest.fixture
def repo(tmp_path: Path) -> RepositoryBuilder:
    builder = RepositoryBuilder.create(tmp_path / "shop")
    builder.commit(files={"shop/__init__.py": "", "pyproject.toml": "[project]\nname = 'a'\n"})
    return builder


def init(tell: Tell, repo: RepositoryBuilder, *options: str) -> Told:
    return tell("init", "--repo", str(repo.path), *options)


def files(repo: RepositoryBuilder) -> set[str]:
    return {
        path.relative_to(repo.path).as_posix()
        for path in repo.path.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(repo.path).parts
    }


def test_it_shows_first_and_writes_what_it_showed(tell: Tell, repo: RepositoryBuilder) -> None:
    before = files(repo)
    shown = init(tell, repo, "--ci", "gitlab", "--agent")
    assert shown.status == 0
    assert shown.out.endswith("nothing is written yet: coverage-gate init --yes writes it\n")
    assert files(repo) == before
    done = init(tell, repo, "--ci", "gitlab", "--agent", "--yes")
    made = {".gitlab-ci.yml", ".gitlab/ci/coverage-gate.yml", ".pre-commit-config.yaml"}
    assert files(repo) - before == made | {".claude/settings.json"}
    assert done.out.splitlines()[:-1] == shown.out.splitlines()[:-1]
    tool = tomllib.loads((repo.path / "pyproject.toml").read_text())["tool"]
    assert tool["coverage"]["run"]["source"] == ["shop"]
    assert json.loads((repo.path / ".claude/settings.json").read_text())["hooks"]["Stop"]
    assert yaml.safe_load((repo.path / ".pre-commit-config.yaml").read_text())["repos"]
    kept = {path: (repo.path / path).read_text() for path in files(repo)}
    again = init(tell, repo, "--ci", "gitlab", "--agent", "--yes")
    assert again.out.endswith("nothing to write\n")
    assert init(tell, repo, "--ci", "gitlab").out.endswith("nothing to write\n")
    assert kept == {path: (repo.path / path).read_text() for path in files(repo)}


@pytest.mark.parametrize("branch", ["master", "trunk/1.0", "a,b", "2.0"])
def test_workflows_run_on_the_branch_that_is_there(
    tell: Tell, repo: RepositoryBuilder, branch: str
) -> None:
    remote = f"refs/remotes/origin/{branch}"
    repo.git("update-ref", remote, "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", remote)
    init(tell, repo, "--ci", "github", "--yes")
    text = (repo.path / ".github/workflows/coverage-gate.yml").read_text()
    # "on" is the key of what starts a workflow, and YAML's word for true.
    started = yaml.safe_load(text)[True]
    assert started["push"]["branches"] == [branch]


def test_a_file_of_others_is_never_replaced(tell: Tell, repo: RepositoryBuilder) -> None:
    repo.write({".pre-commit-config.yaml": "repos: []\n"})
    told = init(tell, repo, "--yes")
    assert ".pre-commit-config.yaml is yours; put this into it:\n    repos:" in told.out
    assert (repo.path / ".pre-commit-config.yaml").read_text() == "repos: []\n"


@pytest.mark.parametrize(
    ("forge", "file"),
    [
        ("github", ".github/workflows/coverage-gate-comment.yml"),
        ("gitea", ".gitea/workflows/coverage-gate.yml"),
    ],
)
def test_the_forge_is_that_of_origin(
    tell: Tell, repo: RepositoryBuilder, forge: str, file: str
) -> None:
    repo.git("remote", "add", "origin", f"https://{forge}.example.invalid/a/shop.git")
    init(tell, repo, "--yes", "--no-hooks")
    assert file in files(repo)
    assert ".pre-commit-config.yaml" not in files(repo)


def test_a_folder_that_is_no_repository_gets_no_workflow(tell: Tell, tmp_path: Path) -> None:
    told = tell("init", "--repo", str(tmp_path), "--yes")
    assert told.status == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "pyproject.toml",
        ".pre-commit-config.yaml",
    }


def test_a_broken_pyproject_is_told(tell: Tell, repo: RepositoryBuilder) -> None:
    repo.write({"pyproject.toml": "[tool\n"})
    told = init(tell, repo, "--yes")
    assert (told.status, "pyproject.toml cannot be read" in told.err) == (2, True)
