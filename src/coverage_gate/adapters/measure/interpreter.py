"""Which interpreter runs the tests, and what is installed for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from coverage_gate.adapters.measure import probe
from coverage_gate.core.measurement import FailureCode
from coverage_gate.links import links_to
from coverage_gate.ports import Launch, RunLimits, Sandbox, SandboxError
from coverage_gate.scratch import private_folder

OLDEST_PYTHON = (3, 10)
OLDEST_COVERAGE = (7, 0)

_ENVIRONMENTS = (".venv", "venv")
_LIMITS = RunLimits(timeout_s=60.0, output_bytes=256 * 1024)


class InterpreterError(Exception):
    """The interpreter cannot run the tests. The message says what to do.

    Attributes:
        code: NO_INTERPRETER, NO_COVERAGE or NO_PYTEST; TESTS_CANNOT_START where the branch itself
            caused it.
    """

    def __init__(self, message: str, *, code: FailureCode) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterChoice:
    """An interpreter and why it is this one.

    Attributes:
        path: Absolute. A link in a virtual environment stays a link, else it would be left.
        origin: For people, as in "configured", ".venv of the worktree" or "the gate's own".
        refused: Environments that are there, but are made of files that the branch tracks.
    """

    path: Path
    origin: str
    refused: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """What a probe found.

    Attributes:
        path: As it is started.
        version: As in "3.11.7".
        minor: As in (3, 11).
        implementation: As in "cpython".
        coverage_version: As in "7.17.3".
        pytest_version: None where pytest is not installed.
        has_pytest_cov: Whether pytest-cov is installed.
        has_xdist: Whether pytest-xdist is installed.
        fingerprint: Digest of the interpreter's build and of all that is installed, without the
            version of the project itself: its files come from the export.
        editable_roots: Folders of the checkout from which editable installs import, relative to
            it, in the order of the path.
        places: Folders that it takes code from: its own, and what `.pth` files name elsewhere.
    """

    path: Path
    version: str
    minor: tuple[int, int]
    implementation: str
    coverage_version: str
    pytest_version: str | None
    has_pytest_cov: bool
    has_xdist: bool
    fingerprint: str
    editable_roots: tuple[PurePosixPath, ...]
    places: tuple[Path, ...] = ()


def find_interpreter(
    *,
    configured: Path | None,
    candidates: Sequence[Path],
    tracked: Callable[[str], bool],
    fallback: Path,
) -> InterpreterChoice:
    """Choose: the configured one, a virtual environment of a checkout, or the fallback.

    Args:
        configured: What the operator named; it is not judged here.
        candidates: Folders in which `.venv` and `venv` are looked for, the first one first: the
            branch's worktree, then the main work tree.
        tracked: Whether the branch's tree has an entry at or below a path, relative to its root.
        fallback: The interpreter of the gate.
    """
    if configured is not None:
        return InterpreterChoice(path=_absolute(configured), origin="configured")
    refused: list[Path] = []
    for root in candidates:
        for name in _ENVIRONMENTS:
            python = _absolute(root) / name / "bin" / "python"
            if not (python.is_file() and os.access(python, os.X_OK)):
                continue
            if not _comes_from_tree(python, candidates, tracked):
                origin = f"{name} in {root}"
                return InterpreterChoice(path=python, origin=origin, refused=tuple(refused))
            refused.append(python.parent.parent)
    return InterpreterChoice(
        path=_absolute(fallback), origin="the gate's own", refused=tuple(refused)
    )


def probe_interpreter(
    choice: InterpreterChoice,
    *,
    roots: Sequence[Path],
    needs_pytest: bool,
    sandbox: Sandbox,
    env: Mapping[str, str],
) -> Interpreter:
    """Ask the interpreter what it is; nothing that is installed for it is executed.

    Args:
        choice: As `find_interpreter` answers.
        roots: The checkout and its worktrees.
        needs_pytest: Whether the test command is pytest.
        sandbox: Holds the interpreter while it is asked.
        env: All of the environment in which it is asked.

    Raises:
        InterpreterError: If it does not run, is too old, or lacks what the run needs.
    """
    try:
        said = _ask(choice.path, roots, sandbox, env)
        interpreter = _interpreter(choice.path, said)
        _check(interpreter, said, needs_pytest=needs_pytest)
    except InterpreterError as error:
        raise _blamed(error, choice) from None
    return interpreter


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would leave the environment


def _comes_from_tree(python: Path, roots: Sequence[Path], tracked: Callable[[str], bool]) -> bool:
    """Whether the environment, or a link on the way to it, is a file of the branch."""
    environment = python.parent.parent
    places = {environment, environment.resolve(), python.resolve(), *links_to(python)}
    bases = {base for root in roots for base in (_absolute(root), root.resolve())}
    return any(
        tracked(place.relative_to(base).as_posix())
        for base in bases
        for place in places
        if place.is_relative_to(base) and place != base
    )


def _ask(
    python: Path, roots: Sequence[Path], sandbox: Sandbox, env: Mapping[str, str]
) -> Mapping[str, Any]:
    argv = [str(python), "-I", "-S", str(probe.__file__), *map(str, roots)]
    try:
        with private_folder() as empty:
            result = sandbox.run(Launch(argv=argv, cwd=empty, env=env, limits=_LIMITS))
    except SandboxError as error:
        raise _no_interpreter(python, str(error)) from None
    if result.exit_status != 0:
        raise _no_interpreter(python, _last_line(result.output) or "it did not answer")
    try:
        said = json.loads(_last_line(result.output))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _no_interpreter(python, "it does not answer as Python does")
    return said


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return "".join(lines[-1:])


def _interpreter(path: Path, said: Mapping[str, Any]) -> Interpreter:
    try:
        major, minor = said["minor"]
        return Interpreter(
            path=path,
            version=str(said["version"]),
            minor=(int(major), int(minor)),
            implementation=str(said["implementation"]),
            coverage_version=str(said["coverage"] or ""),
            pytest_version=None if said["pytest"] is None else str(said["pytest"]),
            has_pytest_cov=said["has_pytest_cov"] is True,
            has_xdist=said["has_xdist"] is True,
            fingerprint=str(said["fingerprint"]),
            editable_roots=tuple(PurePosixPath(root) for root in said["editable_roots"]),
            places=tuple(Path(place) for place in said["places"]),
        )
    except (KeyError, OverflowError, TypeError, ValueError):
        raise _no_interpreter(path, "it does not answer as Python does") from None


def _check(interpreter: Interpreter, said: Mapping[str, Any], *, needs_pytest: bool) -> None:
    path = interpreter.path
    if interpreter.minor < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise _no_interpreter(path, f"it is Python {interpreter.version}, {oldest} is the oldest")
    packages = "coverage pytest" if needs_pytest else "coverage"
    advice = f"install it: {path} -m pip install --upgrade {packages}"
    if said["coverage"] is None:
        raise InterpreterError(
            f"coverage.py is not installed for {path}; {advice}", code=FailureCode.NO_COVERAGE
        )
    if _numbers(interpreter.coverage_version) < OLDEST_COVERAGE:
        raise InterpreterError(
            f"coverage.py {interpreter.coverage_version} of {path} is too old; {advice}",
            code=FailureCode.NO_COVERAGE,
        )
    if needs_pytest and interpreter.pytest_version is None:
        raise InterpreterError(
            f"pytest is not installed for {path}; {advice}", code=FailureCode.NO_PYTEST
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def _no_interpreter(path: Path, reason: str) -> InterpreterError:
    return InterpreterError(
        f"{path} cannot be used: {reason}; name a Python with ORCH_COVERAGE_PYTHON",
        code=FailureCode.NO_INTERPRETER,
    )


def _blamed(error: InterpreterError, choice: InterpreterChoice) -> InterpreterError:
    """Where the branch hid the environment that would have served, it is the branch's fault."""
    if not choice.refused:
        return error
    names = ", ".join(map(str, choice.refused))
    return InterpreterError(
        f"the branch tracks files of the virtual environment {names}, which is therefore not"
        f" used; take it out of the branch ({error})",
        code=FailureCode.TESTS_CANNOT_START,
    )
