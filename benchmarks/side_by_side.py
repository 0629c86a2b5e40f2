"""The labelled changes as other gates judge them: what they let pass, what they stop.

`python -m benchmarks.side_by_side`: each change of `tests/integration/labelled` has a label that
was written before the rules that judge it. All gates see the same trees, the same lines that ran,
the same git. diff-cover is run; the rule of Codecov is computed as its documentation gives it,
since its server cannot be run here; see `adjusted_base`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import click
from tests.integration.labelled.change import Change
from tests.integration.labelled.changes import CHANGES
from tests.integration.labelled.lab import Lab, build

from coverage_gate.adapters.git.view import open_view
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import State
from coverage_gate.testing.repositories import RepositoryBuilder

#: What teams ask of changed lines most often, and our own default.
PATCH_PERCENT = 90
_FAIL = 1
_SLACK = Fraction(5, 100_000)
_ROW = "{:<44} {:>5} {:>22} {:>20}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One change, ready to be judged.

    Attributes:
        change: With its label.
        evidence: What our gate judges by.
        trees: Its base and its head in `repo`.
        repo: The repository of all changes.
        scratch: For what diff-cover reads.
    """

    change: Change
    evidence: Evidence
    trees: tuple[str, str]
    repo: RepositoryBuilder
    scratch: Path

    @property
    def base_rate(self) -> Fraction:
        """What the head is compared with: the stored baseline, or the base's own rate."""
        stored = self.evidence.baseline
        return stored.rate if stored is not None else Fraction(0)


Gate = Callable[[Case], bool]


def ours(case: Case) -> bool:
    """coverage-gate with its defaults."""
    from coverage_gate.core.decide import decide  # noqa: PLC0415 - one gate among others

    return decide(case.evidence).state is State.PASS


def percentage(case: Case, *, epsilon: Fraction) -> bool:
    """A total that must not fall by more than a tolerance."""
    rate = case.evidence.head.counts.rate
    return rate is None or rate >= case.base_rate - epsilon


