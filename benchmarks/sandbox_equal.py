"""`python -m benchmarks.sandbox_equal`: hard suites count the same in the cage as outside of it.

Projects whose tests start servers, processes, terminals and workers are measured at the level
"plain", which shows them all of the host, and in bubblewrap, in turns. Of each measurement every
line, every branch, every total and every test's outcome is compared. What already differs between
two runs at one level is the suite's own, and told apart.

Run it as a plain user: as root, tests in the cage are another user, which some of them ask for.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.stands import BASE, BenchmarkError, Stand, real, set_up, versions_in
from coverage_gate import procedure
from coverage_gate.core.cage import Level
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import FileCoverage, MeasureFailure, Measurement
from coverage_gate.settings import load_settings

LEVELS = (Level.PLAIN, Level.BUBBLEWRAP)
#: One thing that a measurement says: what kind of thing, where, and what.
Fact = tuple[str, str, str]
_ROW = "{:<26} {:<34} {:>14} {:>14} {:>6} {:>7}  {}"
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hard:
    """A project whose suite asks much of the place where it runs.

    Attributes:
        requirement: As pip takes it.
        why: What is hard about it.
        needs: What its tests need.
        command: What runs them.
    """

    requirement: str
    why: str
    needs: tuple[str, ...] = ()
    command: str = "pytest"


def _on_two_workers(requirement: str, *more: str, spread: str = "") -> Hard:
    """A project whose tests run in two processes at once."""
    return Hard(
        requirement=requirement,
        why=", ".join(["two workers of xdist", *more]),
        needs=("pytest-xdist",),
        command=f"pytest -n 2{spread}",
    )


PROJECTS = (
    Hard(
        requirement="python-dotenv==1.2.4",
        why="its own installed command, by a shell",
        needs=("click", "ipython", "sh"),
    ),
    Hard(requirement="waitress==3.0.2", why="servers in processes of their own"),
    Hard(
        requirement="execnet==2.1.2",
        why="interpreters over pipes and sockets",
        needs=("pytest-timeout",),
    ),
    Hard(
        requirement="pytest-httpserver==1.2.0",
        why="servers in threads, TLS",
        needs=("requests", "httpx", "toml"),
    ),
    _on_two_workers("itsdangerous==2.2.0"),
    Hard(
        requirement="filelock==3.20.0",
        why="locks between processes and threads",
        needs=("pytest-asyncio", "pytest-mock", "pytest-timeout", "virtualenv"),
    ),
    Hard(requirement="ptyprocess==0.7.0", why="terminals of their own"),
    # Its tests of pagers share one file in the temporary folder: workers race for it.
    _on_two_workers("click==8.3.1", "pagers", spread=" --dist loadfile"),
    _on_two_workers("attrs==25.4.0", "1,400 tests"),
    Hard(
        requirement="werkzeug==3.1.3",
        why="servers started by a command, TLS",
        needs=("cryptography", "ephemeral-port-reserve", "pytest-timeout", "watchdog"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What became of one project.

    Attributes:
        project: As pip takes it.
        why: What is hard about it.
        command: What ran its tests.
        python: Version.
        uid: The user's number outside.
        outside: Covered and total of each run at the level plain.
        inside: The same in bubblewrap.
        tests: Outcome → how many, of the first run inside.
        differing: What every run inside says otherwise than every run outside.
        unsteady: What runs at one level do not agree about.
    """

    project: str
    why: str
    command: str
    python: str
    uid: int
    outside: tuple[tuple[int, int], ...]
    inside: tuple[tuple[int, int], ...]
    tests: dict[str, int]
    differing: tuple[str, ...]
    unsteady: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.differing:
            return "DIFFERENT"
        return "equal but for what varies by itself" if self.unsteady else "equal"


@click.command(epilog="Example: python -m benchmarks.sandbox_equal --project waitress==3.0.2")
@click.option("--project", "names", multiple=True, help="One of the list; may come more than once.")
@click.option("--python", default=sys.executable, help="Runs their tests.")
@click.option("--runs", type=click.IntRange(1), default=2, show_default=True, help="At each level.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write the figures there.")
def main(*, names: tuple[str, ...], python: str, runs: int, target: Path | None) -> None:
    """Measure hard suites inside and outside, and fail where they differ."""
    click.echo(_ROW.format("project", "why", "outside", "inside", "tests", "failing", ""))
    told: list[Compared] = []
    for hard in PROJECTS:
        if names and hard.requirement not in names:
            continue
        try:
            told.append(compared(hard, Path(python), runs))
        except BenchmarkError as error:
            click.echo(f"{hard.requirement} is left out: {str(error)[-500:]}", err=True)
            continue
        click.echo(row(told[-1]))
        for kind, facts in (("differs", told[-1].differing), ("varies", told[-1].unsteady)):
            for fact in facts[:_SHOWN]:
                click.echo(f"    {kind}: {fact}")
        if target is not None:
            found = [{**asdict(each), "verdict": each.verdict} for each in told]
            target.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.exit(not told or any(each.differing for each in told))


