"""Choosing and asking an interpreter."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import coverage
import pytest
from tests.unit.adapters.measure_run.fake_sandbox import FakeSandbox

from coverage_gate.adapters.measure.interpreter import (
    Interpreter,
    InterpreterChoice,
    InterpreterError,
    find_interpreter,
    probe_interpreter,
)
from coverage_gate.adapters.sandbox.bare import BareSandbox
from coverage_gate.core.measurement import FailureCode
from coverage_gate.ports import Sandbox

ANSWER = {
    "version": "3.12.1",
    "minor": [3, 12],
    "implementation": "cpython",
    "coverage": "7.10.0",
    "pytest": "9.0",
    "has_pytest_cov": True,
    "has_xdist": False,
    "fingerprint": "f00",
    "editable_roots": ["src", "."],
    "places": ["/x/lib"],
}


def environment(folder: Path) -> Path:
    """A folder that looks like a virtual environment. Returns its interpreter."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    python.chmod(0o700)
    return python


def found(
    *roots: Path, tracked: Callable[[str], bool] = lambda _: False, configured: Path | None = None
) -> InterpreterChoice:
    return find_interpreter(
        configured=configured, candidates=roots, tracked=tracked, fallback=Path("/own/python")
    )


def entries(*paths: str) -> Callable[[str], bool]:
    """Whether a tree with these files has something at or below a path."""
    return lambda at: any(path == at or path.startswith(f"{at}/") for path in paths)


def asked(
    sandbox: Sandbox, *, needs_pytest: bool = True, refused: tuple[Path, ...] = ()
) -> Interpreter:
    return probe_interpreter(
        InterpreterChoice(path=Path("/x/python"), origin="given", refused=refused),
        roots=[Path("/checkout")],
        needs_pytest=needs_pytest,
        sandbox=sandbox,
        env={},
    )


def answering(**changes: object) -> FakeSandbox:
    return FakeSandbox(output=json.dumps(ANSWER | changes).encode())


def error_of(
    sandbox: Sandbox, *, needs_pytest: bool = True, refused: tuple[Path, ...] = ()
) -> InterpreterError:
    with pytest.raises(InterpreterError) as caught:
        asked(sandbox, needs_pytest=needs_pytest, refused=refused)
    return caught.value


def test_the_configured_interpreter_comes_first(tmp_path: Path) -> None:
    environment(tmp_path / ".venv")
    choice = found(tmp_path, configured=Path("/opt/python"))
    assert (choice.path, choice.origin) == (Path("/opt/python"), "configured")


def test_a_configured_name_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert found(configured=Path("python")).path == tmp_path / "python"


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        ({"a/.venv", "a/venv", "b/.venv"}, "a/.venv"),
        ({"a/venv", "b/.venv"}, "a/venv"),
        ({"b/.venv", "b/venv"}, "b/.venv"),
        ({"b/venv"}, "b/venv"),
    ],
)
def test_the_first_environment_of_the_checkouts_is_taken(
    tmp_path: Path, present: set[str], chosen: str
) -> None:
    for name in present:
        environment(tmp_path / name)
    choice = found(tmp_path / "a", tmp_path / "b")
    assert choice.path == tmp_path / chosen / "bin" / "python"
    assert choice.origin == f"{Path(chosen).name} in {tmp_path / chosen[0]}"


def test_without_an_environment_the_fallback_is_taken(tmp_path: Path) -> None:
    choice = found(tmp_path)
    assert (choice.path, choice.origin, choice.refused) == (
        Path("/own/python"),
        "the gate's own",
        (),
    )


def test_what_is_no_program_is_no_interpreter(tmp_path: Path) -> None:
    environment(tmp_path / ".venv").chmod(0o600)
    (tmp_path / "venv" / "bin" / "python").mkdir(parents=True)
    assert found(tmp_path).path == Path("/own/python")


