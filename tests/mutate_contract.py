"""Breaks each rule of the contract in turn and sees that a test notices.

`python -m tests.mutate_contract [--jobs N] [--only TEXT]`: copies of the project are changed, never
the project itself. The tests are those that `contract_map.toml` names for the rule; they must pass
in the copy as it is, and at least one must fail in the broken one. Ends with 1 when a rule can be
broken unnoticed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue

import click
from tests.contract_map import ROOT, Mutation, Sentence, read_map

#: What a copy needs, so that the tests run in it as they do in the project.
PARTS = ("src", "tests", "docs", "pyproject.toml", ".env.example", "README.md", "CHANGELOG.md")
#: All tests of the map, and those of one sentence.
LONGEST_S, LONGEST_MUTANT_S = 3600, 300
_FAILED = 1
_WIDTH = 60


class End(StrEnum):
    """What became of a mutant."""

    NOTICED = "noticed"
    SURVIVED = "SURVIVED"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One mutation of one sentence."""

    number: int
    sentence: Sentence
    mutation: Mutation

    def __str__(self) -> str:
        text = self.sentence.text
        short = text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
        return f"{self.sentence.section}  {short:<{_WIDTH}}  {self.mutation.file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How it ended, and the end of what pytest said where that is of interest."""

    mutant: Mutant
    end: End
    seconds: float
    said: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit status."""
    options = _options().parse_args(arguments)
    mutants = _mutants(read_map(), options.only.lower())
    if not mutants:
        click.echo(f"no sentence holds {options.only!r}")
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as top:
        copies = [_copy(Path(top) / str(number)) for number in range(max(options.jobs, 1))]
        if not _pass_unbroken(copies, mutants):
            return 1
        results = _run_all(copies, mutants)
    return _tell(results)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutate_contract", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (2)")
    parser.add_argument("--only", default="", metavar="TEXT", help="sentences that hold this text")
    return parser


def _mutants(sentences: Iterable[Sentence], only: str) -> list[Mutant]:
    pairs = [
        (sentence, mutation)
        for sentence in sentences
        for mutation in sentence.mutations
        if only in f"{sentence.section} {sentence.text} {mutation.file}".lower()
    ]
    return [
        Mutant(number=number, sentence=sentence, mutation=mutation)
        for number, (sentence, mutation) in enumerate(pairs, start=1)
    ]


def _copy(target: Path) -> Path:
    leave_out = shutil.ignore_patterns("__pycache__", ".hypothesis")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=leave_out)
        else:
            shutil.copy2(source, target / part)
    return target


def _pass_unbroken(copies: Sequence[Path], mutants: Sequence[Mutant]) -> bool:
    """Whether the mapped tests pass in copies of the project as it is."""
    tests = sorted({test for mutant in mutants for test in mutant.sentence.tests})
    click.echo(f"{len(tests)} tests in the project as it is")
    shares = [tests[number :: len(copies)] for number in range(len(copies))]
    with ThreadPoolExecutor(len(copies)) as pool:
        runs = list(pool.map(_run, copies, filter(None, shares)))
    for run in runs:
        if run.returncode != 0:
            click.echo(run.stdout[-4000:])
            click.echo("the tests do not pass as it is, so they can tell nothing")
            return False
    return True


def _run_all(copies: Sequence[Path], mutants: Sequence[Mutant]) -> list[Result]:
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def run_one(mutant: Mutant) -> Result:
        copy = free.get()
        try:
            result = _try(mutant, copy)
        finally:
            free.put(copy)
        place = f"[{mutant.number:3d}/{len(mutants)}]"
        click.echo(f"{place} {result.end:<8} {result.seconds:5.1f} s  {mutant}")
        return result

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(run_one, mutants))


def _try(mutant: Mutant, copy: Path) -> Result:
    started = time.monotonic()
    file = copy / mutant.mutation.file
    sound = file.read_text()
    file.write_text(mutant.mutation.broken(sound))
    try:
        run = _run(copy, mutant.sentence.tests, LONGEST_MUTANT_S)
    except subprocess.TimeoutExpired:
        return Result(mutant=mutant, end=End.NOTICED, seconds=time.monotonic() - started)
    finally:
        file.write_text(sound)
    # Another status than that of failed tests says nothing of the rule: this is no program.
    end = {0: End.SURVIVED, _FAILED: End.NOTICED}.get(run.returncode, End.BROKEN)
    return Result(mutant=mutant, end=end, seconds=time.monotonic() - started, said=run.stdout)


def _run(
    copy: Path, tests: Sequence[str], longest_s: int = LONGEST_S
) -> subprocess.CompletedProcess[str]:
    options = ["-x", "-q", "--tb=short", "--show-capture=no"]
    plugins = ["-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *plugins, *tests],
        cwd=copy,
        # Bytecode would be kept for a file that changes twice within a second.
        env={**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=longest_s,
    )


def _tell(results: Sequence[Result]) -> int:
    """Print a table of what was not noticed. Returns the exit status."""
    bad = [result for result in results if result.end is not End.NOTICED]
    sentences = {result.mutant.sentence.text for result in results}
    for result in bad:
        click.echo(f"\n{result.end}: {result.mutant}\n  {result.mutant.sentence.text}")
        click.echo(f"  found: {result.mutant.mutation.find!r}")
        click.echo(f"  tests: {', '.join(result.mutant.sentence.tests)}")
        if result.end is End.BROKEN:
            click.echo(result.said[-2000:])
    click.echo(
        f"\n{len(sentences)} sentences, {len(results)} mutants: "
        f"{len(results) - len(bad)} noticed, {len(bad)} not"
    )
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
