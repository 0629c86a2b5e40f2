"""`python -m benchmarks.sandbox_price`: what export, cage and mutants add to a run of the tests.

The same small suite runs, in turns: by coverage.py in the checkout; exported and under the gate's
runner at the level "plain"; the same in bubblewrap; and in bubblewrap as a mutant is tried, without
measuring, beside plain pytest in the checkout. Of each round the differences are taken, in seconds
of CPU of all processes and in wall time; what is told is their median.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click

from benchmarks.figures import Spread, order, spread
from benchmarks.stands import BASE, BenchmarkError, Stand, generated, set_up, versions_in
from benchmarks.timing import timed
from coverage_gate.adapters.measure.mutant_run import run_mutant
from coverage_gate.adapters.measure.run import run_tests
from coverage_gate.core.cage import Level
from coverage_gate.core.measurement import MeasureFailure
from coverage_gate.measuring import Stage
from coverage_gate.procedure import source_of
from coverage_gate.settings import load_settings
from coverage_gate.wiring import open_workshop

BARE, PLAIN, CAGED, PYTEST, MUTANT = "coverage", "plain", "bubblewrap", "pytest", "mutant"
#: One → what it is compared with.
PAIRS = ((CAGED, BARE), (CAGED, PLAIN), (PLAIN, BARE), (MUTANT, PYTEST))
TARGET_MS = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Milliseconds of one run."""

    cpu_ms: float
    wall_ms: float


#: What was run → what it has cost, in one round.
Round = Mapping[str, Spent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one way adds to another: medians of paired differences, in milliseconds."""

    what: str
    beside: str
    cpu_ms: Spread
    wall_ms: Spread


@click.command(epilog="Example: python -m benchmarks.sandbox_price --rounds 9")
@click.option("--rounds", type=click.IntRange(1), default=9, show_default=True)
@click.option("--files", type=click.IntRange(2), default=10, show_default=True)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write the figures there.")
def main(*, rounds: int, files: int, target: Path | None) -> None:
    """Run a small suite in and out of the cage, in turns; fail beyond the target."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
        python = Path(sys.executable)
        stand = set_up(generated(files, rounds=1), Path(made).resolve(), python=python)
        ways = ways_of(stand)
        for way in ways.values():
            way()  # bytecode, caches of the disk
        found = [
            {name: ways[name]() for name in order(tuple(ways), number)} for number in range(rounds)
        ]
        versions = versions_in(stand.python)
    told = prices(found)
    click.echo("| what | beside | CPU ms more | wall ms more |")
    click.echo("|---|---|---|---|")
    for one in told:
        click.echo(f"| {one.what} | {one.beside} | {shown(one.cpu_ms)} | {shown(one.wall_ms)} |")
    if target is not None:
        record = {
            "project": stand.title,
            "python": versions["python"],
            "coverage": versions["coverage"],
            "load": os.getloadavg()[0],
            "uid": os.getuid(),
            "rounds": [
                {name: asdict(cost) for name, cost in sorted(each.items())} for each in found
            ],
            "prices": [asdict(one) for one in told],
        }
        target.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    sys.exit(told[0].cpu_ms.median > TARGET_MS)


def prices(rounds: Sequence[Round]) -> list[Price]:
    """The paired differences. Pure."""
    return [
        Price(
            what=one,
            beside=other,
            cpu_ms=spread([each[one].cpu_ms - each[other].cpu_ms for each in rounds]),
            wall_ms=spread([each[one].wall_ms - each[other].wall_ms for each in rounds]),
        )
        for one, other in PAIRS
    ]


def shown(values: Spread) -> str:
    """For people."""
    return f"{values.median:.0f} ({values.low:.0f} to {values.high:.0f})"


def ways_of(stand: Stand) -> dict[str, Callable[[], Spent]]:
    """Each way to run the suite once, and tell what that cost."""
    rc = stand.scratch / "bare.rc"
    rc.write_text(f"[run]\nbranch = True\nsource = src\ndata_file = {stand.scratch / 'bare'}\n")
    python = str(stand.python)
    return {
        BARE: partial(
            _bare, stand, [python, "-m", "coverage", "run", f"--rcfile={rc}", "-m", "pytest", "-q"]
        ),
        PLAIN: partial(_staged, stand, Level.PLAIN, measured),
        CAGED: partial(_staged, stand, Level.BUBBLEWRAP, measured),
        PYTEST: partial(_bare, stand, [python, "-m", "pytest", "-q"]),
        MUTANT: partial(_staged, stand, Level.BUBBLEWRAP, tried),
    }


def _bare(stand: Stand, command: list[str]) -> Spent:
    run = timed(command, cwd=stand.checkout, env={**stand.env, "PYTHONDONTWRITEBYTECODE": "1"})
    if run.status:
        raise BenchmarkError(f"{command[:4]} ended with {run.status}: {run.end}")
    return Spent(cpu_ms=run.cost.cpu_s * 1000.0, wall_ms=run.cost.wall_s * 1000.0)


def _staged(stand: Stand, level: Level, act: Callable[[Stage], None]) -> Spent:
    """Without what is done once for a tree, such as looking for the interpreter."""
    return stage_of(stand, level, partial(_spent, act))


def _spent(act: Callable[[Stage], None], stage: Stage) -> Spent:
    cpu, wall = _cpu_s(), time.perf_counter()
    act(stage)
    return Spent(cpu_ms=(_cpu_s() - cpu) * 1000.0, wall_ms=(time.perf_counter() - wall) * 1000.0)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def stage_of(stand: Stand, level: Level, act: Callable[[Stage], Spent]) -> Spent:
    """Do something where the tests of main are held by a level. Raises BenchmarkError."""
    settings = load_settings(
        env={
            **stand.env,
            "ORCH_SANDBOX": level,
            "ORCH_DB_PATH": str(stand.scratch / "price.db"),
            "ORCH_COVERAGE_PYTHON": str(stand.python),
        }
    )
    with open_workshop(repository="project", folder=stand.checkout) as shop:
        source = source_of(shop, stand.checkout, BASE, BASE)
        spent = shop.measurer(settings).on_stage(source, act)
    if isinstance(spent, MeasureFailure):
        raise BenchmarkError(spent.message)
    return spent


def measured(stage: Stage) -> None:
    """Export and run as the gate measures. Raises BenchmarkError."""
    data_file, rc = stage.folder / "data" / "coverage", stage.folder / "coverage.rc"
    data_file.parent.mkdir()
    rc.write_text(f"[run]\nbranch = True\nsource = src\ndata_file = {data_file}\n")
    rc.chmod(0o644)
    ran = run_tests(stage.rig_in(stage.folder), rc=rc, data_file=data_file, progress=stage.progress)
    if isinstance(ran, MeasureFailure) or ran.tests.exit_status:
        raise BenchmarkError(f"{stage.sandbox.name}: {ran}")


def tried(stage: Stage) -> None:
    """Export and run as a mutant is tried, with none."""
    run_mutant(None, None, stage.rig_in(stage.folder))


if __name__ == "__main__":
    main()
