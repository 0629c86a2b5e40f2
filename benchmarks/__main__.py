"""`python -m benchmarks`: time the gate, paired with its peers, and print ratios."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks import target_table, tell
from benchmarks.figures import Round, order
from benchmarks.peers import PEERS, Counts, measure_before, run_well
from benchmarks.stands import (
    BenchmarkError,
    Stand,
    Subject,
    generated,
    real,
    set_up,
    versions_in,
)
from benchmarks.timing import Cost

_FILES, _QUICK_FILES = 100, 10
_PROJECT = "itsdangerous==2.2.0"
_RUNS, _QUICK_RUNS = 5, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long is timed.

    Attributes:
        runs: Rounds after the warm-up.
        budget_s: No round starts later than so many seconds after the start of its subject; one
            round is always timed.
    """

    runs: int
    budget_s: float


@click.command()
@click.option("--runs", type=click.IntRange(1), help=f"Rounds after the warm-up.  [{_RUNS}]")
@click.option(
    "--files",
    type=click.IntRange(0),
    multiple=True,
    help=f"Size of the generated project; 0 for none; repeatable.  [{_FILES}]",
)
@click.option(
    "--project",
    "projects",
    multiple=True,
    help=f"A real one, as pip names it; '' for none; repeatable.  [{_PROJECT}]",
)
@click.option("--needs", multiple=True, help="What the tests of --project need; repeatable.")
@click.option(
    "--python",
    "pythons",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Interpreter of the tests; repeatable.  [the gate's own]",
)
@click.option("--budget", type=float, default=100.0, show_default=True, help="Seconds a subject.")
@click.option("--quick", is_flag=True, help="One round of a small generated project.")
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(__file__).parent / "results",
    help="Where the JSON goes.  [benchmarks/results]",
)
def main(
    *,
    runs: int | None,
    files: tuple[int, ...],
    projects: tuple[str, ...],
    needs: tuple[str, ...],
    pythons: tuple[Path, ...],
    budget: float,
    quick: bool,
    results: Path,
) -> None:
    """Time the gate beside plain pytest and beside pytest-cov, and print ratios.

    Projects and environments are made below a temporary folder, and are gone afterwards; pip
    needs a package index.
    """
    subjects = list(chosen(files, projects, needs, quick=quick))
    effort = Effort(runs=runs or (_QUICK_RUNS if quick else _RUNS), budget_s=budget)
    try:
        told = [
            timed_subject(subject, python, effort)
            for python in pythons or (Path(sys.executable),)
            for subject in subjects
        ]
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"\nwritten: {tell.write(told, results)}")


def chosen(
    files: tuple[int, ...], projects: tuple[str, ...], needs: tuple[str, ...], *, quick: bool
) -> Iterator[Subject]:
    """What is timed, in this order."""
    for size in files or ((_QUICK_FILES,) if quick else (_FILES,)):
        if size:
            yield generated(size)
    for requirement in projects or (() if quick else (_PROJECT,)):
        if requirement:
            yield real(requirement, needs)


def timed_subject(subject: Subject, python: Path, effort: Effort) -> tell.Told:
    """Set one subject up, time every peer on it, and print the table."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
        say(f"{subject.title}: setting up")
        stand = set_up(subject, Path(made).resolve(), python=python)
        measure_before(stand)
        counts: dict[str, Counts | None] = {}
        rounds = list(timed_rounds(stand, effort, counts))
        told = tell.Told(
            title=subject.title,
            versions=versions_in(stand.python),
            rounds=tuple(rounds),
            counts=counts,
        )
    click.echo(f"\n{tell.table(told)}\n")
    return told


def timed_rounds(stand: Stand, effort: Effort, counts: dict[str, Counts | None]) -> Iterator[Round]:
    """A warm-up that nobody sees, then rounds in which every peer runs once."""
    deadline = time.monotonic() + effort.budget_s
    say(f"{stand.title}: warming up")
    one_round(stand, 0, counts)
    for number in range(effort.runs):
        if number and time.monotonic() > deadline:
            say(f"{stand.title}: the time is over after {number} rounds")
            return
        say(f"{stand.title}: round {number + 1} of {effort.runs}")
        yield one_round(stand, number, counts)


def one_round(stand: Stand, number: int, counts: dict[str, Counts | None]) -> Round:
    """Time every peer once; notes what each of them counted."""
    peers = {peer.name: peer for peer in PEERS}
    costs: dict[str, Cost] = {}
    for name in order(list(peers), number):
        peer = peers[name]
        peer.before_each(stand)
        run = run_well(stand, peer.command(stand))
        counts[name] = peer.counts(stand, run)
        costs[name] = run.cost
    return costs


def say(text: str) -> None:
    """Progress, on stderr."""
    click.echo(text, err=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["table"]:
        target_table.main(sys.argv[2:])
    else:
        main()
