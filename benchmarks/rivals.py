"""The ways to judge a branch that the table of targets compares, in one mode on one interpreter."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.host import FIRST, variables
from benchmarks.stands import BASE, BRANCH, TEST_FOLDERS, Stand, generated
from benchmarks.timing import timed

PLAIN, TRACED, REPORTED, NAIVE, SLIPCOVER = "pytest", "traced", "reported", "naive", "slipcover"
COLD, WARM, HOSTED, SAME = "cold", "warm", "hosted", "same"
#: What runs, for people.
TITLES = {
    PLAIN: "pytest",
    TRACED: "coverage run, same core",
    REPORTED: "coverage run + json",
    NAIVE: "pytest --cov, diff-cover",
    SLIPCOVER: "slipcover",
    COLD: "check, no source known",
    WARM: "check",
    HOSTED: "check in a running host",
    SAME: "check, tree known",
}

_CONFIGURED = (
    "import coverage; config = coverage.Coverage().config;"
    " print(','.join([*(config.source or ()), *(config.source_pkgs or ())]))"
)
_ROOT = Path(__file__).resolve().parent.parent
_FIRST_FILES = 4
_STORE = "table.db"
_BASE_KNOWN, _TREE_KNOWN, _NO_FACTS = "known-base.db", "known-tree.db", "no-facts.db"
_NO_FACTS_CODE = (
    "import sqlite3, sys\n"
    "store = sqlite3.connect(sys.argv[1])\n"
    "store.execute('DELETE FROM coverage_static_facts')\n"
    "store.commit()\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """What is measured, and by which core.

    Attributes:
        branch: Whether branches are.
        core: "ctrace" or "sysmon".
    """

    branch: bool
    core: str

    @property
    def title(self) -> str:
        """For people."""
        return f"{'branches' if self.branch else 'lines'}, {self.core}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """One way to judge a branch.

    Attributes:
        name: Key of its figures.
        command: What is timed.
        before: Puts the state in place that each run starts from; not timed.
        tells: Whether its last line is what a part of it has cost, and that is meant.
    """

    name: str
    command: list[str]
    before: Callable[[], None]
    tells: bool = False


def mode_of(minor: tuple[int, int]) -> Mode:
    """The cheapest that the gate knows for an interpreter: lines by sys.monitoring from 3.12."""
    if minor >= (3, 14):
        return Mode(branch=True, core="sysmon")
    return Mode(branch=minor < (3, 12), core="sysmon" if minor >= (3, 12) else "ctrace")


def rivals(stand: Stand, mode: Mode) -> list[Rival]:
    """All of them; the stores that they start from are there, see `prepare`."""
    python, scratch = str(stand.python), stand.scratch
    run = [python, "-m", "coverage", "run", f"--rcfile={_rc(stand, mode)}"]
    traced = ["env", f"COVERAGE_CORE={mode.core}", *run, "-m", "pytest", "-q"]
    report = f"{python} -m coverage json -q --rcfile={_rc(stand, mode)} -o {scratch}/r.json"
    options = "--cov --cov-branch" if mode.branch else "--cov"
    naive = (
        f"{python} -m pytest -q {options} --cov-config={_rc(stand, mode)}"
        f" --cov-report=json:{scratch}/n.json --cov-report=xml:{scratch}/n.xml"
        f" && {python} -m diff_cover.diff_cover_tool {scratch}/n.xml --compare-branch={BASE} -q"
    )
    slip = [python, "-m", "slipcover", *(["--branch"] if mode.branch else [])]
    slip += [
        "--source",
        source_of(stand),
        "--json",
        "--out",
        f"{scratch}/s.json",
        "-m",
        "pytest",
        "-q",
    ]
    check = gate(stand, mode, "check", BRANCH, _STORE)
    check += ["--work-item", "BENCH-1", "--reports", str(scratch / "reports")]
    return [
        Rival(name=PLAIN, command=[python, "-m", "pytest", "-q"], before=_nothing),
        Rival(name=TRACED, command=traced, before=_nothing),
        Rival(name=REPORTED, command=_both(" ".join(traced), report), before=_nothing),
        Rival(name=NAIVE, command=["sh", "-c", naive], before=_nothing),
        Rival(name=SLIPCOVER, command=slip, before=_nothing),
        Rival(name=COLD, command=check, before=_from(scratch / _NO_FACTS)),
        Rival(name=WARM, command=check, before=_from(scratch / _BASE_KNOWN)),
        Rival(
            name=HOSTED,
            command=_host(stand, mode),
            before=_from(scratch / _BASE_KNOWN),
            tells=True,
        ),
        Rival(name=SAME, command=check, before=_from(scratch / _TREE_KNOWN)),
    ]


def prepare(stand: Stand, mode: Mode, run: Callable[[list[str]], object]) -> None:
    """Make what the gate starts from; `run` runs a command to its good end."""
    generated(_FIRST_FILES, rounds=1).make(stand.checkout.with_name(FIRST))
    scratch = stand.scratch
    run(gate(stand, mode, "measure", BASE, _BASE_KNOWN))
    shutil.copyfile(scratch / _BASE_KNOWN, scratch / _NO_FACTS)
    run([sys.executable, "-c", _NO_FACTS_CODE, str(scratch / _NO_FACTS)])
    shutil.copyfile(scratch / _BASE_KNOWN, scratch / _TREE_KNOWN)
    run(gate(stand, mode, "measure", BRANCH, _TREE_KNOWN))


def gate(stand: Stand, mode: Mode, command: str, branch: str, store: str) -> list[str]:
    """A command of the gate, in this mode."""
    branches = "on" if mode.branch else "off"
    return [
        *("env", f"ORCH_COVERAGE_BRANCH={branches}"),
        *(sys.executable, "-m", "coverage_gate", command, "--repo", str(stand.checkout)),
        *("--branch", branch, "--base", BASE, "--python", str(stand.python)),
        *("--db", str(stand.scratch / store), "--format", "json"),
    ]


def _host(stand: Stand, mode: Mode) -> list[str]:
    words = [f"{name}={value}" for name, value in variables(stand, _STORE).items()]
    words.append(f"ORCH_COVERAGE_BRANCH={'on' if mode.branch else 'off'}")
    return [
        *("env", f"PYTHONPATH={_ROOT}", *words, sys.executable, "-m", "benchmarks.host"),
        *("--repo", stand.checkout.name, "--branch", BRANCH, "--first", FIRST),
    ]


def _rc(stand: Stand, mode: Mode) -> Path:
    path = stand.scratch / "coverage.rc"
    data = stand.scratch / "data"
    path.write_text(
        f"[run]\nbranch = {mode.branch}\nsource = {source_of(stand)}\n"
        f"data_file = {data}\ncore = {mode.core}\n"
    )
    return path


def source_of(stand: Stand) -> str:
    """What others are told to measure: what the project configures, separated by commas.

    Where it configures nothing, its package. The gate finds both by itself.
    """
    run = timed([str(stand.python), "-c", _CONFIGURED], cwd=stand.checkout, env=stand.env)
    return run.out.strip() or package_in(stand.checkout)


def package_in(checkout: Path) -> str:
    """The folder of a project's product by its name."""
    packages = sorted(init.parent.name for init in checkout.glob("*/__init__.py"))
    own = [name for name in packages if name not in TEST_FOLDERS]
    return "src" if (checkout / "src").is_dir() or not own else own[0]


def _both(first: str, second: str) -> list[str]:
    return ["sh", "-c", f"{first} && {second}"]


def _from(store: Path) -> Callable[[], None]:
    def copy() -> None:
        shutil.copyfile(store, store.with_name(_STORE))

    return copy


def _nothing() -> None:
    """Nothing to put in place."""
