"""How a verdict or a measurement is told, and the exit status that it means."""

from __future__ import annotations

import sys

import click

from coverage_gate.adapters.render.json_verdict import to_json_line, verdict_object
from coverage_gate.adapters.render.measurement import measurement_object, measurement_text
from coverage_gate.adapters.render.text_verdict import verdict_text
from coverage_gate.cli.style import terminal_of
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.verdict import Reason, State, Verdict
from coverage_gate.procedure import Place

ALLOWED, FAILED, BAD_USAGE, UNMEASURABLE_CLOSED = 0, 1, 2, 3


def tell_verdict(verdict: Verdict, place: Place, *, output: str) -> int:
    """Print a verdict on stdout, its warnings on stderr. Returns the exit status."""
    for warning in verdict.warnings:
        click.echo(f"coverage-gate: {warning}", err=True)
    if output == "json":
        click.echo(to_json_line(verdict_object(verdict, report=place.report)))
    else:
        shown = terminal_of(sys.stdout)
        click.echo(
            verdict_text(
                verdict, color=shown.color, width=shown.width, ascii_only=shown.ascii_only
            )
        )
        click.echo(f"report: {place.report}")
    return exit_status(verdict)


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
        return _tell_failure(measured, output=output)
    if output == "json":
        click.echo(to_json_line(measurement_object(measured)))
    else:
        click.echo(measurement_text(measured))
    return ALLOWED


def _tell_failure(failure: MeasureFailure, *, output: str) -> int:
    if output == "json":
        facts = {"code": str(failure.code), "message": failure.message}
        click.echo(to_json_line({"schema_version": 1, "percent": None, "failure": facts}))
    else:
        click.echo(f"not measured ({failure.code}): {failure.message}", err=True)
        if failure.output:
            click.echo(failure.output, err=True)
    return FAILED
