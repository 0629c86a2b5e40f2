"""A run of the tests in the work tree as it is, for whoever works in it. Not a measurement.

It has the developer's own environment and configuration, so that its numbers are a help and no
verdict; the gate measures a commit, elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage_gate.adapters.measure.base_config import CONFIG_FILES, read_base_config
from coverage_gate.adapters.measure.command import TestCommand
from coverage_gate.adapters.measure.config_text import BadConfigError
from coverage_gate.adapters.measure.interpreter import Interpreter
from coverage_gate.adapters.measure.scope import resolve_scope
from coverage_gate.core.nearest import TestModule, is_test_module, read_tests
from coverage_gate.core.report_object import UncoveredFile, read_files

SKIPPED = frozenset({"__pycache__", "node_modules", "venv", "build", "dist", "htmlcov"})
_LONGEST = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The Python files of a work tree, as they are now.

    Attributes:
        top: Its root.
        paths: Relative to it, with forward slashes, sorted.
    """

    top: Path
    paths: tuple[str, ...]

    def tests(self) -> tuple[TestModule, ...]:
        """The test modules, read."""
        named = (path for path in self.paths if is_test_module(path))
        return read_tests({path: self.text(path) for path in named})

    def text(self, path: str) -> str:
        """What a file holds; nothing where it cannot be read."""
        try:
            with (self.top / path).open(encoding="utf-8", errors="replace") as stream:
                return stream.read(_LONGEST)
        except OSError:
            return ""

    def stamp(self) -> tuple[tuple[str, int], ...]:
        """What differs when a file was written, added or removed."""
        return tuple((path, _written(self.top / path)) for path in self.paths)


def read_tree(top: Path) -> Tree:
    """List the Python files of a work tree; hidden folders and environments are none of it."""
    return Tree(top=top, paths=tuple(sorted(_python_files(top))))


def settings_file(top: Path) -> bytes | None:
    """pyproject.toml of a work tree; None where there is none."""
    return _bytes(top / "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Runs tests and reports, in one work tree.

    Attributes:
        top: Where.
        interpreter: Runs them.
        command: What runs the tests.
        data: The folder of the data, private to this run.
    """

    top: Path
    interpreter: Interpreter
    command: TestCommand
    data: Path

    def run(self, tree: Tree, tests: Sequence[str], folders: Sequence[str]) -> int:
        """Run tests under coverage.py; their output goes where ours goes.

        Args:
            tree: The files as they are.
            tests: Test modules; none: all.
            folders: What is measured; none: as the project says.

        Returns:
            The exit status of the tests.
        """
        asked = [f"--source={','.join(folders)}"] if folders else self._scope(tree)
        status = self._coverage("run", *asked, *self._tests(tests))
        if not self._file.exists():
            self._coverage("combine", "--quiet", str(self.data))
        return status

    def files(self, paths: Sequence[str]) -> tuple[UncoveredFile, ...]:
        """What ran of some files, or of all; nothing where the run left no data."""
        target = self.data / "report.json"
        include = [f"--include={','.join(paths)}"] if paths else []
        told = ["--quiet", "--fail-under=0", *include, "-o", str(target)]
        self._coverage("json", *told)
        return read_files(_loaded(target))

    def html(self, paths: Sequence[str]) -> Path:
        """Write coverage.py's own HTML report to `htmlcov`. Returns its first page."""
        include = [f"--include={','.join(paths)}"] if paths else []
        self._coverage("html", "--quiet", "--fail-under=0", *include, "-d", "htmlcov")
        return self.top / "htmlcov" / "index.html"

    @property
    def _file(self) -> Path:
        return self.data / ".coverage"

    def _coverage(self, verb: str, *words: str) -> int:
        python = str(self.interpreter.path)
        argv = [python, "-m", "coverage", verb, f"--data-file={self._file}", *words]
        return subprocess.run(argv, cwd=self.top, check=False).returncode  # noqa: S603 - no shell

    def _tests(self, tests: Sequence[str]) -> list[str]:
        command, found = self.command, self.interpreter
        words = ["-m", command.name] if command.is_module else [command.name]
        if not command.is_pytest:
            return [*words, *command.args]
        # pytest-cov would take the tracer, workers of xdist would not be measured.
        calm = ["--no-cov"] if found.has_pytest_cov else []
        calm += ["-n0"] if found.has_xdist else []
        return [*words, "-q", *calm, *command.args, *tests]

    def _scope(self, tree: Tree) -> list[str]:
        """Nothing where the project itself says what is measured, else the gate's fixed rule."""
        contents = {name: _bytes(self.top / name) for name in CONFIG_FILES}
        known = {name: content for name, content in contents.items() if content is not None}
        try:
            scope = resolve_scope(read_base_config(known), tree.paths)
        except BadConfigError:
            return []  # coverage.py says what is wrong
        if not scope.is_derived:
            return []
        omit = ",".join((*scope.omit, *scope.tooling))
        return [f"--source={','.join(scope.folders)}", f"--omit={omit}"]


def _python_files(top: Path) -> Iterator[str]:
    for folder, names, files in os.walk(top):
        names[:] = [name for name in names if _is_source(Path(folder, name))]
        for name in files:
            if name.endswith(".py"):
                yield Path(folder, name).relative_to(top).as_posix()


def _is_source(folder: Path) -> bool:
    hidden = folder.name[0] == "." or folder.name in SKIPPED
    return not hidden and not (folder / "pyvenv.cfg").exists()


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
