"""Where something is timed: a repository, an environment for its tests, and a place to write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generator import generate, hot, package_of, part
from coverage_gate.testing.repositories import RepositoryBuilder

#: Of every environment: the peers' own needs.
TOOLS = ("coverage", "pytest", "pytest-cov")
BASE, BRANCH = "main", "feature"

#: Where a project keeps its tests.
TEST_FOLDERS = ("tests", "test", "testing")
_PIP_LIMIT_S = 600
#: What an honest branch adds where nothing else fits.
_ADDED = "def test_added_by_the_benchmark():\n    assert sum(range(5)) == 10\n"
_VERSIONS = """
import importlib.metadata, json, platform
found = {each.name.lower(): each.version for each in importlib.metadata.distributions()}
print(json.dumps({"python": platform.python_version(), **found}))
"""


class BenchmarkError(Exception):
    """Nothing can be timed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One project, ready to be timed.

    Attributes:
        title: For people, as in "generated, 100 files".
        checkout: The work tree; the branch is checked out and differs from the base.
        python: Runs the tests; it has `TOOLS` and what the project needs.
        scratch: For reports and stores.
        env: All of the environment of what is timed.
    """

    title: str
    checkout: Path
    python: Path
    scratch: Path
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A project that can be timed.

    Attributes:
        title: For people.
        needs: What its tests need besides `TOOLS`, as pip takes it.
        is_installed: Whether it is used as an editable install.
        make: Writes a repository with `BASE`, and `BRANCH` checked out, into an empty folder.
    """

    title: str
    needs: tuple[str, ...]
    is_installed: bool
    make: Callable[[Path], None]


#: Real projects whose sdist has its tests → what these need.
NEEDS = {
    "attrs": ("cloudpickle", "hypothesis", "pympler"),
    "babel": ("freezegun", "pytz"),
    "blinker": ("pytest-asyncio",),
    "itsdangerous": ("freezegun",),
    "jinja2": ("trio",),
    "marshmallow": ("simplejson",),
    "structlog": ("freezegun", "pretend", "pytest-asyncio", "simplejson"),
}


def generated(files: int, *, rounds: int = 200) -> Subject:
    """The generated project of a size; its branch adds one module and tests of it.

    Args:
        files: How many.
        rounds: How long its suite takes, see `generate`.
    """

    def make(folder: Path) -> None:
        added = part(files // 2, package_of(0), rounds=rounds)
        _branched(folder, generate(files, rounds=rounds), added)

    return Subject(title=f"generated, {files} files", needs=(), is_installed=False, make=make)


def hot_loop(rounds: int) -> Subject:
    """A tracer's worst case: a suite that does nothing but run Python lines."""

    def make(folder: Path) -> None:
        _branched(folder, hot(rounds), {"tests/test_added_by_the_benchmark.py": _ADDED})

    return Subject(title="hot loop", needs=(), is_installed=False, make=make)


def real(requirement: str, needs: Sequence[str] = (), *, is_whole: bool = False) -> Subject:
    """A project from its source distribution; its branch adds a test.

    Args:
        requirement: As pip takes it, as in "itsdangerous==2.2.0".
        needs: What its tests need, besides what `NEEDS` knows.
        is_whole: Whether files are committed that the project ignores, such as built ones.
    """
    name = requirement.partition("==")[0].strip().lower()

    def make(folder: Path) -> None:
        unpacked = _unpacked(requirement, name, folder.with_name(f"{folder.name}.sdist"))
        shutil.copytree(unpacked, folder)
        if is_whole:
            (folder / ".gitignore").unlink(missing_ok=True)
        tests = next((each for each in TEST_FOLDERS if (folder / each).is_dir()), None)
        if tests is None:
            raise BenchmarkError(f"the source distribution of {requirement} has no tests")
        _branched(folder, {}, {f"{tests}/test_added_by_the_benchmark.py": _ADDED})

    return Subject(
        title=requirement, needs=(*NEEDS.get(name, ()), *needs), is_installed=True, make=make
    )


def set_up(subject: Subject, folder: Path, *, python: Path, tools: Sequence[str] = TOOLS) -> Stand:
    """Make repository and environment below an empty folder.

    Raises:
        BenchmarkError: If pip or the project refuses.
    """
    checkout, scratch, home = folder / "project", folder / "scratch", folder / "home"
    for place in (scratch, home):
        place.mkdir(parents=True)
    subject.make(checkout)
    environment = folder / "environment"
    _run([str(python), "-m", "venv", str(environment)])
    own = environment / "bin" / "python"
    install = ["--editable", str(checkout)] if subject.is_installed else []
    _run([*_pip(own), "install", *tools, *subject.needs, *install])
    return Stand(
        title=subject.title,
        checkout=checkout,
        python=own,
        scratch=scratch,
        env={
            "PATH": os.pathsep.join([str(own.parent), os.defpath]),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
        },
    )


def versions_in(python: Path) -> dict[str, str]:
    """Name → version of all that is installed for an interpreter, and its own."""
    versions: dict[str, str] = json.loads(_run([str(python), "-I", "-c", _VERSIONS]))
    return versions


def _branched(
    folder: Path, files: Mapping[str, str | bytes], added: Mapping[str, str | bytes]
) -> None:
    repository = RepositoryBuilder.create(folder, initial_branch=BASE)
    repository.commit("the project", files)
    repository.branch(BRANCH)
    repository.commit("a tested change", added)


def _unpacked(requirement: str, name: str, folder: Path) -> Path:
    """Download and unpack; the one folder that the archive holds."""
    options = ["--no-deps", "--no-binary", name, "--dest", str(folder)]
    _run([*_pip(Path(sys.executable)), "download", *options, requirement])
    archives = sorted(folder.glob("*.tar.gz"))
    if not archives:
        raise BenchmarkError(f"pip found no .tar.gz of {requirement}")
    with tarfile.open(archives[0]) as archive:
        # Before 3.11.4 there is no such filter, and nothing to set it with.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder / "unpacked")  # noqa: S202 - pip's own archive, filtered
    return next((folder / "unpacked").iterdir())


def _pip(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]


def _run(command: list[str]) -> str:
    """Run a step of the set-up, with the whole environment: pip may need a proxy. Its stdout."""
    done = subprocess.run(  # noqa: S603 - a list of arguments that this program made
        command, capture_output=True, text=True, timeout=_PIP_LIMIT_S, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command[1:4])} failed: {done.stderr.strip()[-1000:]}")
    return done.stdout