def diff_cover(case: Case) -> bool:
    """diff-cover on the lines that ran, as `--fail-under` of the changed lines."""
    case.scratch.joinpath("lcov.info").write_text(lcov(case.evidence.head.files))
    patch = case.repo.git("diff", "--no-ext-diff", *case.trees)
    case.scratch.joinpath("change.diff").write_bytes((patch + "\n").encode("utf-8", "replace"))
    done = subprocess.run(  # noqa: S603 - the interpreter's own module
        [sys.executable, "-m", "diff_cover.diff_cover_tool", "lcov.info",
         "--diff-file", "change.diff", f"--fail-under={PATCH_PERCENT}", "--quiet"],
        cwd=case.scratch,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode not in (0, _FAIL) or "Traceback" in done.stderr:
        raise click.ClickException(f"diff-cover broke on {case.change.name!r}:\n{done.stderr}")
    return done.returncode == 0


def adjusted_base(case: Case) -> bool:
    """Codecov's project status, target auto, threshold 0, `removed_code_behavior: adjust_base`.

    Where the total fell, the lines that the diff removes are taken out of the base first. Hits and
    misses are lines that hold statements; what is within 0.005 points is equal.
    """
    if percentage(case, epsilon=Fraction(0)):
        return True
    base, rate = case.evidence.base, case.evidence.head.counts.rate
    if base is None or rate is None:
        return False
    removed = _removed(case, base)
    left = base.counts.total - removed.total
    return left > 0 and Fraction(base.counts.covered - removed.covered, left) - rate < _SLACK


def _removed(case: Case, base: Measurement) -> Counts:
    """The base's statements on lines that the diff takes away."""
    covered = total = 0
    for diff in case.evidence.diff or ():
        file = base.file(diff.old_path) if diff.old_path else None
        if file is None:
            continue
        gone = {
            line
            for hunk in diff.hunks
            for line in range(hunk.old_start, hunk.old_start + hunk.old_count)
        }
        covered += len(gone.intersection(lines_of(file.executed)))
        total += len(gone.intersection(lines_of(file.statements)))
    return Counts(covered=covered, total=total)


def lcov(files: Iterable[FileCoverage]) -> str:
    """The lines of a measurement in a format that diff-cover reads."""
    rows: list[str] = []
    for file in files:
        ran = set(lines_of(file.executed))
        rows.append(f"SF:{file.path}")
        rows += [f"DA:{line},{int(line in ran)}" for line in lines_of(file.statements)]
        rows.append("end_of_record")
    return "\n".join(rows) + "\n"


GATES: Mapping[str, Gate] = {
    "coverage-gate": ours,
    "total must not fall": lambda case: percentage(case, epsilon=Fraction(0)),
    "total must not fall by 0.5 points": lambda case: percentage(case, epsilon=Fraction(5, 1000)),
    f"diff-cover --fail-under={PATCH_PERCENT}": diff_cover,
    "Codecov project status, adjust_base": adjusted_base,
    f"Codecov adjust_base and diff-cover {PATCH_PERCENT}": lambda case: (
        adjusted_base(case) and diff_cover(case)
    ),
}


def judge_all(cases: Sequence[Case]) -> dict[str, dict[str, bool]]:
    """Gate → name of the change → whether it let it land."""
    judged: dict[str, dict[str, bool]] = {}
    for name, gate in GATES.items():
        click.echo(f"judging {len(cases)} changes: {name}", err=True)
        judged[name] = {case.change.name: gate(case) for case in cases}
    return judged


def table(judged: Mapping[str, Mapping[str, bool]], labels: Mapping[str, bool]) -> str:
    """How often each gate was right, and how it was wrong."""
    good = sum(labels.values())
    lines = [
        f"{len(labels)} labelled changes: {good} may land, {len(labels) - good} must not",
        "",
        _ROW.format("gate", "right", "passed, must not land", "stopped, may land"),
    ]
    for gate, answers in judged.items():
        passed = sum(answers[name] and not label for name, label in labels.items())
        stopped = sum(label and not answers[name] for name, label in labels.items())
        lines.append(_ROW.format(gate, len(labels) - passed - stopped, passed, stopped))
    return "\n".join(lines)


def wrong(judged: Mapping[str, Mapping[str, bool]], labels: Mapping[str, bool]) -> str:
    """Which changes each gate judged wrongly."""
    lines = []
    for gate, answers in judged.items():
        lines.append(f"\n{gate}")
        lines += [
            f"  {'passed ' if answers[name] else 'stopped'}  {name}"
            for name, label in labels.items()
            if answers[name] is not label
        ]
    return "\n".join(lines)


def _cases(folder: Path) -> list[Case]:
    repo = RepositoryBuilder.create(folder / "repo", bare=True)
    trees = build(CHANGES, repo)
    lab = Lab(view=open_view(repo.path, scratch=folder), folder=folder, trees=trees)
    scratch = folder / "scratch"
    RepositoryBuilder.create(scratch)
    return [
        Case(
            change=change,
            evidence=lab.evidence(change),
            trees=(trees[change.name, "base"], trees[change.name, "head"]),
            repo=repo,
            scratch=scratch,
        )
        for change in CHANGES
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison. Returns the exit status: 1 where our own gate is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side_by_side", description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list what each gate judged wrongly")
    parser.add_argument("--output", type=Path, help="write the answers to this JSON file")
    options = parser.parse_args(arguments)
    labels = {change.name: change.passes for change in CHANGES}
    with tempfile.TemporaryDirectory() as folder:
        judged = judge_all(_cases(Path(folder)))
    click.echo(table(judged, labels))
    if options.wrong:
        click.echo(wrong(judged, labels))
    if options.output is not None:
        answers = {"schema": 1, "labels": labels, "passed": judged}
        options.output.write_text(json.dumps(answers, indent=1) + "\n")
    return int(judged["coverage-gate"] != labels)


if __name__ == "__main__":
    sys.exit(main())
