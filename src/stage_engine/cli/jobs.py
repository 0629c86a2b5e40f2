"""`stage-engine jobs`."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.options import file_type, number_type, read_input

EXAMPLES = """\b
Examples:
  stage-engine jobs create noop --host build-2
  stage-engine jobs create pipeline --payload task.json
  stage-engine jobs run 7
  stage-engine jobs list --state failed
  stage-engine jobs show 7
  stage-engine jobs logs 7
  stage-engine jobs cancel 7 --reason "not needed"
"""

_job_argument = click.argument("job_id", metavar="JOB", type=number_type)


@click.group(epilog=EXAMPLES)
def jobs() -> None:
    """Create, run, list, show, cancel jobs; read their logs."""


@jobs.command(epilog=EXAMPLES)
@click.argument("template")
@click.option("--host", metavar="NAME", default="", help="The host that has to do it; else any.")
@click.option("--payload", type=file_type, help="A JSON file with what is left open; - for stdin.")
@format_option
def create(*, template: str, host: str, payload: Path | None, output: str) -> int:
    """Queue a job, made from a TEMPLATE."""
    from stage_engine.cli.output import answer_json
    from stage_engine.documents import read_object
    from stage_engine.engine import open_engine
    from stage_engine.jobs import create_job

    content, name = (b"{}", "the job") if payload is None else read_input(payload)
    given = read_object(content, name=name)
    job_id = create_job(open_engine(), template, host=host, given=given, name=name)
    if output == "json":
        answer_json({"job_id": job_id})
    else:
        click.echo(f"job {job_id}; a `stage-engine worker` takes it")
    return 0


@jobs.command(epilog=EXAMPLES)
@_job_argument
@format_option
def run(*, job_id: int, output: str) -> int:
    """Do a pending JOB here and now, also before its time."""
    from coverage_gate.cli.progress import open_progress
    from stage_engine.cli.job_answers import tell_end
    from stage_engine.engine import open_engine
    from stage_engine.foreground import run_one_job

    with open_progress() as progress:
        engine = open_engine(progress=progress)
        state = run_one_job(engine, job_id)
    return tell_end(engine, job_id, state, output=output)


@jobs.command("list", epilog=EXAMPLES)
@click.option("--state", type=click.Choice(["pending", "running", "done", "failed", "cancelled"]))
@click.option("--limit", type=number_type, default=50, show_default=True)
@format_option
def list_(*, state: str | None, limit: int, output: str) -> int:
    """List the newest jobs."""
    from stage_engine.cli.job_answers import tell_jobs
    from stage_engine.engine import open_engine

    return tell_jobs(open_engine(), state=state, limit=limit, output=output)


@jobs.command(epilog=EXAMPLES)
@_job_argument
@format_option
def show(*, job_id: int, output: str) -> int:
    """Show all of one JOB."""
    from stage_engine.cli.job_answers import tell_job
    from stage_engine.engine import open_engine
    from stage_engine.foreground import find_job

    return tell_job(find_job(open_engine(), job_id), output=output)


@jobs.command(epilog=EXAMPLES)
@_job_argument
@format_option
def logs(*, job_id: int, output: str) -> int:
    """Show what a JOB said, attempt by attempt."""
    from stage_engine.cli.job_answers import tell_logs
    from stage_engine.engine import open_engine

    return tell_logs(open_engine(), job_id, output=output)


@jobs.command(epilog=EXAMPLES)
@_job_argument
@click.option("--reason", metavar="TEXT", default="cancelled by a person", help="Kept with it.")
@format_option
def cancel(*, job_id: int, reason: str, output: str) -> int:
    """End a JOB that is pending or running; a running one is stopped by its worker."""
    from stage_engine.cli.output import answer_json
    from stage_engine.engine import open_engine
    from stage_engine.jobs import cancel_job

    cancel_job(open_engine(), job_id, reason=reason)
    if output == "json":
        answer_json({"job_id": job_id, "state": "cancelled"})
    else:
        click.echo(f"job {job_id}: cancelled")
        click.echo("a task that it led stays where it is until it is submitted again")
    return 0
