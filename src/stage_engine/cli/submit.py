"""`stage-engine submit` and what it answers."""

from __future__ import annotations

import click

from coverage_gate.cli.options import format_option

EXAMPLES = """\b
Examples:
  stage-engine submit --repo shop --work-item ET-7 --branch feature/x
  stage-engine submit --repo shop --work-item ET-8 --branch y --format json
"""


@click.command(epilog=EXAMPLES)
@click.option("--repo", metavar="NAME", required=True, help="A folder in ORCH_REPOS_DIR.")
@click.option("--work-item", metavar="ID", required=True, help="Its name in the tracker.")
@click.option("--branch", metavar="BRANCH", required=True, help="Where its commits are or will be.")
@click.option("--title", metavar="TEXT", default="", help="What it is about.")
@click.option("--trace-id", metavar="ID", default="", help="The run's name in other systems' logs.")
@click.option("--host", metavar="NAME", default="", help="The host that has to begin with it.")
@format_option
def submit(
    *,
    repo: str,
    work_item: str,
    branch: str,
    title: str,
    trace_id: str,
    host: str,
    output: str,
) -> int:
    """Give a branch to the pipeline: a task, its run, and a job for a worker.

    The same work item again is the same task; one that waits is looked at again.
    """
    from stage_engine import catalogue
    from stage_engine.cli.output import answer_json, canvas
    from stage_engine.engine import open_engine, submit_task
    from stage_engine.payloads import payload_of
    from stage_engine.submission import submission_of, submission_text

    engine = open_engine()
    given = {"repo": repo, "work_item": work_item, "branch": branch, "trace_id": trace_id}
    asked = payload_of({**given, "title": title}, name="submit")
    with engine.store.reading() as rows:
        catalogue.check_host(rows, host)
    task = submit_task(
        engine,
        repo=asked.repo,
        work_item=asked.work_item,
        branch=asked.branch,
        title=asked.title,
        trace_id=asked.trace_id,
        host=host,
    )
    submission = submission_of(engine, task)
    if output == "json":
        answer_json(submission)
        return 0
    for line in submission_text(submission):
        click.echo(canvas().plain(line))
    return 0
