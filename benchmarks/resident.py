"""What a verdict for a tree that is measured already costs in a process that goes on running.

`python -m benchmarks.resident`: a host that judges branch after branch, as `coverage_gate` is
called by a stage engine. The first call measures, the second loads what is loaded once, and each
later one is timed: its own seconds of CPU and those of the processes that it starts and waits for.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.host import cpu_s, variables
from benchmarks.stands import BRANCH, TOOLS, BenchmarkError, generated, set_up
from benchmarks.timing import timed

SIZES = (100, 1_000)
#: Before anything is timed: one measures, one loads.
_FIRST = 2
_LATER = 7
_SELF = "benchmarks.resident"
_STORE = "resident.db"
_ROW = "{:>8} {:>10} {:>10} {:>10}"


@click.command()
@click.option("--files", "sizes", type=int, multiple=True, default=SIZES, show_default=True)
@click.option("--host", help="Be the host, and judge the branch of this repository.")
def main(sizes: tuple[int, ...], host: str | None) -> None:
    """Time verdicts for a known tree of projects of growing size."""
    if host is not None:
        click.echo(json.dumps(judge_again_and_again(host)))
        return
    click.echo(_ROW.format("files", "least", "median", "most"))
    for size in sizes:
        found = sorted(seconds(size))
        middle = found[len(found) // 2]
        click.echo(_ROW.format(size, *(f"{each:.3f}" for each in (found[0], middle, found[-1]))))


def seconds(size: int) -> list[float]:
    """Seconds of CPU of each timed call. Raises BenchmarkError."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
        stand = set_up(
            generated(size, rounds=1),
            Path(made).resolve(),
            python=Path(sys.executable),
            tools=TOOLS,
        )
        host = [sys.executable, "-m", _SELF, "--host", stand.checkout.name]
        run = timed(host, cwd=Path.cwd(), env={**stand.env, **variables(stand, _STORE)})
    if run.status:
        raise BenchmarkError(f"the host ended with {run.status}: {run.end[-500:]}")
    found: list[float] = json.loads(run.out.splitlines()[-1])
    return found


def judge_again_and_again(repository: str) -> list[float]:
    """Judge one branch several times. Seconds of CPU of the later ones."""
    import coverage_gate  # noqa: PLC0415 - by the host alone, which is told by its environment

    costs = []
    for _ in range(_FIRST + _LATER):
        before = cpu_s()
        ok, reason = coverage_gate.check_coverage_gate(repository, "BENCH-1", BRANCH)
        costs.append(cpu_s() - before)
        if not ok:
            raise BenchmarkError(reason)
    return costs[_FIRST:]


if __name__ == "__main__":
    main()
