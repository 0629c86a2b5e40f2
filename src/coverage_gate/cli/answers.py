"""How a verdict or a measurement is told, and the exit status that it means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.adapters.render.printable import TEXT_LIMIT, block, one_line
from coverage_gate.adapters.report_files import ReportError, write_report
from coverage_gate.cli.faces import shown, written
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.verdict import Reason, State, Verdict
from coverage_gate.settings import step_summary

if TYPE_CHECKING:
    from coverage_gate.core.picture import PictureFile

ALLOWED, FAILED, BAD_USAGE, UNMEASURABLE_CLOSED, BROKEN = 0, 1, 2, 3, 4


def tell_verdict(
    verdict: Verdict, *, report: Path | None, output: str, picture: Sequence[PictureFile] = ()
) -> int:
    """Print a verdict on stdout, its warnings on stderr. Returns the exit status.

    Args:
        verdict: The answer.
        report: Where its report is; None where none was written.
        output: A name in `faces.FACES`.
        picture: The lines of the change, for a format that shows them.
    """
    if verdict.code is Reason.BAD_REQUEST and output == "text":
        # A mistake in the call is told as any other: nothing was judged.
        click.echo(f"coverage-gate: {one_line(verdict.reason, limit=TEXT_LIMIT)}", err=True)
        return exit_status(verdict)
    for warning in verdict.warnings:
        click.echo(f"coverage-gate: {one_line(warning, limit=TEXT_LIMIT)}", err=True)
    # Whether there are colours was asked of the terminal: click would take forced ones away.
    click.echo(shown(verdict, report=report, output=output, picture=picture), color=True)
    return exit_status(verdict)


def write_faces(
    verdict: Verdict,
    files: Sequence[tuple[str, Path]],
    *,
    report: Path | None,
    picture: Sequence[PictureFile] = (),
) -> None:
    """Write a verdict to files, each in its format and whole or not at all.

    Raises:
        ReportError: When one cannot be written; those before it are.
    """
    for output, path in files:
        text = written(verdict, report=report, output=output, picture=picture)
        write_report(path.absolute(), text)


def add_step_summary(verdict: Verdict, outputs: Iterable[str]) -> None:
    """Give GitHub its step summary, where it asks for one and is told the verdict at all.

    It is an extra: that it cannot be written is told, and changes no answer.
    """
    path = step_summary() if "github" in outputs else None
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8") as summary:
            summary.write(written(verdict, report=None, output="markdown"))
    except OSError as error:
        why = one_line(f"no step summary: {error}", limit=TEXT_LIMIT)
        click.echo(f"coverage-gate: {why}", err=True)


def tell_unreported(verdict: Verdict, error: ReportError, *, output: str) -> int:
    """Tell a verdict whose report could not be written: without it nothing can be merged.

    Returns:
        The status of a FAIL, else that of a command that broke.
    """
    told = replace(verdict, warnings=(*verdict.warnings, str(error)))
    status = tell_verdict(told, report=None, output=output)
    return status if status == FAILED else BROKEN


def exit_status(verdict: Verdict) -> int:
    """0 merge allowed, 1 FAIL, 2 a request that names nothing, 3 UNMEASURABLE fail-closed."""
    if verdict.merge_allowed:
        return ALLOWED
    if verdict.code is Reason.BAD_REQUEST:
        return BAD_USAGE
    return UNMEASURABLE_CLOSED if verdict.state is State.UNMEASURABLE else FAILED


def tell_measurement(measured: Measurement | MeasureFailure, *, output: str) -> int:
    """Print a measurement, or why there is none. Returns the exit status."""
    if isinstance(measured, MeasureFailure):
        return tell_failure(measured, output=output)
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.measurement import measurement_object, measurement_text

    if output == "json":
        click.echo(to_json_line(measurement_object(measured)))
    else:
        click.echo(measurement_text(measured))
    return ALLOWED


def tell_failure(failure: MeasureFailure, *, output: str) -> int:
    """Print why there is no measurement. Returns the exit status."""
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.measurement import failure_object

    if output == "json":
        click.echo(to_json_line(failure_object(failure)))
    else:
        message = one_line(failure.message, limit=TEXT_LIMIT)
        click.echo(f"not measured ({failure.code}): {message}", err=True)
        if failure.output:
            click.echo(block(failure.output), err=True)
    return FAILED
