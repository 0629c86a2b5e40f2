"""The gate's integers are coverage.py's own, file by file, on real runs of awkward code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.integration.measure_counting import nasty
from tests.integration.measure_counting.reference import (
    Twice,
    analyse_folder,
    configuration_of,
    measure_twice,
    totals_of,
)

from coverage_gate.core.counting import unparsable


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A configuration, and what is run under it."""

    config: dict[str, str]
    scope: str
    command: tuple[str, ...] = ("src/driver.py",)
    files: dict[str, bytes] | None = None


TOML = r"""
[tool.coverage.run]
branch = true
omit = ["*/omitted.py"]
[tool.coverage.report]
exclude_also = ["if debug\\.enabled:", "(?s:# start hiding.*?# stop hiding)", "#x,y $"]
partial_also = ["# only once"]
"""
INI = """
[run]
branch = yes
source = src/nasty, spaces
omit =
    src/nasty/om*
[report]
include_namespace_packages = True
exclude_lines =
    # nothing
    pragma: no cover
partial_branches =
"""
CFG = """
[coverage:run]
branch = true
include = src/nasty/*
[coverage:report]
omit = */sub/*
"""
PACKAGES = """
[coverage:run]
branch = true
source_pkgs = nasty, driver_of_processes
patch = subprocess
concurrency = multiprocessing, thread
[coverage:report]
include = src/*
exclude_lines =
"""
PROCESSES = b"""\
import multiprocessing
import subprocess
import sys


def work(n):
    import nasty.loops

    if n:
        return nasty.loops.one_line(n)
    return nasty.loops.elses([n])


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(work, [0, 1])
        pool.close()
        pool.join()
    code = "import nasty.matches as m; m.kind('x'); m.only(2)"
    subprocess.run([sys.executable, "-c", code], cwd="/", check=True)
"""

CASES = {
    "branches, derived scope, TOML": Case(config={"pyproject.toml": TOML}, scope="src (derived)"),
    "lines, nothing configured": Case(config={}, scope="src (derived)"),
    "namespace packages, INI": Case(
        config={".coveragerc": INI}, scope="src/nasty, spaces (from .coveragerc)"
    ),
    "include patterns only": Case(
        config={"setup.cfg": CFG}, scope="include src/nasty/* (from setup.cfg)"
    ),
    "several processes": Case(
        config={"tox.ini": PACKAGES},
        scope="nasty, driver_of_processes (from tox.ini)",
        command=("src/driver_of_processes.py",),
        files=nasty.FILES | {"src/driver_of_processes.py": PROCESSES},
    ),
    "the whole root, no package": Case(
        config={".coveragerc": "[run]\nbranch = 1\n"},
        scope=". (derived)",
        command=("nasty/raises.py",),
        files={path.removeprefix("src/"): content for path, content in nasty.FILES.items()},
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def twice(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Twice:
    """One run for all tests of a case."""
    folder = tmp_path_factory.mktemp("tests").resolve()
    root, out = folder / "root", folder / "out"
    root.mkdir()
    out.mkdir()
    nasty.write(root, config=case.config, files=case.files)
    return measure_twice(root, out, case.command, env={"PYTHONPATH": str(root / "src")})


def test_every_file_has_the_numbers_of_coverage_py(twice: Twice) -> None:
    assert twice.counted == twice.expected


def test_the_totals_are_those_of_coverage_py(twice: Twice) -> None:
    assert totals_of(twice.files) == twice.totals


def test_the_files_are_sorted_and_their_claims_lie_within_what_they_have(twice: Twice) -> None:
    paths = [file.path for file in twice.files]
    assert paths == sorted(set(paths))
    assert all(file.executed & ~file.statements == 0 for file in twice.files)
    assert all(set(file.taken) <= set(file.branches) for file in twice.files)


def test_the_scope_is_told_and_something_was_counted(twice: Twice, case: Case) -> None:
    assert twice.scope.text == case.scope
    assert twice.totals[0] > twice.totals[1] > 0


BROKEN = {
    "src/a.py": b"x = 1\n",
    "src/bad.py": b"x = 1\ny = (\n",
    "src/templates/{{name}}.py": b"{{ no python }}\n",
}


def test_a_file_that_is_no_python_is_told_where_coverage_py_gives_no_report(tmp_path: Path) -> None:
    root = tmp_path.resolve() / "root"
    nasty.write(root, config={}, files=BROKEN)
    with pytest.raises(AssertionError, match=r"Couldn't parse '.*bad\.py' as Python source"):
        measure_twice(root, tmp_path, ("src/a.py",))
    _, statics = analyse_folder(root, tmp_path, configuration_of(root))
    (told,) = unparsable(statics.broken, {})
    assert (told.path, told.line) == ("src/bad.py", 2)
