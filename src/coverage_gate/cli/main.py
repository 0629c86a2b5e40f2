"""Entry of `coverage-gate`: which commands there are."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import FrameType

from coverage_gate.cli.lazy import LazyCommand
from coverage_gate.cli.shell import USAGE, Program, leave, run_program

TABLE = {
    "check": LazyCommand(
        target="coverage_gate.cli.check:check",
        short_help="Judge a branch as it would land in its base.",
    ),
    "diff": LazyCommand(
        target="coverage_gate.cli.diff:diff",
        short_help="Judge new and modified lines: a branch, the index, or the files.",
    ),
    "run": LazyCommand(
        target="coverage_gate.cli.run:run",
        short_help="Run the tests that matter here and now, show what they leave out.",
    ),
    "measure": LazyCommand(
        target="coverage_gate.cli.measure:measure",
        short_help="Measure the coverage of a branch.",
    ),
    "explain": LazyCommand(
        target="coverage_gate.cli.explain:explain",
        short_help="Say why a line or a file is covered, lost or hidden.",
    ),
    "plan": LazyCommand(
        target="coverage_gate.cli.plan:plan",
        short_help="Plan the tests that raise files to their targets.",
    ),
    "analyze": LazyCommand(
        target="coverage_gate.cli.analyze:analyze",
        short_help="List the files to raise first, and how.",
    ),
    "report": LazyCommand(
        target="coverage_gate.cli.report:report",
        short_help="Show the report of a work item.",
    ),
    "verify": LazyCommand(
        target="coverage_gate.cli.verify:verify",
        short_help="Check a report again: signature, commit, limits, store.",
    ),
    "ratchet": LazyCommand(
        target="coverage_gate.cli.ratchet:ratchet",
        short_help="Raise the baseline after a merge.",
    ),
    "baseline": LazyCommand(
        target="coverage_gate.cli.baseline:baseline",
        short_help="Show baselines, or set one with actor and reason.",
    ),
    "notify": LazyCommand(
        target="coverage_gate.cli.notify:notify",
        short_help="Deliver what waits to be told, or show it.",
    ),
    "post": LazyCommand(
        target="coverage_gate.cli.post:post",
        short_help="Show a verdict of another job as comment and status.",
    ),
    "reopen": LazyCommand(
        target="coverage_gate.cli.reopen:reopen",
        short_help="Open the gate again after tool errors.",
    ),
    "waive": LazyCommand(
        target="coverage_gate.cli.waive:waive",
        short_help="Allow lines or tests once, list or revoke what is allowed.",
    ),
    "flaky": LazyCommand(
        target="coverage_gate.cli.flaky:flaky",
        short_help="Find and list lines of main that run by chance.",
    ),
    "contexts": LazyCommand(
        target="coverage_gate.cli.contexts:contexts",
        short_help="Find out which tests run which lines of main.",
    ),
    "init": LazyCommand(
        target="coverage_gate.cli.init:init",
        short_help="Show, then write: configuration, hooks, workflow files.",
    ),
    "history": LazyCommand(
        target="coverage_gate.cli.history:history",
        short_help="Show what coverage was, check whether it fell, import and export.",
    ),
    "trend": LazyCommand(
        target="coverage_gate.cli.trend:trend",
        short_help="Draw the history of a branch: table, picture or page.",
    ),
    "redteam": LazyCommand(
        target="coverage_gate.cli.redteam:redteam",
        short_help="Attack this host from inside of the cage of test runs.",
    ),
    "doctor": LazyCommand(
        target="coverage_gate.cli.doctor:doctor",
        short_help="Find out what keeps the gate from working here.",
    ),
    "agent-hook": LazyCommand(
        target="coverage_gate.cli.agent_hook:agent_hook",
        short_help="Answer a hook of a coding agent.",
    ),
    "completion": LazyCommand(
        target="coverage_gate.cli.completion:completion",
        short_help="Print what completes commands in bash, zsh or fish.",
    ),
    "serve": LazyCommand(
        target="coverage_gate.cli.serve:serve",
        short_help="Answer over HTTP: queue, reports, metrics, baseline.",
    ),
    "config": LazyCommand(
        target="coverage_gate.cli.config:config",
        short_help="Show the settings and where each comes from.",
    ),
}

HELP = """Judge the test coverage of branches before they land.

\b
Examples:
  coverage-gate doctor
  coverage-gate check --branch feature/x --base main
  coverage-gate check --branch feature/x --base main --format json
  coverage-gate config show --origin
"""


def _told() -> Mapping[type[Exception], int]:
    from coverage_gate.adapters.report_files import ReportError
    from coverage_gate.core.explanation import NoSuchPlaceError
    from coverage_gate.core.history import HistoryError
    from coverage_gate.core.plan import PlanError

    ours = (ReportError, NoSuchPlaceError, PlanError, HistoryError)
    return dict.fromkeys(ours, USAGE)


PROGRAM = Program(
    name="coverage-gate",
    summary=HELP,
    table=TABLE,
    advice="`coverage-gate doctor` looks for causes",
    told=_told,
)


#: New objects before rubbish is looked for. A command ends soon and keeps most of what it makes:
#: looking as often as by default costs a twelfth of its time. A verdict for a tree that is known
#: makes more than half as many.
_BEFORE_RUBBISH = 250_000
_NO_PLUGINS = ("PYDANTIC_DISABLE_PLUGINS", "__all__")


def main() -> None:
    """Run the command line of this process; always ends in SystemExit."""
    gc.set_threshold(_BEFORE_RUBBISH)
    # Else pydantic reads what all installed packages offer, to let its plugins into our settings.
    os.environ.setdefault(*_NO_PLUGINS)  # noqa: TID251 - said to a library, nothing is read
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    leave(run(sys.argv[1:]))


def _end(number: int, frame: FrameType | None) -> None:
    """End as Control-C does: what runs is stopped, private folders are removed."""
    del frame
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def run(arguments: Sequence[str], *, table: Mapping[str, LazyCommand] = TABLE) -> int:
    """Run one command line.

    Args:
        arguments: Without the program's name.
        table: The commands.

    Returns:
        The exit status; see `lazy.EXIT_STATUSES`. Nothing is raised but SystemExit.
    """
    return run_program(replace(PROGRAM, table=table), arguments)
