"""`stage-engine resume`."""

from __future__ import annotations

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.options import number_type

EXAMPLES = """\b
Examples:
  stage-engine monitor --status parked
  stage-engine resume 3
"""


@click.command(epilog=EXAMPLES)
@click.argument("task_id", metavar="TASK", type=number_type)
@format_option
def resume(*, task_id: int, output: str) -> int:
    """Let a parked task go on, with all its developer jobs before it again."""
    from stage_engine.cli.output import answer_json, canvas
    from stage_engine.engine import open_engine, resume_task
    from stage_engine.submission import submission_of, submission_text

    engine = open_engine()
    submission = submission_of(engine, resume_task(engine, task_id, host=""))
    if output == "json":
        answer_json(submission)
        return 0
    for line in submission_text(submission):
        click.echo(canvas().plain(line))
    return 0
