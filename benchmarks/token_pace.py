"""The engine's pace while wrong tokens arrive at a server beside it.

`python -m benchmarks.token_pace [--tasks 10] [--runs 5]`: in each round a process moves the same
small branches through all stages twice: alone, and while 1,000 wrong tokens are sent to a running
`stage-engine serve` on the same database. Every second round runs backwards. The first one only
warms up.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import click
import httpx2

from benchmarks.engine_overhead import ENGINE, branches, environment, prepare, run_side
from benchmarks.figures import Round, order, spread
from benchmarks.queue_pace import serving
from benchmarks.stands import BenchmarkError
from benchmarks.timing import Cost

ALONE, BESIDE = "alone", "beside wrong tokens"
_ROW = "{:<22} {:>12} {:>12}"


@click.command()
@click.option("--tasks", type=click.IntRange(1), default=10, show_default=True)
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="Rounds.")
@click.option("--tokens", type=click.IntRange(1), default=1000, show_default=True)
def main(*, tasks: int, runs: int, tokens: int) -> None:
    """Time the engine alone and beside wrong tokens, and print the ratio."""
    statuses: Counter[int] = Counter()
    try:
        # The first round only warms up.
        rounds = [told_round(number, tasks, tokens, statuses) for number in range(-1, runs)][1:]
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error
    click.echo(table(rounds, tasks))
    told = ", ".join(f"{count} times {status}" for status, count in sorted(statuses.items()))
    click.echo(f"answers to wrong tokens: {told}")


def told_round(number: int, tasks: int, tokens: int, statuses: Counter[int]) -> Round:
    """One round, with a line of progress on standard error: a round may take a minute."""
    costs = one_round(number, tasks, tokens, statuses)
    name = "warmed up" if number < 0 else f"round {number + 1}"
    sides = ", ".join(f"{side} {costs[side].wall_s:.1f} s" for side in (ALONE, BESIDE))
    click.echo(f"{name}: {sides}; {statuses.total()} tokens answered", err=True)
    return costs


def one_round(number: int, tasks: int, tokens: int, statuses: Counter[int]) -> Round:
    """Both once, each in a folder of its own; `statuses` gets the answers to the tokens."""
    costs: dict[str, Cost] = {}
    for side in order([ALONE, BESIDE], number):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
            folder = Path(made).resolve()
            prepare(folder, branches(tasks))
            # The server runs on both sides: only the tokens differ.
            with serving(environment(folder) | {"ORCH_API_TOKEN": "right"}) as address:
                wanted = tokens if side == BESIDE else 0
                with sending(address, wanted, statuses):
                    costs[side] = run_side(ENGINE, folder, tasks)
    return costs


@contextmanager
def sending(address: str, tokens: int, statuses: Counter[int]) -> Iterator[None]:
    """Send so many wrong tokens from a thread beside the block, and all of them before its end."""

    def send() -> None:
        with httpx2.Client(timeout=60) as client:
            for number in range(tokens):
                headers = {"Authorization": f"Bearer wrong-{number}"}
                answer = client.post(f"{address}/coverage/baseline", headers=headers)
                statuses[answer.status_code] += 1

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def table(rounds: list[Round], tasks: int) -> str:
    """Milliseconds a task of both sides, and the ratios of the rounds."""
    lines = [_ROW.format("", "ms a task", "CPU ms a task")]
    for side in (ALONE, BESIDE):
        wall = spread([each[side].wall_s / tasks * 1000 for each in rounds])
        cpu = spread([each[side].cpu_s / tasks * 1000 for each in rounds])
        lines.append(_ROW.format(side, f"{wall.median:.0f}", f"{cpu.median:.0f}"))
    return "\n".join([*lines, *(_ratio(name, of, rounds) for name, of in _FIGURES.items())])


_FIGURES: dict[str, Callable[[Cost], float]] = {
    "wall": lambda cost: cost.wall_s,
    "CPU": lambda cost: cost.cpu_s,
}


def _ratio(name: str, of: Callable[[Cost], float], rounds: list[Round]) -> str:
    found = spread([of(each[BESIDE]) / of(each[ALONE]) for each in rounds])
    return f"{name}: {found} times"


if __name__ == "__main__":
    main()
