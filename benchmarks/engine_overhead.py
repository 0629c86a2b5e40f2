"""`python -m benchmarks.engine_overhead`: what the engine adds to the git and test commands.

Each round merges the same branches twice, each time in a repository of its own: once as tasks of
the engine, through all stages, once in a bare loop that runs git and the tests and keeps no record,
no lease and no baseline. The loop runs no more git than it needs, so the ratio is an upper bound.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import click

from benchmarks import tell
from benchmarks.figures import Round, Spread, figures, order, spread
from benchmarks.generator import generate
from benchmarks.stands import BASE, BenchmarkError
from benchmarks.timing import Cost, timed
from coverage_gate import __version__
from coverage_gate.clock import SystemClock
from coverage_gate.testing.repositories import RepositoryBuilder

ENGINE, BARE = "engine", "bare loop"
_REPO = "project"
_FILES = 10
_ROW = "{:<12} {:>10} {:>10}  {:<20} {:<20}"
_TESTS = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """All rounds.

    Attributes:
        tasks: How many branches each side merged in a round.
        rounds: Side → what all of its tasks have cost together.
    """

    tasks: int
    rounds: tuple[Round, ...]

    def per_task(self, side: str, of: Callable[[Cost], float]) -> float:
        """Median over the rounds, in milliseconds for each task."""
        return median(of(each[side]) for each in self.rounds) / self.tasks * 1000

    def overhead(self, of: Callable[[Cost], float]) -> Spread:
        """What the engine costs more than the loop in the same round, in milliseconds per task."""
        more = (of(each[ENGINE]) - of(each[BARE]) for each in self.rounds)
        return spread([seconds / self.tasks * 1000 for seconds in more])


@click.command()
@click.option("--tasks", type=click.IntRange(1), default=10, show_default=True)
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="Rounds.")
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(__file__).parent / "results",
    help="Where the JSON goes.  [benchmarks/results]",
)
@click.option(
    "--side",
    type=(str, click.Path(exists=True, file_okay=False, path_type=Path)),
    hidden=True,
    help="Be one side, in a folder that is prepared.",
)
def main(*, tasks: int, runs: int, results: Path, side: tuple[str, Path] | None) -> None:
    """Time tasks of the engine beside a bare loop, and print ratio and milliseconds per task."""
    if side is not None:
        merge = {ENGINE: by_engine, BARE: by_hand}[side[0]]
        click.echo(json.dumps(asdict(cost_of(merge, side[1], branches(tasks)))))
        return
    try:
        # The first round warms up, and nobody sees it.
        rounds = [one_round(number, tasks) for number in range(-1, runs)][1:]
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error
    done = Timed(tasks=tasks, rounds=tuple(rounds))
    click.echo(f"{table(done)}\n\nwritten: {write(done, results)}")


def branches(tasks: int) -> list[str]:
    """The branches of a round."""
    return [f"feature-{number}" for number in range(tasks)]


def one_round(number: int, tasks: int) -> Round:
    """Both sides once, each in a process of its own."""
    costs: dict[str, Cost] = {}
    for side in order([ENGINE, BARE], number):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
            folder = Path(made).resolve()
            prepare(folder, branches(tasks))
            costs[side] = run_side(side, folder, tasks)
    return costs


def prepare(folder: Path, names: list[str]) -> None:
    """A bare repository with a small tested project, and branches that add one test each."""
    repository = RepositoryBuilder.create(folder / "repos" / _REPO, bare=True, initial_branch=BASE)
    repository.commit("the project", generate(_FILES))
    for name in names:
        repository.branch(name)
        test = f"tests/test_{name.replace('-', '_')}.py"
        repository.commit(name, {test: "def test_added():\n    assert sum(range(5)) == 10\n"})
        repository.switch(BASE)


def run_side(side: str, folder: Path, tasks: int) -> Cost:
    """Have a side do its tasks, and see that all of them were merged. Raises BenchmarkError."""
    module = [sys.executable, "-m", "benchmarks.engine_overhead"]
    command = [*module, "--tasks", str(tasks), "--side", side, str(folder)]
    run = timed(command, cwd=Path(__file__).resolve().parents[1], env=environment(folder))
    if run.status:
        raise BenchmarkError(f"the {side} failed: {run.end}")
    repository = folder / "repos" / _REPO
    merged = git(
        repository, "for-each-ref", f"--merged={BASE}", "refs/heads/feature-*"
    ).splitlines()
    if len(merged) != tasks:
        raise BenchmarkError(f"the {side} merged {len(merged)} branches of {tasks}")
    return Cost(**json.loads(run.out))


def environment(folder: Path) -> Mapping[str, str]:
    """What both sides see; only the engine reads ORCH_*. No repository is in the gate's scope."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "ORCH_REPOS_DIR": str(folder / "repos"),
        "ORCH_WORKTREES_DIR": str(folder / "worktrees"),
        "ORCH_REPORTS_DIR": str(folder / "reports"),
        "ORCH_DB_PATH": str(folder / "engine.db"),
        "ORCH_COVERAGE_GATE_REPOS": "another",
        "ORCH_TEST_COMMAND": " ".join(_TESTS),
    }


