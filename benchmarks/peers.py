"""What is timed beside what: one entry for each peer."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.stands import BASE, BRANCH, BenchmarkError, Stand
from benchmarks.timing import Run, timed

#: What every ratio is to.
REFERENCE = "pytest"

_KNOWS_BASE, _KNOWS_BRANCH, _STORE = "base.db", "branch.db", "gate.db"
_NAIVE_REPORT = "naive.json"

Counts = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One way to judge a branch.

    Attributes:
        name: Key of its figures.
        title: For the table.
        command: What is timed.
        before_each: Puts the state in place that each run starts from; not timed.
        counts: Covered and total, out of a run that ended well; None where it tells none.
    """

    name: str
    title: str
    command: Callable[[Stand], list[str]]
    before_each: Callable[[Stand], None]
    counts: Callable[[Stand, Run], Counts | None]


def _pytest(stand: Stand, *options: str) -> list[str]:
    return [str(stand.python), "-m", "pytest", "-q", *options]


def _gate(stand: Stand, command: str, branch: str, *, store: str) -> list[str]:
    return [
        *(sys.executable, "-m", "coverage_gate", command, "--repo", str(stand.checkout)),
        *("--branch", branch, "--base", BASE, "--python", str(stand.python)),
        *("--db", str(stand.scratch / store), "--format", "json"),
    ]


def _check(stand: Stand) -> list[str]:
    return [
        *_gate(stand, "check", BRANCH, store=_STORE),
        *("--work-item", "BENCH-1", "--reports", str(stand.scratch / "reports")),
    ]


def _from_store(name: str) -> Callable[[Stand], None]:
    def copy(stand: Stand) -> None:
        shutil.copyfile(stand.scratch / name, stand.scratch / _STORE)

    return copy


def _nothing(stand: Stand) -> None:
    """Nothing to put in place."""


def _no_counts(stand: Stand, run: Run) -> None:
    """It tells none."""


def _naive_counts(stand: Stand, run: Run) -> Counts:
    del run
    report = stand.scratch / _NAIVE_REPORT
    totals = json.loads(report.read_text("utf-8"))["totals"]
    return (
        totals["covered_lines"] + totals["covered_branches"],
        totals["num_statements"] + totals["num_branches"],
    )


def _gate_counts(stand: Stand, run: Run) -> Counts:
    del stand
    verdict = json.loads(run.out.splitlines()[-1])
    if verdict["verdict"] != "PASS":
        raise BenchmarkError(f"the gate answers {verdict['verdict']}: {verdict['reason']}")
    return verdict["covered"], verdict["total"]


PEERS = (
    Peer(
        name=REFERENCE,
        title="pytest",
        command=_pytest,
        before_each=_nothing,
        counts=_no_counts,
    ),
    Peer(
        name="naive",
        title="pytest --cov --cov-branch (json)",
        command=lambda stand: _pytest(
            stand,
            "--cov",
            "--cov-branch",
            f"--cov-report=json:{stand.scratch / _NAIVE_REPORT}",
        ),
        before_each=_nothing,
        counts=_naive_counts,
    ),
    Peer(
        name="check",
        title="check, base measured before",
        command=_check,
        before_each=_from_store(_KNOWS_BASE),
        counts=_gate_counts,
    ),
    Peer(
        name="recheck",
        title="check, branch measured before",
        command=_check,
        before_each=_from_store(_KNOWS_BRANCH),
        counts=_gate_counts,
    ),
)


def measure_before(stand: Stand) -> None:
    """Make the two stores that runs start from. Raises BenchmarkError if nothing is measured."""
    known = stand.scratch / _KNOWS_BASE
    run_well(stand, _gate(stand, "measure", BASE, store=_KNOWS_BASE))
    shutil.copyfile(known, stand.scratch / _KNOWS_BRANCH)
    run_well(stand, _gate(stand, "measure", BRANCH, store=_KNOWS_BRANCH))


def run_well(stand: Stand, command: list[str]) -> Run:
    """Run a command in the checkout. Raises BenchmarkError unless it ends with status 0."""
    run = timed(command, cwd=stand.checkout, env=stand.env)
    if run.status:
        words = " ".join(command[1:5])
        raise BenchmarkError(f"{stand.title}: {words} ended with {run.status}:\n{run.end}")
    return run
