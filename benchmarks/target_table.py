"""`python -m benchmarks table`: what the issue on speed asks for, beside what is measured.

Every rival runs once in each round, in turns; ratios are of runs of one round, in seconds of CPU.
Where the budget is over, no further round or subject starts; the table says what was measured.
What is measured is written after each subject, so that a run which is broken off loses one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click

from benchmarks import count_cost, resident, targets, tell
from benchmarks.figures import Round, figures, order
from benchmarks.growth import judged
from benchmarks.rivals import PLAIN, TITLES, Mode, Rival, mode_of, prepare, rivals
from benchmarks.stands import (
    TOOLS,
    BenchmarkError,
    Stand,
    Subject,
    generated,
    hot_loop,
    real,
    set_up,
    versions_in,
)
from benchmarks.targets import Target
from benchmarks.timing import Cost, Run, timed
from coverage_gate import __version__
from coverage_gate.clock import SystemClock

_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
_PROJECTS = ("itsdangerous==2.2.0", "jinja2==3.1.6", "marshmallow==4.0.0", "attrs==25.3.0")
_MORE_TOOLS = ("diff-cover", "slipcover")
_LINE = "{:<26} {:>7} {:>7} {:>5}  {:<18}"
_HELPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bout:
    """One subject on one interpreter, timed.

    Attributes:
        title: For people.
        mode: What was measured.
        versions: What is installed for its tests.
        rounds: All that were timed.
        left_out: Rivals that broke on it, and how.
    """

    title: str
    mode: Mode
    versions: dict[str, str]
    rounds: tuple[Round, ...]
    left_out: dict[str, str]


@click.command()
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="Rounds.")
@click.option("--budget", type=float, default=3600.0, show_default=True, help="Seconds in all.")
@click.option("--files", type=int, default=100, show_default=True, help="Of the generated one.")
@click.option("--scale", type=int, default=700, show_default=True, help="Length of its suite.")
@click.option("--hot", type=int, default=150, show_default=True, help="Length of the hot loop.")
@click.option("--project", "projects", multiple=True, default=_PROJECTS, help="Real ones.")
@click.option("--python", "pythons", multiple=True, help="In this order.  [all that are found]")
@click.option("--count", "sizes", type=int, multiple=True, default=(25, 500, 2000))
@click.option("--alone", type=int, multiple=True, default=(10_000,), help="Without its peer.")
@click.option("--resident", "known", type=int, multiple=True, default=resident.SIZES)
@click.option("--grow", type=int, multiple=True, default=(100, 1_000, 10_000, 50_000))
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(__file__).parent / "results",
    help="Where JSON and plot go.  [benchmarks/results]",
)
def main(
    *,
    runs: int,
    budget: float,
    files: int,
    scale: int,
    hot: int,
    projects: tuple[str, ...],
    pythons: tuple[str, ...],
    sizes: tuple[int, ...],
    alone: tuple[int, ...],
    known: tuple[int, ...],
    grow: tuple[int, ...],
    results: Path,
) -> None:
    """Measure everything, print the table of targets, and write it."""
    deadline = time.monotonic() + budget
    found = Findings(path=results / f"table-{_stamp()}.json")
    for size in grow:
        _say(f"judging a change in {size} files")
        found.growth[size] = judged(size)
    found.helps.append(help_target())
    for size in known:
        _say(f"judging a known tree of {size} files in a running process")
        found.helps.append(resident_target(size))
    for size in (*sizes, *alone):
        if time.monotonic() < deadline:
            _say(f"counting {size} files")
            found.counts.append(count_cost.measure(size, with_json=size in sizes))
            found.keep()
    click.echo(f"\n{count_cost.table(found.counts)}")
    subjects = [generated(files, rounds=scale), hot_loop(hot)]
    subjects = [*(real(project) for project in projects if project), *subjects]
    chosen = [Path(python) for python in pythons] or found_pythons(_PYTHONS)
    for bout in timed_bouts(subjects, chosen, runs, deadline):
        found.bouts.append(bout)
        found.keep()
    click.echo(f"\n{targets.table(found.targets())}\n\nwritten: {found.keep()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was measured so far.

    Attributes:
        path: The JSON file that has it.
    """

    path: Path
    bouts: list[Bout] = field(default_factory=list)
    counts: list[count_cost.CountCost] = field(default_factory=list)
    growth: dict[int, dict[str, float]] = field(default_factory=dict)
    helps: list[Target] = field(default_factory=list)

    def targets(self) -> list[Target]:
        """Each target that something was measured of."""
        runs = all_targets(self.bouts, self.counts)
        return [*runs, *growth_targets(self.growth), *self.helps]

    def keep(self) -> Path:
        """Write one JSON file with everything, anew each time. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = {
            "schema_version": tell.SCHEMA,
            "when": SystemClock().now_iso(),
            "machine": tell.machine(),
            "gate": __version__,
            "targets": targets.as_json(self.targets()),
            "bouts": [asdict(each) for each in self.bouts],
            "counts": [asdict(each) for each in self.counts],
            "growth": self.growth,
        }
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
        return new.replace(self.path)


def found_pythons(names: Sequence[str]) -> list[Path]:
    """Those interpreters that are there and run; a shim may lead to none."""
    found = [Path(path) for path in (shutil.which(name) for name in names) if path]
    kept = sorted((Path.home() / ".pyenv" / "versions").glob("3.1[1-9]*/bin/python3"))
    by_minor = {minor: path for path in (*kept, *found) if (minor := _minor(path))}
    return [by_minor[minor] for minor in sorted(by_minor)] or [Path(sys.executable)]


def timed_bouts(
    subjects: Sequence[Subject], pythons: Sequence[Path], runs: int, deadline: float
) -> Iterator[Bout]:
    """Each interpreter with each subject, until the time is over."""
    for python in pythons:
        for subject in subjects:
            if time.monotonic() > deadline:
                _say(f"the time is over: {subject.title} is left out on {python.name}")
                continue
            try:
                bout = timed_bout(subject, python, runs, deadline)
            except (BenchmarkError, OSError) as error:
                _say(f"{subject.title} on {python.name} is left out: {error}")
                continue
            click.echo(f"\n{bout_table(bout)}")
            yield bout


def timed_bout(subject: Subject, python: Path, runs: int, deadline: float) -> Bout:
    """Set one up, and time all rivals on it. Raises BenchmarkError."""
    # A real project is measured as it configures itself: the mode is that of branches then.
    mode = mode_of(_minor(python) or (3, 11))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
        _say(f"{subject.title} on {python.name}, {mode.title}: setting up")
        stand = set_up(subject, Path(made).resolve(), python=python, tools=TOOLS + _MORE_TOOLS)
        prepare(stand, mode, lambda command: _well(stand, command))
        contestants, broken = fit(stand, rivals(stand, mode))
        rounds: list[Round] = []
        while not rounds or (len(rounds) < runs and time.monotonic() < deadline):
            _say(f"{subject.title} on {python.name}: round {len(rounds) + 1} of {runs}")
            rounds.append(one_round(stand, contestants, len(rounds)))
        return Bout(
            title=f"{subject.title}, Python {mode_minor(stand)}",
            mode=mode,
            versions=versions_in(stand.python),
            rounds=tuple(rounds),
            left_out=broken,
        )


def mode_minor(stand: Stand) -> str:
    """The minor version, for people."""
    return ".".join(map(str, _minor(stand.python) or ()))


def fit(stand: Stand, all_rivals: Sequence[Rival]) -> tuple[list[Rival], dict[str, str]]:
    """Warm all up. Those that work, and those that do not with the end of what they said."""
    broken = {}
    for each in all_rivals:
        each.before()
        run = timed(each.command, cwd=stand.checkout, env=stand.env)
        if run.status:
            broken[each.name] = run.end[-300:]
            _say(f"{stand.title}: {each.name} is left out: {run.end[-300:]}")
    return [each for each in all_rivals if each.name not in broken], broken


def one_round(stand: Stand, contestants: Sequence[Rival], number: int) -> Round:
    """Time each of them once."""
    known = {each.name: each for each in contestants}
    costs: dict[str, Cost] = {}
    for name in order(list(known), number):
        known[name].before()
        run = _well(stand, known[name].command)
        costs[name] = told_cost(run) if known[name].tells else run.cost
    return costs


def told_cost(run: Run) -> Cost:
    """What a run says of a part of it, with the memory of all of it."""
    told = json.loads(run.out.splitlines()[-1])
    return Cost(cpu_s=told["cpu_s"], wall_s=told["wall_s"], rss_mib=run.cost.rss_mib)


def all_targets(bouts: Sequence[Bout], counts: Sequence[count_cost.CountCost]) -> list[Target]:
    """The targets of runs and counts; none of a subject on which one broke that they need."""
    found = []
    for each in bouts:
        title = f"{each.title}, {each.mode.title}"
        if targets.NEEDED.isdisjoint(each.left_out):
            sysmon = each.mode.core == "sysmon"
            found += targets.of_runs(title, each.rounds, is_sysmon=sysmon)
            found.append(targets.of_same_tree(title, each.rounds))
    return found + targets.of_counts(counts)


def growth_targets(growth: dict[int, dict[str, float]]) -> list[Target]:
    """Judging a change after a run, in large projects."""
    return [
        targets.single(
            "judging a change of 200 lines, s of CPU", [found["seconds"]], 0.3, f"{size} files"
        )
        for size, found in growth.items()
        if size == 10_000  # noqa: PLR2004 - as the issue says
    ]


def help_target() -> Target:
    """What `--help` costs over an interpreter that does nothing, in seconds of CPU."""
    costs = []
    for _ in range(_HELPS):
        bare, helped = (
            timed([sys.executable, *words], cwd=Path(), env={}).cost.cpu_s
            for words in (("-c", "pass"), ("-m", "coverage_gate", "--help"))
        )
        costs.append(helped - bare)
    return targets.single("--help over a bare interpreter, s of CPU", costs, 0.06)


def resident_target(size: int) -> Target:
    """What a verdict for a known tree costs where nothing needs to be loaded any more."""
    return targets.single(
        "verdict for a known tree, s of CPU in a running process",
        resident.seconds(size),
        0.15,
        f"{size} files",
    )


def bout_table(bout: Bout) -> str:
    """Medians of one subject."""
    rows = [f"{bout.title}; {bout.mode.title}; {len(bout.rounds)} rounds"]
    rows.append(_LINE.format("", "cpu s", "wall s", "MiB", f"cpu / {PLAIN}"))
    for name in bout.rounds[0]:
        found = figures(bout.rounds, name, PLAIN)
        cells = (f"{found.cpu_s:.2f}", f"{found.wall_s:.2f}", f"{found.rss_mib:.0f}")
        rows.append(_LINE.format(TITLES[name], *cells, str(found.cpu_ratio)))
    return "\n".join(row.rstrip() for row in rows)


def _stamp() -> str:
    return SystemClock().now_iso().replace(":", "").replace("-", "")


def _well(stand: Stand, command: list[str]) -> Run:
    run = timed(command, cwd=stand.checkout, env=stand.env)
    if run.status:
        words = " ".join(command[:6])
        raise BenchmarkError(f"{stand.title}: {words} ended with {run.status}: {run.end[-500:]}")
    return run


def _minor(python: Path) -> tuple[int, int] | None:
    words = [str(python), "-c", "import sys; print(*sys.version_info[:2])"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - own words
    try:
        major, minor = map(int, done.stdout.split())
    except ValueError:
        return None
    return major, minor


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