def cost_of(merge: Callable[[Path, list[str]], None], folder: Path, names: list[str]) -> Cost:
    """What it costs to merge these branches, without the start of this process."""
    cpu, started = _cpu_s(), time.perf_counter()
    merge(folder, names)
    wall = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(cpu_s=_cpu_s() - cpu, wall_s=wall, rss_mib=peak)


def _cpu_s() -> float:
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def by_engine(folder: Path, names: list[str]) -> None:
    """Each branch as a task, through all stages. Raises BenchmarkError."""
    del folder  # as the environment says
    from stage_engine.engine import advance_task, open_engine, submit_task  # noqa: PLC0415 - not in the loop's process

    engine = open_engine()
    for name in names:
        task = submit_task(engine, repo=_REPO, work_item=name.upper(), branch=name)
        result = advance_task(task.id, engine=engine)
        if result.to_stage != "done":
            raise BenchmarkError(f"{name} is in {result.to_stage}: {result.reason}")


def by_hand(folder: Path, names: list[str]) -> None:
    """Each branch caught up with main in a work tree of its own, tested, and landed."""
    repository = folder / "repos" / _REPO
    for name in names:
        checkout = folder / "worktrees" / name
        git(repository, "worktree", "add", "-q", str(checkout), name)
        base = git(repository, "rev-parse", BASE)
        git(checkout, "merge", "-q", "--no-edit", base)
        subprocess.run(_TESTS, cwd=checkout, check=True, capture_output=True)  # noqa: S603 - fixed words
        new = git(repository, "rev-parse", name)
        git(repository, "update-ref", f"refs/heads/{BASE}", new, base)


def git(folder: Path, *args: str) -> str:
    """Run git there; what it wrote."""
    identity = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.invalid")
    command = ["git", "-C", str(folder), *identity, *args]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - names that this program made
    return done.stdout.strip()


def table(done: Timed) -> str:
    """Milliseconds per task of both sides, the ratio, and the difference."""
    title = f"{done.tasks} tasks, a suite of {_FILES} files, {len(done.rounds)} rounds; ms per task"
    head = _ROW.format("", "cpu", "wall", f"cpu / {BARE}", f"wall / {BARE}")
    rows = [title, head, *(_row(done, side) for side in (BARE, ENGINE))]
    cpu, wall = done.overhead(_of_cpu), done.overhead(_of_wall)
    rows.append(f"the engine adds, in ms per task: cpu {cpu}, wall {wall}")
    return "\n".join(row.rstrip() for row in rows)


def _row(done: Timed, side: str) -> str:
    found = figures(done.rounds, side, BARE)
    cpu, wall = done.per_task(side, _of_cpu), done.per_task(side, _of_wall)
    ratios = (str(found.cpu_ratio), str(found.wall_ratio))
    return _ROW.format(side, f"{cpu:.0f}", f"{wall:.0f}", *ratios)


def _of_cpu(cost: Cost) -> float:
    return cost.cpu_s


def _of_wall(cost: Cost) -> float:
    return cost.wall_s


def write(done: Timed, folder: Path) -> Path:
    """Write one JSON file with everything, named by the date. Raises OSError."""
    now = SystemClock().now_iso()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"engine-{now.replace(':', '').replace('-', '')}.json"
    found = {
        "schema_version": tell.SCHEMA,
        "when": now,
        "machine": tell.machine(),
        "engine": __version__,
        "reference": BARE,
        "tasks": done.tasks,
        "overhead_ms_per_task": {
            "cpu": asdict(done.overhead(_of_cpu)),
            "wall": asdict(done.overhead(_of_wall)),
        },
        "figures": {side: asdict(figures(done.rounds, side, BARE)) for side in (ENGINE, BARE)},
        "rounds": [{side: asdict(cost) for side, cost in each.items()} for each in done.rounds],
    }
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return path


if __name__ == "__main__":
    main()
