"""Entry of `coverage-gate`: finds the command, runs it, and turns what breaks into a status."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import click

from coverage_gate import __version__
from coverage_gate.boundary import never_raises, visible
from coverage_gate.cli.lazy import LazyCommand, LazyGroup

PROGRAM = "coverage-gate"

USAGE = 2
BROKEN = 4
INTERRUPTED = 130
READER_GONE = 141

_LINE_LIMIT = 2000

TABLE = {
    "check": LazyCommand(
        target="coverage_gate.cli.check:check",
        short_help="Judge a branch as it would land in its base.",
    ),
    "measure": LazyCommand(
        target="coverage_gate.cli.measure:measure",
        short_help="Measure the coverage of a branch.",
    ),
    "report": LazyCommand(
        target="coverage_gate.cli.report:report",
        short_help="Show the report of a work item.",
    ),
    "ratchet": LazyCommand(
        target="coverage_gate.cli.ratchet:ratchet",
        short_help="Raise the baseline after a merge.",
    ),
    "baseline": LazyCommand(
        target="coverage_gate.cli.baseline:baseline",
        short_help="Show baselines, or set one with actor and reason.",
    ),
    "doctor": LazyCommand(
        target="coverage_gate.cli.doctor:doctor",
        short_help="Find out what keeps the gate from working here.",
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


def main() -> None:
    """Run the command line of this process; always ends in SystemExit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], *, table: Mapping[str, LazyCommand] = TABLE) -> int:
    """Run one command line.

    Args:
        arguments: Without the program's name.
        table: The commands.

    Returns:
        The exit status; see `lazy.EXIT_STATUSES`. Nothing is raised but SystemExit.
    """
    for stream in _streams():
        stream.reconfigure(errors="backslashreplace")  # no character breaks a command
    guarded = never_raises(_tell_breakdown, last=BROKEN, redact=_redact)
    try:
        with _logging(arguments):
            return guarded(_dispatch)(arguments, table)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        _give_up_what_cannot_be_written()


def command_line(table: Mapping[str, LazyCommand]) -> LazyGroup:
    """The group of all commands, without importing any."""
    group = LazyGroup(table=table, name=PROGRAM, summary=HELP, callback=_warn_of_misspelt_variables)
    return click.version_option(__version__, prog_name=PROGRAM)(group)


def _dispatch(arguments: Sequence[str], table: Mapping[str, LazyCommand]) -> int:
    try:
        status = command_line(table).run(arguments)
        _flush_all()
    except click.ClickException as error:
        error.show()
        return max(error.exit_code, USAGE)  # click's 1 would mean FAIL
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        if not _is_reader_gone():
            raise
        return READER_GONE
    except _told_errors() as error:
        return _tell_error(error)
    return status


def _streams() -> list[io.TextIOWrapper]:
    """Standard output and error, as far as they are open and of the usual kind."""
    both = (sys.stdout, sys.stderr)
    return [each for each in both if isinstance(each, io.TextIOWrapper) and not each.closed]


def _flush_all() -> None:
    for stream in _streams():
        stream.flush()


def _is_reader_gone() -> bool:
    """Whether nobody reads our output any more, as in `coverage-gate … | head -1`."""
    poll = select.poll()
    for stream in _streams():
        poll.register(stream, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _give_up_what_cannot_be_written() -> None:
    """Without this Python would try once more at its end, complain, and exit with status 120."""
    for stream in _streams():
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _warn_of_misspelt_variables() -> None:
    from coverage_gate.settings import unknown_variables

    for name in unknown_variables():
        _tell(f"warning: {name} is no setting and is ignored")


def _told_errors() -> tuple[type[Exception], ...]:
    """The errors whose text is all that a person needs; imported when something was raised."""
    from coverage_gate.adapters.report_files import ReportError
    from coverage_gate.ports import RepositoryError, StoreError
    from coverage_gate.settings.errors import SettingsError

    return SettingsError, RepositoryError, StoreError, ReportError


def _tell_error(error: Exception) -> int:
    from coverage_gate.boundary import log_error
    from coverage_gate.ports import StoreError

    log_error(error, redact=_redact)
    for line in getattr(error, "problems", (str(error),)):
        _tell(_redact(line))
    return BROKEN if isinstance(error, StoreError) else USAGE


def _tell_breakdown(description: str) -> int:
    _tell(f"the command broke: {description}")
    _tell("run it again with --debug to see where; `coverage-gate doctor` looks for causes")
    return BROKEN


def _tell(line: str) -> None:
    click.echo(f"{PROGRAM}: {visible(line, limit=_LINE_LIMIT)}", err=True)


def _redact(text: str) -> str:
    from coverage_gate.boundary import redactor
    from coverage_gate.settings import secret_values

    return redactor(secret_values())(text)


def _logging(arguments: Sequence[str]) -> AbstractContextManager[None]:
    if "--debug" not in arguments:
        return nullcontext()
    from coverage_gate.cli.logs import logging_to_stderr

    return logging_to_stderr(_redact)
