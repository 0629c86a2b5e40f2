import json
import sys
import venv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from coverage_gate.adapters.measure.analysis import (
    AnalysisError,
    AnalysisLimits,
    StaticAnalysis,
    analyse,
)
from coverage_gate.adapters.measure.base_config import BaseConfig
from coverage_gate.adapters.measure.rc_file import coverage_rc
from coverage_gate.adapters.measure.scope import is_candidate, resolve_scope
from coverage_gate.core.linebits import bits_of

PYTHON = Path(sys.executable)
LIMITS = AnalysisLimits(file_cpu_s=1)
#: coverage.py's own exclusions take time quadratic in the number of blank lines.
SLOW = b"\n" * 60_000
#: CPython's compiler follows the clauses of a comprehension without a limit.
CRASH = b"[x " + b"for x in y " * 100_000 + b"]\n"
HUNGRY = b"x = [" + b"[1]," * 400_000 + b"]\n"


def write(root: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return {path: f"blob {path}" for path in files}


def rc_of(root: Path) -> Path:
    config = BaseConfig(branch=True)
    scope = resolve_scope(config, [])
    rc = root.parent / f"{root.name}.rc"
    rc.write_text(coverage_rc(config, scope, root=root, data_file=root / "d", core="ctrace"))
    return rc


def run(
    root: Path,
    files: Mapping[str, bytes],
    *,
    python: Path = PYTHON,
    timeout_s: float = 100.0,
    limits: AnalysisLimits = LIMITS,
) -> StaticAnalysis:
    root.mkdir(exist_ok=True)
    blobs = write(root, files)
    return analyse(python, rc_of(root), root, blobs, timeout_s=timeout_s, limits=limits)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve() / "root"


def test_every_file_in_scope_has_its_facts_and_its_blob(root: Path) -> None:
    found = run(root, {"a.py": b"x = 1\n", "sub/b.py": b"if x:\n    y = 1\n", "tests/c.py": b""})
    facts = [(file.path, file.blob, file.is_listed, file.statements) for file in found.files]
    assert facts == [
        ("a.py", "blob a.py", True, bits_of([1])),
        ("sub/b.py", "blob sub/b.py", False, bits_of([1, 2])),
    ]
    assert found.paths == {"a.py", "sub/b.py"}


def test_the_versions_that_decide_the_numbers_are_told(root: Path) -> None:
    found = run(root, {})
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.coverage.startswith("7.")
    assert found.has_c_tracer


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> StaticAnalysis:
    """Files that end the process in three ways, between honest ones."""
    root = tmp_path_factory.mktemp("hostile").resolve() / "root"
    files = {
        "a.py": b"x = 1\n",
        "crash.py": CRASH,
        "hungry.py": HUNGRY,
        "mid.py": b"x = (\n",
        "slow.py": SLOW,
        "z.py": b"x = 1\ny = 2\n",
    }
    # A compiler that has no memory left for half of a module gives up; it does not crash.
    return run(root, files, limits=replace(LIMITS, memory_bytes=250 * 1024**2))


def test_a_file_that_ends_the_interpreter_costs_no_other_file_its_facts(
    hostile: StaticAnalysis,
) -> None:
    assert [(file.path, file.statements) for file in hostile.files] == [
        ("a.py", bits_of([1])),
        ("z.py", bits_of([1, 2])),
    ]


def test_what_ended_the_interpreter_is_told_of_the_file_that_did(hostile: StaticAnalysis) -> None:
    messages = {file.path: file.message for file in hostile.broken}
    assert sorted(messages) == ["crash.py", "hungry.py", "mid.py", "slow.py"]
    assert messages["slow.py"].endswith("CPU time limit exceeded")
    assert messages["crash.py"].startswith("ends the interpreter that analyses it")
    assert "MemoryError" in messages["hungry.py"]


def test_broken_files_keep_blob_and_listing(hostile: StaticAnalysis) -> None:
    assert {(file.blob, file.is_listed, file.line) for file in hostile.broken} == {
        ("blob crash.py", True, None),
        ("blob hungry.py", True, None),
        ("blob mid.py", True, 1),
        ("blob slow.py", True, None),
    }


def test_the_analysis_ends_at_its_time_limit(root: Path) -> None:
    limits = replace(LIMITS, file_cpu_s=0)
    with pytest.raises(AnalysisError, match=r"took more than 0\.5 s: allow it more time"):
        run(root, {"a.py": SLOW}, timeout_s=0.5, limits=limits)


@pytest.mark.parametrize("change", [{"line_bytes": 400}, {"answer_bytes": 400}])
def test_more_answers_than_the_gate_reads_end_the_analysis(
    root: Path, change: dict[str, int]
) -> None:
    limits = AnalysisLimits(**change)
    with pytest.raises(AnalysisError, match="more than the gate reads"):
        run(root, {"a.py": b"x = 1\n" * 500}, limits=limits)


def test_an_interpreter_that_is_not_there_is_told(root: Path) -> None:
    with pytest.raises(AnalysisError, match=r"/no/python cannot be started"):
        run(root, {}, python=Path("/no/python"))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A virtual environment without coverage.py, from which a path leads to a branch's folder."""
    folder = tmp_path / "bare"
    venv.create(folder / "venv", symlinks=True)
    packages = next((folder / "venv" / "lib").iterdir()) / "site-packages"
    (folder / "checkout").mkdir()
    (packages / "editable.pth").write_text(str(folder / "checkout"))
    return folder


def test_an_interpreter_without_coverage_py_is_told(bare: Path, root: Path) -> None:
    with pytest.raises(AnalysisError, match=r"coverage\.py is not installed for .*/bin/python"):
        run(root, {}, python=bare / "venv/bin/python")


def test_a_package_called_coverage_in_the_checkout_is_not_imported(bare: Path, root: Path) -> None:
    fake = bare / "checkout" / "coverage"
    fake.mkdir()
    (fake / "__init__.py").write_text(f"open({str(bare / 'imported')!r}, 'w')\n")
    with pytest.raises(AnalysisError, match=r"is not an installed coverage\.py"):
        run(root, {}, python=bare / "venv/bin/python")
    assert not (bare / "imported").exists()


def test_no_code_of_the_tree_is_imported_or_run(root: Path) -> None:
    spoil = b"open('imported', 'w')\nraise SystemExit(3)\n"
    names = ["coverage.py", "sitecustomize.py", "json.py", "coverage/__init__.py", "conftest.py"]
    found = run(root, dict.fromkeys(names, spoil))
    assert len(found.files) == 4
    assert not (root / "imported").exists()


def test_a_configuration_that_coverage_py_refuses_is_told(root: Path) -> None:
    root.mkdir()
    rc = root / "rc"
    rc.write_text("[run]\nomit = ***\n")
    with pytest.raises(AnalysisError, match=r"cannot be analysed: .*can't include"):
        analyse(PYTHON, rc, root, {}, timeout_s=100)


def script(folder: Path, answer: str, end: str = "exit 0") -> Path:
    """An interpreter that answers what it likes."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\nprintf '%s' '{answer}'\n{end}\n")
    file.chmod(0o755)
    return file


HEADER = json.dumps(
    {
        "schema": 1,
        "python": "3",
        "coverage": "7",
        "c_tracer": False,
        "listed": ["a.py"],
        "eligible": [],
    }
)
FILE = json.dumps({"path": "a.py", "statements": [], "excluded": [], "runs": [], "spans": []})


@pytest.mark.parametrize(
    ("answer", "end", "message"),
    [
        ("", "exit 0", "the static analysis ended: exit status 0: "),
        ("", "echo '\x1b[31mwhy\nnot' >&2; exit 7", "ended: exit status 7: .31mwhy not"),
        ("", "kill -9 $$", "ended: Killed"),
        (f"{HEADER}\n{FILE}\n", "kill -9 $$", "ended: Killed"),
        ("nonsense\n", "exit 0", "answers nonsense: a line is no JSON"),
        (f"{HEADER}\n{HEADER}\n", "exit 0", "answers nonsense: None is answered"),
        (f'{HEADER}\n{{"failure": "\\u001bwhy"}}\n', "exit 0", "analysed: why"),
        ('{"failure": "why", "own": true}\n', "exit 1", "own static analysis does not .*: why"),
        ("x" * 2000, "sleep 60", "more than the gate reads"),
    ],
)
def test_an_interpreter_that_answers_something_else_is_told(
    root: Path, tmp_path: Path, answer: str, end: str, message: str
) -> None:
    limits = replace(LIMITS, line_bytes=1000)
    with pytest.raises(AnalysisError, match=message):
        run(root, {"a.py": b""}, python=script(tmp_path, answer, end), limits=limits)


def test_an_interpreter_that_says_nothing_is_killed_at_the_time_limit(
    root: Path, tmp_path: Path
) -> None:
    with pytest.raises(AnalysisError, match="took more than"):
        run(root, {"a.py": b""}, python=script(tmp_path, "", "exec sleep 60"), timeout_s=0.2)


def test_too_many_files_that_end_the_interpreter_end_the_analysis(
    root: Path, tmp_path: Path
) -> None:
    header = HEADER.replace('["a.py"]', '["a.py", "b.py", "c.py"]')
    found = script(tmp_path, f"{header}\n", "kill -9 $$")
    limits = replace(LIMITS, restarts=1)
    with pytest.raises(AnalysisError, match="more than 1 source files end the interpreter"):
        run(root, dict.fromkeys(["a.py", "b.py", "c.py"], b""), python=found, limits=limits)


def test_an_interpreter_that_always_gives_up_at_the_same_file_is_not_asked_for_ever(
    root: Path, tmp_path: Path
) -> None:
    found = script(tmp_path, f"{HEADER}\n", "exit 9")
    with pytest.raises(AnalysisError, match="the static analysis ended: exit status 9"):
        run(root, {"a.py": b""}, python=found)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.py", True), ("b/c.pyw", True), ("a.pyc", False), ("bin/tool", False), ("py", False)],
)
def test_candidates_are_told_by_their_name(path: str, expected: bool) -> None:
    assert is_candidate(path) is expected
