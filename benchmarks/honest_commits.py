"""`python -m benchmarks.honest_commits`: judge commits that real people made, one after another.

Each commit wants to land on its own parent. Who wrote it did not know the gate, so it is honest:
what the integrity rule says against it, or what the ledger calls hidden, is to be explained.
With `--chain` none is left out, so that the totals of each parent are known from its own verdict,
and the attribution has to explain each difference to the last unit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.stands import BenchmarkError, Stand, Subject, set_up, versions_in
from coverage_gate.clock import SystemClock

_SOURCES = ("*.py", ":!docs")
_LIMIT_S = 1800
_KINDS = ("covered", "uncovered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One commit and its verdict.

    Attributes:
        commit: Its id.
        subject: First line of its message.
        verdict: "PASS", "FAIL", …
        reason: What the gate said.
        failed: The rules that failed → what each said.
        hidden: Number of hidden places.
        covered: Of `total`, on the tree that would land.
        total: Statements and branches.
        counted_as: What such counts can be compared with: tracing core, configuration.
        attribution: Why they are not the parent's.
        gaps: What the work order names: "path:line", "path:line->target".
        lost: Lines that ran on the parent and do not now.
        seconds: Wall time.
        sums: Whether the attribution is the difference to the parent; None where the parent was
            not judged just before.
    """

    commit: str
    subject: str
    verdict: str
    reason: str
    failed: dict[str, str]
    hidden: int
    covered: int | None
    total: int | None
    counted_as: str
    attribution: dict[str, int] | None
    gaps: tuple[str, ...]
    lost: tuple[str, ...]
    seconds: float
    sums: bool | None = None

    @property
    def counts(self) -> tuple[int, int] | None:
        """Covered and total, where it was measured."""
        if self.covered is None or self.total is None:
            return None
        return self.covered, self.total


@click.command(epilog="Example: python -m benchmarks.honest_commits URL --needs freezegun")
@click.argument("source")
@click.option("--commits", default=20, show_default=True, help="How many, the newest first.")
@click.option("--needs", multiple=True, help="What the tests need besides pytest; repeatable.")
@click.option("--install", is_flag=True, help="Install the project in editable mode, as it is now.")
@click.option("--chain", is_flag=True, help="All commits and merges, each on the one before.")
@click.option("--at", default="HEAD", show_default=True, help="The newest commit.")
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(__file__).parent / "results",
    help="Where the JSON goes.  [benchmarks/results]",
)
def main(
    source: str,
    *,
    commits: int,
    needs: tuple[str, ...],
    install: bool,
    chain: bool,
    at: str,
    results: Path,
) -> None:
    """Judge the newest commits of SOURCE, a repository as `git clone` takes it.

    Commits that change no Python file, and merges, are left out, but with --chain.
    """
    chosen = _linked if chain else _newest
    try:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
            subject = Subject(
                title=source, needs=needs, is_installed=install, make=partial(_cloned, source)
            )
            told, versions = _judge_all(
                subject, Path(made).resolve(), partial(chosen, number=commits, at=at)
            )
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error
    click.echo(summary(told))
    click.echo(f"written: {_write(source, told, versions, results)}")


def _judge_all(
    subject: Subject, folder: Path, choose: Callable[[Path], Iterable[str]]
) -> tuple[list[Judged], dict[str, str]]:
    stand = set_up(subject, folder, python=Path(sys.executable))
    told: list[Judged] = []
    for commit in choose(stand.checkout):
        parent = _git(stand.checkout, "rev-parse", f"{commit}^").strip()
        judged = judge(stand, commit)
        if told and told[-1].commit == parent:
            judged = replace(judged, sums=is_explained(_alike(told[-1], judged, stand), judged))
        click.echo(line(judged))
        told.append(judged)
    return told, versions_in(stand.python)


def _alike(parent: Judged, judged: Judged, stand: Stand) -> Judged:
    """The parent as it was measured for this verdict: the configuration is the base's."""
    if parent.counted_as == judged.counted_as:
        return parent
    return judge(stand, parent.commit, base=parent.commit)


def _cloned(source: str, folder: Path) -> None:
    _git(folder.parent, "clone", "-q", "--", source, str(folder))


def _newest(checkout: Path, number: int, at: str) -> Iterator[str]:
    options = ["--no-merges", f"--max-count={number}", "--min-parents=1", "--format=%H"]
    yield from _git(checkout, "log", *options, at, "--", *_SOURCES).split()


def _linked(checkout: Path, number: int, at: str) -> list[str]:
    """The oldest first: each is the parent of the next."""
    options = ["--first-parent", f"--max-count={number}", "--min-parents=1", "--format=%H"]
    return _git(checkout, "log", *options, at).split()[::-1]


