"""`python -m benchmarks.equal`: the gate's integers beside coverage.py's own, on real projects.

Each project's main is run by coverage.py itself, under the project's own configuration, and
measured by the gate: with nothing known of the source, with everything known, and with the tests
in two processes. Covered and total, of statements and branches together, must be the same integers
each time. What is found is written after each project.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.rivals import Mode, gate
from benchmarks.stands import BASE, TOOLS, BenchmarkError, Stand, real, set_up, versions_in
from benchmarks.target_table import found_pythons, mode_minor
from benchmarks.timing import timed
from coverage_gate.adapters.measure.rc_file import choose_core

_PROJECTS = (
    *("itsdangerous==2.2.0", "cachetools==5.5.2", "structlog==25.4.0", "semver==3.0.2"),
    *("click==8.5.1", "marshmallow==4.0.0", "attrs==25.3.0"),
)
_DRIVER = """
import runpy, sys
import coverage

branch, data, report = sys.argv[1] == "True", sys.argv[2], sys.argv[3]
run = coverage.Coverage(branch=branch, data_file=data)
if not (run.config.source or run.config.source_pkgs or run.config.run_include):
    # The gate derives a scope where a project configures none; coverage.py takes all that runs.
    run = coverage.Coverage(branch=branch, data_file=data, source=["src"])
# A project may ask for pytest-cov by itself, which would take the tracer away.
sys.argv = ["pytest", "-p", "no:cacheprovider", "--no-cov"]
sys.path.insert(0, "")
run.start()
try:
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)
except SystemExit as end:
    status = end.code
run.stop()
run.save()
if run.config.parallel:
    # Each process has written a file of its own, this one, too.
    run.combine()
run.json_report(outfile=report, ignore_errors=True)
sys.exit(status)
"""
_PARALLEL = ("-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider")
_BY_TWO = ("--test-command", "pytest -n 2")
_FORGET_RUNS = "DELETE FROM coverage_measurement"
_ROW = "{:<24} {:<7} {:<18} {:>12} {:>12} {:>12} {:>12}  {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was counted of one project in one mode.

    Attributes:
        title: The project.
        python: Minor version.
        mode: What was measured, and by which core.
        own: coverage.py's own covered and total.
        cold: The gate's, with nothing known.
        warm: The same, with the source known.
        parallel: The same, by `pytest -n 2`; None where the suite itself breaks in two processes.
    """

    title: str
    python: str
    mode: str
    own: tuple[int, int]
    cold: tuple[int, int]
    warm: tuple[int, int]
    parallel: tuple[int, int] | None

    @property
    def are_equal(self) -> bool:
        """Whether all that there are are."""
        return self.own == self.cold == self.warm and self.parallel in {None, self.own}


@click.command()
@click.option("--project", "projects", multiple=True, default=_PROJECTS)
@click.option("--python", "pythons", multiple=True, help="[all that are found]")
@click.option(
    "--results", type=click.Path(file_okay=False, path_type=Path), help="Where JSON goes."
)
def main(*, projects: tuple[str, ...], pythons: tuple[str, ...], results: Path | None) -> None:
    """Count real projects both ways, and fail where they differ."""
    chosen = [Path(python) for python in pythons] or found_pythons(("python3.11",))
    told: list[Answers] = []
    click.echo(_ROW.format("project", "python", "mode", "coverage.py", "cold", "warm", "-n 2", ""))
    for project in projects:
        for python in chosen:
            try:
                for answers in compared(project, python):
                    told.append(answers)
                    click.echo(row(answers))
            except BenchmarkError as error:
                click.echo(f"{project} on {python} is left out: {str(error)[-300:]}", err=True)
            if results is not None:
                _write(told, results)
    sys.exit(not all(answers.are_equal for answers in told))


def _write(told: list[Answers], results: Path) -> None:
    results.mkdir(parents=True, exist_ok=True)
    found = [{**asdict(answers), "are_equal": answers.are_equal} for answers in told]
    (results / "equal.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def compared(project: str, python: Path) -> Iterator[Answers]:
    """Both modes of one project on one interpreter. Raises BenchmarkError."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
        tools = (*TOOLS, "pytest-xdist")
        stand = set_up(real(project), Path(made).resolve(), python=python, tools=tools)
        _run(stand, ["git", "switch", "-q", BASE])
        # What is built and not committed is not measured, so it must not run here either.
        _run(stand, ["git", "clean", "-fdxq", "--exclude=*.egg-info"])
        minor = mode_minor(stand)
        version = versions_in(stand.python)["python"]
        # As the gate's tests run: a fixed order of sets hides that workers collect differently.
        alone = [*("env", "-u", "PYTHONHASHSEED"), str(stand.python), *_PARALLEL]
        runs_in_two = timed(alone, cwd=stand.checkout, env=stand.env).status == 0
        for branch in (True, False):
            major, second = map(int, minor.split("."))
            mode = Mode(branch=branch, core=choose_core((major, second), branch=branch))
            yield Answers(
                title=project,
                python=version,
                mode=mode.title,
                own=_own(stand, mode),
                cold=_gates(stand, mode),
                warm=_gates(stand, mode),
                parallel=_gates(stand, mode, *_BY_TWO) if runs_in_two else None,
            )


def row(answers: Answers) -> str:
    """One line."""
    counts = (answers.own, answers.cold, answers.warm, answers.parallel)
    shown = [f"{each[0]}/{each[1]}" if each else "breaks" for each in counts]
    end = "equal" if answers.are_equal else "DIFFERENT"
    return _ROW.format(answers.title, answers.python, answers.mode, *shown, end)


def _own(stand: Stand, mode: Mode) -> tuple[int, int]:
    driver, report = stand.scratch / "driver.py", stand.scratch / "own.json"
    driver.write_text(_DRIVER)
    data = stand.scratch / f"own-{mode.branch}"
    words = [str(stand.python), str(driver), str(mode.branch), str(data), str(report)]
    _run(stand, ["env", f"COVERAGE_CORE={mode.core}", *words])
    totals = json.loads(report.read_text("utf-8"))["totals"]
    covered = totals["covered_lines"] + totals.get("covered_branches", 0)
    return covered, totals["num_statements"] + totals.get("num_branches", 0)


def _gates(stand: Stand, mode: Mode, *further: str) -> tuple[int, int]:
    """By a run each time: what is known is known of the source alone."""
    store = stand.scratch / "equal.db"
    if store.exists():
        with closing(sqlite3.connect(store)) as connection, connection:
            connection.execute(_FORGET_RUNS)
    out = _run(stand, [*gate(stand, mode, "measure", BASE, store.name), *further])
    told = json.loads(out.splitlines()[-1])
    return told["covered"], told["total"]


def _run(stand: Stand, command: list[str]) -> str:
    run = timed(command, cwd=stand.checkout, env=stand.env)
    if run.status:
        raise BenchmarkError(f"{command[:4]} ended with {run.status}: {run.end}")
    return run.out


if __name__ == "__main__":
    main()
