"""The benchmarks' generated project is a project, and the same each time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from benchmarks.generator import generate, package_of, part
from benchmarks.stands import generated
from benchmarks.timing import timed

from coverage_gate.testing.repositories import RepositoryBuilder

_ENV = {"PATH": os.defpath, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}


def _modules(tree: dict[str, str]) -> list[str]:
    return [path for path in tree if "/part_" in path or "/test_part_" in path]


@pytest.mark.parametrize(("files", "expected"), [(2, 2), (7, 6), (100, 100)])
def test_a_project_has_as_many_modules_and_files_of_tests_as_asked(
    files: int, expected: int
) -> None:
    assert len(_modules(generate(files))) == expected


def test_a_project_is_the_same_each_time() -> None:
    assert generate(20) == generate(20)


def test_a_project_without_a_module_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        generate(1)


def test_every_text_is_python() -> None:
    texts = [text for path, text in generate(60).items() if path.endswith(".py")]
    assert all(compile(text, "generated", "exec") for text in texts)


def test_the_tests_of_a_project_pass(tmp_path: Path) -> None:
    tree = generate(2, rounds=1) | part(1, package_of(0), rounds=1)
    for path, text in tree.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:xdist"]
    run = timed(command, cwd=tmp_path, env=_ENV)
    assert (run.status, "passed" in run.out) == (0, True), run.end


def test_the_branch_of_a_generated_project_adds_a_module_and_its_tests(tmp_path: Path) -> None:
    generated(4).make(tmp_path / "project")
    repository = RepositoryBuilder(
        path=tmp_path / "project", git_dir=tmp_path / "project/.git", files=tmp_path / "project"
    )
    added = repository.git("diff", "--name-only", "main", "feature").splitlines()
    assert added == ["src/generated/group_000/part_0002.py", "tests/test_part_0002.py"]
