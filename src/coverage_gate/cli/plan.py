"""`coverage-gate plan`: what raises files to their targets, task by task, and what is done."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.cli.options import (
    base_option,
    db_option,
    policy_options,
    repo_option,
    targets_option,
)
from coverage_gate.cli.targets import read_targets

if TYPE_CHECKING:
    from coverage_gate.core.measurement import MeasureFailure, Measurement
    from coverage_gate.core.plan import FileDone, Record
    from coverage_gate.core.targets import Target
    from coverage_gate.settings import Settings
    from coverage_gate.surveying import Survey, Wanted

EXAMPLES = """\b
Examples:
  coverage-gate plan --target '*/management/commands/*.py=100:branch' --output coverage-plan.md
  coverage-gate plan --check coverage-plan.md --task 3
  coverage-gate plan --check coverage-plan.md
  coverage-gate plan --tiers --output tiers.md
"""
_LONGEST = 1000
#: What pytest says of a test that was named and is nowhere, and of its file.
_NOT_THERE = ("ERROR: not found: ", "ERROR: file or directory not found: ")
#: Where a plan lies if nobody says otherwise.
DEFAULT = "coverage-plan.md"


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--branch", metavar="B", help="What to plan for.  [default: what is checked out]")
@base_option
@targets_option
@click.option("--tiers", is_flag=True, help="Plan the whole code base, in bands and phases.")
@click.option(
    "--check",
    "plan_file",
    metavar="[FILE]",
    is_flag=False,
    flag_value=DEFAULT,
    help=f"Measure what of a plan is done, and tick it off.  [{DEFAULT}]",
)
@click.option("--task", type=click.IntRange(min=1), help="With --check: one task, by its test.")
@click.option("--file", "only", metavar="PATH", help="With --check: one file of the plan.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    show_default=True,
    help="How to answer.",
)
@click.option("--output", "target_file", metavar="FILE", help="Write it to a file.")
@db_option
@policy_options
def plan(
    *,
    repo: Path,
    branch: str | None,
    targets: Sequence[str],
    tiers: bool,
    plan_file: str | None,
    task: int | None,
    only: str | None,
    output: str,
    target_file: str | None,
    **flags: str | None,
) -> int:
    """Plan the tests that raise files to their targets, one task each.

    Each task names lines and branches that no test runs, what has to be so for them to run, what
    leaves the process on the way, where the test goes and how it begins. With --tiers all files
    are planned for, in bands of how much is covered, with what is true after each phase. What was
    measured before is reused.

    With --check the work tree is measured as it stands, committed or not: the exit status is 1
    until the task runs all of its lines, or the files reach their targets.
    """
    if plan_file is not None:
        return _check(repo, Path(plan_file), task=task, only=only, output=output, flags=flags)
    if task is not None or only is not None:
        raise click.UsageError("--task and --file belong to --check")
    from coverage_gate.cli.answers import tell_failure
    from coverage_gate.core.measurement import MeasureFailure

    wanted = _every_path if tiers else _paths_with_gaps
    found = _surveyed(repo, branch or "HEAD", read_targets(targets), wanted, flags)
    if isinstance(found, MeasureFailure):
        return tell_failure(found, output="text")
    tell = _tell_tiers if tiers else _tell_plan
    return tell(found, output=output, target_file=target_file)


def _surveyed(
    repo: Path,
    head: str,
    targets: tuple[Target, ...],
    wanted: Wanted,
    flags: Mapping[str, str | None],
) -> Survey | MeasureFailure:
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.progress import open_progress
    from coverage_gate.surveying import survey

    with open_progress() as progress:
        return survey(
            reader(flags),
            repo,
            head=head,
            base=flags["base"] or "",
            targets=targets,
            wanted=wanted,
            with_tests=wanted is _paths_with_gaps,
            progress=progress,
        )


def _tell_plan(found: Survey, *, output: str, target_file: str | None) -> int:
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.plan import plan_markdown
    from coverage_gate.adapters.render.plan_record import plan_object
    from coverage_gate.core.planning import plan_of

    made = plan_of(found.measured, found.settings.targets, found.material)
    name = target_file or DEFAULT
    text = to_json_line(plan_object(made)) if output == "json" else plan_markdown(made, name=name)
    _write(text, target_file)
    short = [file.path for file in made.files if not file.reaches]
    for path in short:
        click.echo(f"coverage-gate: the plan does not suffice for {path!r}", err=True)
    return 1 if short or made.unmeasured else 0


def _tell_tiers(found: Survey, *, output: str, target_file: str | None) -> int:
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.tiers import tiers_markdown, tiers_object
    from coverage_gate.core.tiers import tiers_of

    made = tiers_of(found.measured, found.material.texts, found.settings.targets)
    text = to_json_line(tiers_object(made)) if output == "json" else tiers_markdown(made)
    _write(text, target_file)
    return 0


def _paths_with_gaps(measured: Measurement, settings: Settings) -> tuple[str, ...]:
    from coverage_gate.core.planning import wanted_paths

    return wanted_paths(measured, settings.targets)


def _every_path(measured: Measurement, settings: Settings) -> tuple[str, ...]:
    from coverage_gate.core.opportunities import demand_functions
    from coverage_gate.surveying import measured_paths

    paths = measured_paths(measured, settings.targets, ())
    demand_functions(measured)
    return paths


def _write(text: str, target_file: str | None) -> None:
    from coverage_gate.adapters.report_files import write_report

    if target_file is None:
        click.echo(text)
    else:
        write_report(Path(target_file).absolute(), text + "\n")


def _check(
    repo: Path,
    plan_file: Path,
    *,
    task: int | None,
    only: str | None,
    output: str,
    flags: Mapping[str, str | None],
) -> int:
    from coverage_gate.adapters.render.plan import ticked
    from coverage_gate.adapters.render.plan_record import read_plan
    from coverage_gate.cli.answers import FAILED
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.progress import open_progress
    from coverage_gate.core.measurement import MeasureFailure
    from coverage_gate.core.plan import narrowed
    from coverage_gate.surveying import plan_progress

    text = _read(plan_file)
    record = narrowed(read_plan(text), only)
    with open_progress() as progress:
        found = plan_progress(reader(flags), repo, record, task=task, progress=progress)
    if isinstance(found, MeasureFailure):
        return _tell_unmeasured(found, record, task)
    done, measured = found
    if measured.tests.exit_status != 0:
        _tell_failing(measured.tests.failed)
        return FAILED
    if plan_file.suffix == ".md":
        _write(ticked(text, done, is_whole=task is None).rstrip("\n"), str(plan_file))
    _tell_progress(done, task, output)
    return 0 if _is_done(done, task) else FAILED


def _tell_progress(done: Sequence[FileDone], task: int | None, output: str) -> None:
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.plan import progress_object, progress_text

    if output == "json":
        click.echo(to_json_line(progress_object(done)))
    else:
        click.echo(progress_text(done, is_alone=task is not None))


def _tell_unmeasured(failure: MeasureFailure, record: Record, task: int | None) -> int:
    """A task whose test is not there yet is not begun; all else is the failure that it is."""
    from coverage_gate.cli.answers import tell_failure

    if task is not None and any(each in failure.output for each in _NOT_THERE):
        return _tell_unwritten(record, task)
    return tell_failure(failure, output="text")


def _tell_unwritten(record: Record, task: int) -> int:
    from coverage_gate.boundary import visible
    from coverage_gate.cli.answers import FAILED
    from coverage_gate.surveying import promised_test

    name = visible(promised_test(record, task), limit=_LONGEST)
    text = f"task {task} is not begun: there is no {name}; write it as the plan says"
    click.echo(f"coverage-gate: {text}, under this name", err=True)
    return FAILED


def _is_done(files: Iterable[FileDone], task: int | None) -> bool:
    """Whether the files reach their targets; of one task, whether it is done."""
    if task is None:
        return all(file.is_reached for file in files)
    return all(each.is_done for file in files for each in file.tasks)


def _tell_failing(failed: Iterable[str]) -> None:
    from coverage_gate.boundary import visible

    names = sorted(failed)[:3]
    tests = visible(shlex.join(names), limit=_LONGEST)
    why = f"{tests}; see why: python -m pytest {tests}" if names else "see their output"
    click.echo(f"coverage-gate: tests fail: {why}", err=True)


def _read(plan_file: Path) -> str:
    try:
        return plan_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = f"{plan_file} cannot be read as a plan: {error}. Write one by --output."
        raise click.UsageError(problem) from None