def compared(hard: Hard, python: Path, runs: int) -> Compared:
    """Measure one project in turns. Raises BenchmarkError."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
        stand = set_up(
            real(hard.requirement, hard.needs, is_whole=True), Path(made).resolve(), python=python
        )
        found: dict[Level, list[Measurement]] = {level: [] for level in LEVELS}
        for _ in range(runs):
            for level in LEVELS:
                found[level].append(measured(stand, hard, level))
        return summed_up(hard, found, python=versions_in(stand.python)["python"])


def summed_up(hard: Hard, found: Mapping[Level, Sequence[Measurement]], *, python: str) -> Compared:
    """What the measurements of one project say. Pure but for the user's number."""
    outside, inside = (found[level] for level in LEVELS)
    differing, unsteady = told_apart(
        [facts_of(one) for one in outside], [facts_of(one) for one in inside]
    )
    return Compared(
        project=hard.requirement,
        why=hard.why,
        command=hard.command,
        python=python,
        uid=os.getuid(),
        outside=tuple((one.counts.covered, one.counts.total) for one in outside),
        inside=tuple((one.counts.covered, one.counts.total) for one in inside),
        tests=dict(sorted(Counter(map(str, (inside[0].tests.outcomes or {}).values())).items())),
        differing=tuple(map(shown, differing)),
        unsteady=tuple(map(shown, unsteady)),
    )


def measured(stand: Stand, hard: Hard, level: Level) -> Measurement:
    """One run. Raises BenchmarkError."""
    settings = load_settings(
        env={
            **stand.env,
            "ORCH_SANDBOX": level,
            "ORCH_DB_PATH": str(stand.scratch / "equal.db"),
            "ORCH_COVERAGE_PYTHON": str(stand.python),
            "ORCH_COVERAGE_TEST_COMMAND": hard.command,
        }
    )
    found = procedure.measure(
        lambda _: settings, "project", stand.checkout, head=BASE, base=BASE, fresh=True
    )
    if isinstance(found, MeasureFailure):
        raise BenchmarkError(f"{level}: {found.message}\n{found.output}")
    if found.provenance.sandbox != level:
        raise BenchmarkError(f"{level} is not what held the run: {found.provenance.sandbox}")
    return found


def facts_of(measurement: Measurement) -> frozenset[Fact]:
    """Every line and branch that ran, every total, every outcome of a test."""
    ends = measurement.tests.outcomes or {}
    tests = (("test", test, str(outcome)) for test, outcome in ends.items())
    counted = (fact for file in measurement.files for fact in _facts_of_file(file))
    return frozenset([*tests, *counted])


def _facts_of_file(file: FileCoverage) -> Iterator[Fact]:
    yield "total", file.path, str(file.counts.total)
    for line in lines_of(file.executed):
        yield "line", file.path, str(line)
    for first, last in file.taken:
        yield "branch", file.path, f"{first}->{last}"


def told_apart(
    outside: Sequence[frozenset[Fact]], inside: Sequence[frozenset[Fact]]
) -> tuple[list[Fact], list[Fact]]:
    """What the cage decides, and what runs at one level do not agree about. Pure."""
    unsteady = _varying(outside) | _varying(inside)
    return sorted((outside[0] ^ inside[0]) - unsteady), sorted(unsteady)


def _varying(runs: Iterable[frozenset[Fact]]) -> frozenset[Fact]:
    every, some = frozenset.intersection(*runs), frozenset.union(*runs)
    return some - every


def shown(fact: Fact) -> str:
    """For people."""
    return " ".join(fact)


def row(one: Compared) -> str:
    """One line."""
    outside, inside = (
        " ".join(dict.fromkeys(f"{covered}/{total}" for covered, total in runs))
        for runs in (one.outside, one.inside)
    )
    failing = one.tests.get("failed", 0) + one.tests.get("error", 0)
    return _ROW.format(
        one.project, one.why, outside, inside, sum(one.tests.values()), failing, one.verdict
    )


if __name__ == "__main__":
    main()
