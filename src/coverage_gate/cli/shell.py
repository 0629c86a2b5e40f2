"""Runs a program's command line, and turns what breaks into a status."""

from __future__ import annotations

import gc
import io
import os
import select
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import NoReturn

import click

from coverage_gate import __version__
from coverage_gate.boundary import never_raises, visible
from coverage_gate.cli.lazy import EXIT_STATUSES, LazyCommand, LazyGroup

USAGE = 2
BROKEN = 4
INTERRUPTED = 130
READER_GONE = 141

_LINE_LIMIT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command line.

    Attributes:
        name: As it is called.
        summary: What its help begins with.
        table: The commands.
        advice: What to do when a command broke.
        told: Further errors whose text is all that a person needs, and their statuses. It is asked
            when something was raised, so that their modules are loaded no earlier.
        statuses: What its help ends with.
    """

    name: str
    summary: str
    table: Mapping[str, LazyCommand]
    advice: str
    told: Callable[[], Mapping[type[Exception], int]]
    statuses: str = EXIT_STATUSES


def run_program(program: Program, arguments: Sequence[str]) -> int:
    """Run one command line.

    Args:
        program: Which one.
        arguments: Without the program's name.

    Returns:
        The exit status. Nothing is raised but SystemExit.
    """
    for stream in _streams():
        stream.reconfigure(errors="backslashreplace")  # no character breaks a command
    shell = _Shell(program=program)
    guarded = never_raises(shell.tell_breakdown, last=BROKEN, redact=_redact)
    try:
        with _logging(arguments):
            return guarded(shell.dispatch)(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        _give_up_what_cannot_be_written()


def leave(status: int) -> NoReturn:
    """End this process. What is left is not looked through for rubbish: it goes with the process.

    Python would do so three times while it ends, for a fifth of the time of a short command.
    """
    gc.freeze()
    sys.exit(status)


def command_line(program: Program) -> LazyGroup:
    """The group of all commands, without importing any."""
    group = LazyGroup(
        table=program.table,
        name=program.name,
        summary=program.summary,
        callback=_Shell(program=program).warn_of_misspelt_variables,
        statuses=program.statuses,
    )
    return click.version_option(__version__, prog_name=program.name)(group)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """How errors of any command are told, and what status they mean."""

    program: Program

    def dispatch(self, arguments: Sequence[str]) -> int:
        """Run a command line. Returns the exit status; raises what nobody foresaw."""
        try:
            status = command_line(self.program).run(arguments)
            _flush_all()
        except click.ClickException as error:
            _show(error)
            return max(error.exit_code, USAGE)  # click's 1 would mean FAIL
        except click.Abort:
            return INTERRUPTED
        except BrokenPipeError:
            if not _is_reader_gone():
                raise
            return READER_GONE
        except tuple(self._told()) as error:
            return self._tell_error(error)
        return status

    def warn_of_misspelt_variables(self) -> None:
        """Name the variables that look like settings and are none."""
        from coverage_gate.settings import unknown_variables

        for name in unknown_variables():
            self._tell(f"warning: {name} is no setting and is ignored")

    def tell_breakdown(self, description: str) -> int:
        """Tell an error that nobody foresaw. Returns the exit status."""
        self._tell(f"the command broke: {description}")
        self._tell(f"run it again with --debug to see where; {self.program.advice}")
        return BROKEN

    def _told(self) -> Mapping[type[Exception], int]:
        from coverage_gate.ports import RepositoryError, StoreError
        from coverage_gate.settings.errors import SettingsError

        ours = {SettingsError: USAGE, RepositoryError: USAGE, StoreError: BROKEN}
        return {**self.program.told(), **ours}

    def _tell_error(self, error: Exception) -> int:
        from coverage_gate.boundary import log_error

        log_error(error, redact=_redact)
        for line in getattr(error, "problems", (str(error),)):
            self._tell(_redact(line))
        return next(status for kind, status in self._told().items() if isinstance(error, kind))

    def _tell(self, line: str) -> None:
        _say(f"{self.program.name}: {visible(line, limit=_LINE_LIMIT)}")


def _show(error: click.ClickException) -> None:
    """Tell what click knows of; of bad usage it shows how the command is used, too."""
    if isinstance(error, click.UsageError):
        error.show()
    else:
        _say(f"Error: {error.format_message()}")


def _say(sentence: str) -> None:
    from coverage_gate.cli.style import folded

    click.echo(folded(sentence, sys.stderr), err=True)


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


def _redact(text: str) -> str:
    from coverage_gate.boundary import redactor
    from coverage_gate.settings import secret_values

    return redactor(secret_values())(text)


def _logging(arguments: Sequence[str]) -> AbstractContextManager[None]:
    if "--debug" not in arguments:
        return nullcontext()
    from coverage_gate.cli.logs import logging_to_stderr

    return logging_to_stderr(_redact)