def test_the_interpreter_of_an_environment_stays_the_link_that_it_is(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.symlink_to(sys.executable)
    assert found(tmp_path).path == python


@pytest.mark.parametrize("tree", [".venv", ".venv/pyvenv.cfg", ".venv/bin/python"])
def test_an_environment_that_the_branch_tracks_is_refused(tmp_path: Path, tree: str) -> None:
    environment(tmp_path / ".venv")
    choice = found(tmp_path, tracked=entries(tree, "README"))
    assert (choice.path, choice.refused) == (Path("/own/python"), (tmp_path / ".venv",))


def test_an_environment_beside_a_refused_one_is_taken_and_the_refusal_is_told(
    tmp_path: Path,
) -> None:
    environment(tmp_path / ".venv")
    python = environment(tmp_path / "venv")
    choice = found(tmp_path, tracked=entries(".venv/x"))
    assert (choice.path, choice.refused) == (python, (tmp_path / ".venv",))


def test_a_link_to_tracked_files_is_refused(tmp_path: Path) -> None:
    environment(tmp_path / "tools" / "env")
    (tmp_path / ".venv").symlink_to("tools/env")
    choice = found(tmp_path, tracked=entries("tools/env/bin/python"))
    assert choice.refused == (tmp_path / ".venv",)


def test_a_link_by_way_of_a_tracked_link_is_refused(tmp_path: Path) -> None:
    environment(tmp_path / "elsewhere" / "env")
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "way").symlink_to(tmp_path / "elsewhere")
    (root / ".venv").symlink_to("./folder/../way/env")
    assert found(root, tracked=entries("way")).refused == (root / ".venv",)


def test_a_link_into_the_tracked_files_of_the_other_checkout_is_refused(tmp_path: Path) -> None:
    environment(tmp_path / "main" / "env")
    (tmp_path / "branch").mkdir()
    (tmp_path / "branch" / ".venv").symlink_to(tmp_path / "main" / "env")
    choice = found(tmp_path / "branch", tmp_path / "main", tracked=entries("env/bin/python"))
    assert choice.refused == (tmp_path / "branch" / ".venv",)


def test_a_link_to_an_environment_that_nobody_tracks_is_taken(tmp_path: Path) -> None:
    environment(tmp_path / "elsewhere" / "env")
    root = tmp_path / "root"
    root.mkdir()
    (root / ".venv").symlink_to("../elsewhere/env")
    assert found(root, tracked=entries("README", "src/a.py")).path == root / ".venv/bin/python"


def test_a_checkout_that_is_reached_by_a_link_is_the_same_checkout(tmp_path: Path) -> None:
    environment(tmp_path / "real" / "env")
    (tmp_path / "real" / ".venv").symlink_to("env")
    (tmp_path / "way").symlink_to("real")
    choice = found(tmp_path / "way", tracked=entries("env/bin/python"))
    assert choice.refused == (tmp_path / "way" / ".venv",)


def test_a_chain_of_very_many_links_comes_to_an_end(tmp_path: Path) -> None:
    real = environment(tmp_path / "env0")
    for number in range(39):
        (tmp_path / f"env{number + 1}").symlink_to(f"env{number}")
    (tmp_path / ".venv").symlink_to("env39")
    assert real.exists()
    assert found(tmp_path, tracked=entries("README")).path in (
        tmp_path / ".venv" / "bin" / "python",
        Path("/own/python"),
    )


def test_an_answer_becomes_an_interpreter() -> None:
    assert asked(answering()) == Interpreter(
        path=Path("/x/python"),
        version="3.12.1",
        minor=(3, 12),
        implementation="cpython",
        coverage_version="7.10.0",
        pytest_version="9.0",
        has_pytest_cov=True,
        has_xdist=False,
        fingerprint="f00",
        editable_roots=(PurePosixPath("src"), PurePosixPath()),
        places=(Path("/x/lib"),),
    )