def is_explained(parent: Judged, judged: Judged) -> bool | None:
    """Whether the attribution sums to the difference of two verdicts; None: not both have counts.

    By contract, section 4.
    """
    now, before, why = judged.counts, parent.counts, judged.attribution
    if now is None or before is None or why is None:
        return None
    covered = why["new_covered"] + why["gained"] + why["newly_included_covered"]
    covered -= why["deleted_covered"] + why["lost"] + why["newly_excluded_covered"]
    total = sum(why[f"{way}_{kind}"] for way in ("new", "newly_included") for kind in _KINDS)
    total -= sum(why[f"{way}_{kind}"] for way in ("deleted", "newly_excluded") for kind in _KINDS)
    return (now[0] - before[0], now[1] - before[1]) == (covered, total)


def judge(stand: Stand, commit: str, *, base: str | None = None) -> Judged:
    """Run the gate's command line on a commit and where it wants to land.

    Args:
        stand: The project.
        commit: What is judged.
        base: Where it wants to land; its parent when missing.

    Raises:
        BenchmarkError: If it gives no verdict.
    """
    started = time.monotonic()
    where = ["--repo", str(stand.checkout), "--branch", commit, "--base", base or f"{commit}^"]
    keep = ["--db", str(stand.scratch / "store.db"), "--reports", str(stand.scratch / "reports")]
    done = subprocess.run(  # noqa: S603 - a list of arguments that this program made
        [sys.executable, "-m", "coverage_gate", "check", *where, *keep, "--format", "json"],
        env={**stand.env, "ORCH_COVERAGE_PYTHON": str(stand.python)},
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    if not done.stdout.strip():
        raise BenchmarkError(f"no verdict on {commit}: {done.stderr.strip()[-1000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return judged_of(
        answer,
        commit=commit,
        subject=_git(stand.checkout, "log", "-1", "--format=%s", commit).strip(),
        seconds=round(time.monotonic() - started, 1),
    )


def judged_of(answer: dict[str, Any], *, commit: str, subject: str, seconds: float) -> Judged:
    """A verdict as the command line told it, in short."""
    rules = [rule for rule in answer["rules"] if rule["outcome"] == "FAIL"]
    return Judged(
        commit=commit,
        subject=subject,
        verdict=answer["verdict"],
        reason=answer["reason"],
        failed={rule["rule"]: rule["detail"] for rule in rules},
        hidden=len(answer["hidden"] or ()),
        covered=answer["covered"],
        total=answer["total"],
        counted_as=f"{answer['kind']} {answer['scope']}",
        attribution=answer["attribution"],
        gaps=tuple(_gaps(answer["repair"] or {})),
        lost=tuple(f"{each['path']}:{each['line']}" for each in answer["lost"] or ()),
        seconds=seconds,
    )


def _gaps(repair: dict[str, Any]) -> Iterator[str]:
    for gap in repair.get("gaps") or ():
        for first, last in gap["lines"]:
            yield f"{gap['path']}:{first}" + (f"-{last}" if last != first else "")
        for line, target in gap["branches"]:
            yield f"{gap['path']}:{line}->{target}"


def line(judged: Judged) -> str:
    """One commit for people; what failed is below it."""
    head = f"{judged.commit[:9]} {judged.verdict:<5} {judged.seconds:5.1f} s  {judged.subject}"
    told = [f"          {rule}: {detail}" for rule, detail in judged.failed.items()]
    if not told and judged.verdict != "PASS":
        told = [f"          {judged.reason}"]
    hidden = [f"          hidden: {judged.hidden} places"] if judged.hidden else []
    sums = ["          the attribution does not sum"] if judged.sums is False else []
    return "\n".join([head, *told, *hidden, *sums])


def summary(told: Sequence[Judged]) -> str:
    """How many passed, and how often each rule failed."""
    verdicts = Counter(judged.verdict for judged in told)
    rules = Counter(rule for judged in told for rule in judged.failed)
    hidden = sum(judged.hidden > 0 for judged in told)
    checked = [judged.sums for judged in told if judged.sums is not None]
    parts = [f"{number} {verdict}" for verdict, number in sorted(verdicts.items())]
    failed = [f"{rule} {number}" for rule, number in sorted(rules.items())]
    return (
        f"{len(told)} commits: {', '.join(parts)}; failed rules: {', '.join(failed) or 'none'}; "
        f"integrity alarms: {rules['integrity']}; with hidden lines: {hidden}; "
        f"sums: {checked.count(True)} of {len(checked)} hold"
    )


def _write(source: str, told: Sequence[Judged], versions: dict[str, str], results: Path) -> Path:
    results.mkdir(parents=True, exist_ok=True)
    stamp = SystemClock().now_iso().replace("-", "").replace(":", "").partition(".")[0]
    name = Path(source.rstrip("/")).name.removesuffix(".git")
    target = results / f"honest-{name}-{stamp}.json"
    # The messages name people: the id tells enough.
    commits = [{**asdict(judged), "subject": None} for judged in told]
    fields = {"versions": versions, "commits": commits}
    target.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    return target


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - git with the arguments of this program
        ["git", *arguments],  # noqa: S607 - as the person's own git
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"git {arguments[0]} failed: {done.stderr.strip()[-1000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
