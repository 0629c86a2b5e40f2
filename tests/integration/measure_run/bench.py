"""A tree, an environment and a run of the one in the other, for the tests in this folder."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import coverage

from coverage_gate.adapters.measure.command import parse_test_command
from coverage_gate.adapters.measure.interpreter import (
    Interpreter,
    InterpreterChoice,
    probe_interpreter,
)
from coverage_gate.adapters.measure.rig import Rig
from coverage_gate.adapters.measure.run import FinishedRun, run_tests
from coverage_gate.adapters.sandbox.plain import PlainSandbox
from coverage_gate.core.measurement import MeasureFailure
from coverage_gate.ports import NoProgress, Progress, RunLimits

SITE = Path(sysconfig.get_paths()["purelib"])
PYTEST = ("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments")
XDIST = ("xdist", "pytest_xdist", "execnet")

#: A project whose test takes one of two branches.
PROJECT = {
    "shop/__init__.py": "",
    "shop/cart.py": "def price(n):\n    if n > 9:\n        return n * 9\n    return n * 10\n",
    "tests/test_cart.py": (
        "from shop.cart import price\n\n\ndef test_price():\n    assert price(1) == 10\n"
    ),
}


def write_tree(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder. Returns the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def make_environment(folder: Path, packages: Iterable[str] = PYTEST) -> Path:
    """A virtual environment of links to what the tests' own has: ready at once, quick to start.

    Returns:
        Its interpreter.
    """
    site = folder / "lib" / SITE.parent.name / "site-packages"
    site.mkdir(parents=True)
    for package in ("coverage", "a1_coverage.pth", *packages):
        for found in (SITE / package, *SITE.glob(f"{package}-*.dist-info")):
            if found.exists():
                (site / found.name).symlink_to(found)
    python = Path(sysconfig.get_config_var("BINDIR")) / "python3"
    (folder / "pyvenv.cfg").write_text(
        f"home = {python.parent}\ninclude-system-site-packages = false\n"
    )
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(python)
    return folder / "bin" / "python"


def site_of(python: Path) -> Path:
    """The folder of packages of an environment made here."""
    return next((python.parent.parent / "lib").glob("*/site-packages"))


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A tree below a private folder, to be run by an interpreter.

    Attributes:
        top: The private folder.
        python: The interpreter.
        roots: The checkouts that the tree must not be taken from.
    """

    top: Path
    python: Path
    roots: tuple[Path, ...] = ()
    patch: str = ""
    progress: Progress = field(default_factory=NoProgress)

    @property
    def export(self) -> Path:
        return self.top / "export"

    @property
    def work(self) -> Path:
        return self.top / "work"

    @property
    def data(self) -> Path:
        return self.top / "data"

    def probed(self, *, needs_pytest: bool = True) -> Interpreter:
        return probe_interpreter(
            InterpreterChoice(path=self.python, origin="given"),
            roots=self.roots,
            needs_pytest=needs_pytest,
            sandbox=PlainSandbox(),
            env={},
        )

    def run(
        self,
        files: Mapping[str, str],
        command: str = "pytest",
        *,
        timeout_s: float = 60.0,
        interpreter: Interpreter | None = None,
    ) -> FinishedRun | MeasureFailure:
        """Write the files as the export and run a command in it."""
        write_tree(self.export, files)
        self.data.mkdir()
        rc = self.top / "rc"
        rc.write_text(
            f"[run]\nbranch = true\nparallel = true\nsource = {self.export}\n"
            f"data_file = {self.data}/coverage\npatch = {self.patch}\n"
        )
        parsed = parse_test_command(command)
        rig = Rig(
            interpreter=interpreter or self.probed(needs_pytest=parsed.is_pytest),
            command=parsed,
            export=self.export,
            work=self.work,
            roots=self.roots,
            sandbox=PlainSandbox(grace_s=0.2),
            limits=RunLimits(timeout_s=timeout_s),
            allowed={},
        )
        return run_tests(rig, rc=rc, data_file=self.data / "coverage", progress=self.progress)

    def finished(self, files: Mapping[str, str], command: str = "pytest") -> FinishedRun:
        """As `run`, of a run that ends well."""
        run = self.run(files, command)
        assert isinstance(run, FinishedRun), run
        return run

    def failed(
        self,
        files: Mapping[str, str],
        command: str = "pytest",
        *,
        timeout_s: float = 60.0,
        interpreter: Interpreter | None = None,
    ) -> MeasureFailure:
        """As `run`, of a run that is no measurement."""
        run = self.run(files, command, timeout_s=timeout_s, interpreter=interpreter)
        assert isinstance(run, MeasureFailure), run
        return run


def lines_of(run: FinishedRun, export: Path) -> dict[str, list[int]]:
    """Path below the export → the lines that ran, of all data files together."""
    found: dict[str, set[int]] = {}
    for file in run.data_files:
        data = coverage.CoverageData(basename=str(file))
        data.read()
        for path in data.measured_files():
            name = Path(path).relative_to(export).as_posix()
            found.setdefault(name, set()).update(data.lines(path) or ())
        data.close()
    return {name: sorted(lines) for name, lines in sorted(found.items())}