def test_the_interpreter_is_asked_in_isolation_and_without_its_site() -> None:
    sandbox = answering()
    asked(sandbox)
    (call,) = sandbox.calls
    assert call.argv[:3] == ["/x/python", "-I", "-S"]
    assert call.argv[4:] == ["/checkout"]
    assert not call.cwd.exists()


def test_warnings_before_the_answer_are_skipped() -> None:
    sandbox = answering()
    sandbox.output = b"warning: something\n" + sandbox.output + b"\n\n"
    assert asked(sandbox).version == "3.12.1"


@pytest.mark.parametrize(
    ("sandbox", "reason"),
    [
        (FakeSandbox(error="cannot start /x/python: gone"), "cannot start /x/python: gone"),
        (FakeSandbox(status=1, output=b"Traceback\nSyntaxError: bad\n"), "SyntaxError: bad"),
        (FakeSandbox(status=None), "it did not answer"),
        (FakeSandbox(status=-9), "it did not answer"),
        (FakeSandbox(output=b""), "does not answer as Python does"),
        (FakeSandbox(output=b"hello"), "does not answer as Python does"),
        (FakeSandbox(output=b"[]"), "does not answer as Python does"),
        (FakeSandbox(output=b"[" * 100_000), "does not answer as Python does"),
        (FakeSandbox(output=b"{}"), "does not answer as Python does"),
        (answering(minor=["a", 1]), "does not answer as Python does"),
        (answering(minor=[3]), "does not answer as Python does"),
        (answering(minor=[3, float("inf")]), "does not answer as Python does"),
        (answering(editable_roots=None), "does not answer as Python does"),
        (answering(minor=[3, 9], version="3.9.2"), "it is Python 3.9.2, 3.10 is the oldest"),
    ],
)
def test_what_is_no_python_of_today_is_told_with_what_to_do(
    sandbox: FakeSandbox, reason: str
) -> None:
    error = error_of(sandbox)
    assert (error.code, reason in str(error)) == (FailureCode.NO_INTERPRETER, True)
    assert str(error).endswith("name a Python with ORCH_COVERAGE_PYTHON")


@pytest.mark.parametrize(
    ("changes", "code", "what"),
    [
        ({"coverage": None}, FailureCode.NO_COVERAGE, "coverage.py is not installed for /x/python"),
        ({"coverage": "6.5"}, FailureCode.NO_COVERAGE, "coverage.py 6.5 of /x/python is too old"),
        ({"pytest": None}, FailureCode.NO_PYTEST, "pytest is not installed for /x/python"),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_installs_it(
    changes: dict[str, object], code: FailureCode, what: str
) -> None:
    error = error_of(answering(**changes))
    advice = "install it: /x/python -m pip install --upgrade coverage pytest"
    assert (error.code, str(error)) == (code, f"{what}; {advice}")


def test_another_test_command_needs_no_pytest() -> None:
    assert asked(answering(pytest=None), needs_pytest=False).pytest_version is None
    missing = error_of(answering(coverage=None), needs_pytest=False)
    assert str(missing).endswith("pip install --upgrade coverage")


def test_a_branch_that_hid_the_environment_is_at_fault_when_the_fallback_does_not_serve() -> None:
    error = error_of(answering(pytest=None), refused=(Path("/checkout/.venv"),))
    assert error.code is FailureCode.TESTS_CANNOT_START
    assert "the branch tracks files of the virtual environment /checkout/.venv" in str(error)


def test_the_interpreter_of_these_tests_is_known() -> None:
    interpreter = probe_interpreter(
        InterpreterChoice(path=Path(sys.executable), origin="given"),
        roots=[Path(__file__).parents[4]],
        needs_pytest=True,
        sandbox=BareSandbox(),
        env={"PATH": os.defpath},
    )
    assert interpreter.minor == sys.version_info[:2]
    assert interpreter.coverage_version == coverage.__version__
    assert interpreter.pytest_version == pytest.__version__
