"""`python -m benchmarks.count_cost`: what counting costs beside `coverage json`, by size.

A generated project of so many modules is run once under coverage.py, by a driver that calls each
function. Then, each in a process of its own: `coverage json`; the gate's count, with nothing known
of the source; the same with everything known. Analysis, reading of the data and counting are in it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.generator import module_text, package_of
from benchmarks.stands import BenchmarkError
from benchmarks.timing import peak_mib, timed

_DRIVER = """
import importlib, sys
sys.path.insert(0, "src")
for number in range(int(sys.argv[1])):
    name = f"generated.group_{number // 10:03d}.part_{number:04d}"
    module = importlib.import_module(name)
    for index in range(6):
        getattr(module, f"sorts_{index}")(number)
"""
_RC = "[run]\nbranch = true\nsource = src\ndata_file = {data}\n"
_HEAD = ("files", "json s", "cold s", "warm s", "cold/json", "warm/json", "warm MiB")
_ROW = "{:>8} {:>11} {:>9} {:>9} {:>9} {:>9} {:>10}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCost:
    """What counting one project has cost, in seconds of CPU.

    Attributes:
        files: How many modules it has.
        json_s: `coverage json`; None where it was left out.
        cold_s: The gate's count with nothing known.
        warm_s: The same with everything known.
        warm_mib: Peak memory of the warm one.
        counts: Covered and total of all that counted.
    """

    files: int
    json_s: float | None
    cold_s: float
    warm_s: float
    warm_mib: float
    counts: tuple[int, int]


def measure(files: int, *, with_json: bool) -> CountCost:
    """Make the project, run it, and time all three. Raises BenchmarkError if they disagree."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
        folder = Path(made).resolve()
        _write(folder, files)
        run = [sys.executable, "-m", "coverage", "run", "--rcfile=rc", "driver.py", str(files)]
        subprocess.run(run, cwd=folder, check=True, capture_output=True)  # noqa: S603 - own words
        report = [sys.executable, "-m", "coverage", "json", "-q", "--rcfile=rc", "-o", "r.json"]
        told = timed(report, cwd=folder, env={}) if with_json else None
        cold, warm = _count(folder), _count(folder)
        found = {(each["counts"][0], each["counts"][1]) for each in (cold, warm)}
        if told is not None:
            found.add(_counts_of(folder / "r.json"))
        if len(found) != 1:
            raise BenchmarkError(f"{files} files were counted differently: {sorted(found)}")
        return CountCost(
            files=files,
            json_s=told.cost.cpu_s if told else None,
            cold_s=cold["cpu_s"],
            warm_s=warm["cpu_s"],
            warm_mib=warm["mib"],
            counts=found.pop(),
        )


def _write(folder: Path, files: int) -> None:
    package = folder / "src/generated"
    for number in range(files):
        place = package / package_of(number) / f"part_{number:04d}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        (place.parent / "__init__.py").touch()
        # A line of its own makes each file another blob.
        place.write_text(f"{module_text(number)}\nNUMBER = {number}\n")
    (package / "__init__.py").touch()
    (folder / "driver.py").write_text(_DRIVER)
    (folder / "rc").write_text(_RC.format(data=folder / "data"))


def _counts_of(report: Path) -> tuple[int, int]:
    totals = json.loads(report.read_text())["totals"]
    covered = totals["covered_lines"] + totals["covered_branches"]
    return covered, totals["num_statements"] + totals["num_branches"]


def _count(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.count_cost", "--one", str(folder)]
    run = timed(command, cwd=Path(__file__).parents[1], env={"PATH": "/usr/bin:/bin"})
    if run.status:
        raise BenchmarkError(f"counting ended with {run.status}: {run.end}")
    found: dict[str, Any] = json.loads(run.out.splitlines()[-1])
    return found


def count_once(folder: Path) -> dict[str, object]:
    """Count the project in a folder; the store beside it knows what was told before."""
    from benchmarks.counting_desk import open_desk  # noqa: PLC0415 - loaded in the child alone

    with open_desk(folder) as desk:
        started = _cpu_s()
        covered, total = desk.count()
        seconds = _cpu_s() - started
    return {"cpu_s": seconds, "mib": peak_mib(), "counts": (covered, total)}


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + usage.ru_utime + usage.ru_stime


def table(found: list[CountCost]) -> str:
    """A row for each size."""
    rows = [_ROW.format(*_HEAD)]
    for each in found:
        ratios = [
            "-" if each.json_s is None else f"{seconds / each.json_s:.3f}"
            for seconds in (each.cold_s, each.warm_s)
        ]
        peer = "-" if each.json_s is None else f"{each.json_s:.2f}"
        cells = (f"{each.cold_s:.2f}", f"{each.warm_s:.3f}", *ratios, f"{each.warm_mib:.0f}")
        rows.append(_ROW.format(each.files, peer, *cells))
    return "\n".join(rows)


@click.command()
@click.option("--files", type=int, multiple=True, default=(25, 500, 2000), show_default=True)
@click.option("--alone", type=int, multiple=True, help="A size without `coverage json`.")
@click.option("--one", type=click.Path(exists=True, path_type=Path), hidden=True)
def main(*, files: tuple[int, ...], alone: tuple[int, ...], one: Path | None) -> None:
    """Time the count of generated projects, cold and warm, beside `coverage json`."""
    if one is not None:
        click.echo(json.dumps(count_once(one)))
        return
    found = [measure(size, with_json=True) for size in files]
    found += [measure(size, with_json=False) for size in alone]
    click.echo(table(found))


if __name__ == "__main__":
    main()
