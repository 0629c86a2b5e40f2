"""The demo's developer reads its order and nothing else."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coverage_gate.testing.repositories import RepositoryBuilder
from stage_engine import demo_developer

HEAD = "### `src/pkg/rate.py`: test in `tests/test_rate.py` (new)\n"
SOURCE = """\
def band(weight, express):
    if weight <= 0:
        raise ValueError("weight")
    if weight > 20 and express == "yes":
        return "heavy"
    return "light"


def other():
    return 1
"""


def function(name: str = "band") -> ast.FunctionDef:
    found = [node for node in ast.parse(SOURCE).body if isinstance(node, ast.FunctionDef)]
    return next(node for node in found if node.name == name)


def test_an_order_names_files_and_lines() -> None:
    order = (
        "# Order\n- broken: 1\n### `src/a/b.py`: test in `tests/test_b.py` (new), see `x`\n"
        "- `f`: lines 2-4, 9; branches 12→exit, 14→-3; enough: 30; named in `x::y1`\n  - 2 when\n"
        "### `src/c.py`: test in `tests/test_c.py`\n- module: lines 1\n"
    )
    assert list(demo_developer.pieces_of(order)) == [
        piece("src/a/b.py", "tests/test_b.py", 2, 3, 4, 9, 12, 14),
        piece("src/c.py", "tests/test_c.py"),
    ]


def piece(path: str, tests: str, *lines: int) -> demo_developer.Piece:
    return demo_developer.Piece(path=path, tests=tests, lines=frozenset(lines))


def test_lines_lead_to_their_functions() -> None:
    assert [node.name for node in demo_developer.functions_at(SOURCE, frozenset({4}))] == ["band"]
    assert demo_developer.functions_at(SOURCE, frozenset({7})) == []


def test_values_are_those_around_the_conditions() -> None:
    assert demo_developer.values_for(function()) == [-1, 0, 1, 19, 20, 21, "heavy", "light",
                                                     "weight", "yes"]  # fmt: skip
    assert demo_developer.values_for(function("other")) == [0, 1, 2]


def test_each_answer_is_asked_for_once() -> None:
    space: dict[str, object] = {}
    exec(SOURCE, space)  # noqa: S102 - the code of this test
    found = demo_developer.answers(function(), space["band"])  # type: ignore[arg-type]
    assert set(found) == {"ValueError", "'light'", "'heavy'", "TypeError"}
    assert found["'heavy'"] == (21, "yes")


def test_no_function_is_called_for_ever() -> None:
    calls: list[tuple[int, ...]] = []
    wide = ast.parse("def f(a, b, c, d, e, g, h): return 5").body[0]
    assert isinstance(wide, ast.FunctionDef)
    demo_developer.answers(wide, lambda *given: calls.append(given))
    assert len(calls) == 500


def test_an_order_becomes_a_commit_with_tests_that_pass(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "repo")
    before = "def test_nothing():\n    pass\n"
    repo.commit(
        "one",
        {"src/pkg/__init__.py": "", "src/pkg/rate.py": SOURCE, "tests/test_rate.py": before},
    )
    order = tmp_path / "order.md"
    order.write_text(f"{HEAD}- `band`: lines 2-6\n- `other`: branches 10→exit\n")
    done = developer(repo.path, order)
    assert done.returncode == 0, done.stderr
    assert repo.git("log", "-1", "--format=%s") == "test: rate"
    text = (repo.path / "tests/test_rate.py").read_text()
    assert text.startswith(before)
    assert "def test_band_0" in text
    assert "def test_other_0" in text
    passing = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    environment = {"PYTHONPATH": str(repo.path / "src"), "PATH": "/usr/bin:/bin"}
    assert subprocess.run(passing, cwd=repo.path, env=environment, check=False).returncode == 0


def test_a_file_that_is_gone_is_taken_from_the_commit_that_the_order_names(tmp_path: Path) -> None:
    repo = RepositoryBuilder.create(tmp_path / "repo")
    sha = repo.commit("one", {"tests/test_a.py": "kept", "b": ""})
    repo.delete("tests/test_a.py")
    repo.commit("two")
    order = tmp_path / "order.md"
    order.write_text(f"- bring back\n  - run `git checkout {sha} -- tests/test_a.py`\n")
    done = developer(repo.path, order)
    assert done.returncode == 0, done.stderr
    assert repo.git("show", "HEAD:tests/test_a.py") == "kept"


@pytest.mark.parametrize("text", ["# nothing\n", f"{HEAD}- `band`: lines 7\n"])
def test_an_order_without_such_lines_needs_a_person(tmp_path: Path, text: str) -> None:
    repo = RepositoryBuilder.create(tmp_path / "repo")
    repo.commit("one", {"src/pkg/__init__.py": "", "src/pkg/rate.py": SOURCE})
    order = tmp_path / "order.md"
    order.write_text(text)
    done = developer(repo.path, order)
    assert done.returncode == 1
    assert "a person has to look" in done.stderr


def developer(folder: Path, order: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, demo_developer.__file__]
    environment = {**os.environ, "ORCH_WORK_ORDER": str(order)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
