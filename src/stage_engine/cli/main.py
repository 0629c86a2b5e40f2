"""Entry of `stage-engine`: which commands there are."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from coverage_gate.cli.lazy import LazyCommand
from coverage_gate.cli.shell import Program, leave, run_program

STATUSES = """\b
Exit status:
  0    the command did what it was asked, and the run or job came through
  1    a run or job did not come through, or there is no such run, job or task
  2    usage, settings, or something given that cannot be used
  4    the command itself broke
  130  interrupted
"""


def _command(name: str, short_help: str) -> LazyCommand:
    target = f"stage_engine.cli.{name.replace('-', '_')}:{name.replace('-', '_')}"
    return LazyCommand(target=target, short_help=short_help)


TABLE = {
    "submit": _command("submit", "Give a branch to the pipeline."),
    "resume": _command("resume", "Let a parked task go on."),
    "run": _command("run", "Run a pipeline here and now."),
    "monitor": _command("monitor", "Show runs, or one of them in detail."),
    "worker": _command("worker", "Take jobs and do them, until asked to stop."),
    "jobs": _command("jobs", "Create, run, list, show, cancel jobs; read their logs."),
    "definitions": _command("definitions", "Keep definitions of pipelines."),
    "templates": _command("templates", "Keep templates of jobs."),
    "hosts": _command("hosts", "Keep the names of hosts."),
    "queue": _command("queue", "Show tasks, leases, jobs and coverage at once."),
    "serve": _command("serve", "Answer over HTTP: queue, reports, metrics, baseline."),
    "plan": _command("plan", "Show the sub-gates in the order in which they run."),
    "cleanup": _command("cleanup", "Remove worktrees and scratch folders that nobody needs."),
    "demo": _command("demo", "See it work on a small repository."),
    "sample-data": _command("sample-data", "Make something to look at."),
}

HELP = """Lead tasks through their stages, and merge them only when every gate says so.

\b
Examples:
  stage-engine sample-data
  stage-engine run SAMPLE-1
  stage-engine submit --repo shop --work-item ET-7 --branch feature/x
  stage-engine worker --drain
  stage-engine monitor
"""


def _told() -> Mapping[type[Exception], int]:
    from stage_engine.errors import InputError, NotFoundError
    from stage_engine.tasks import TaskError, UnknownTaskError

    return {UnknownTaskError: 1, NotFoundError: 1, TaskError: 2, InputError: 2}


PROGRAM = Program(
    name="stage-engine",
    summary=HELP,
    table=TABLE,
    statuses=STATUSES,
    advice="`coverage-gate doctor` looks for causes",
    told=_told,
)


def main() -> None:
    """Run the command line of this process; always ends in SystemExit."""
    leave(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Args:
        arguments: Without the program's name.

    Returns:
        The exit status; see `STATUSES`. Nothing is raised but SystemExit.
    """
    return run_program(PROGRAM, arguments)
