"""A group whose commands are imported when they are called, not when their names are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from importlib import import_module

import click

EXIT_STATUSES = """\b
Exit status:
  0    the merge is allowed, or the command did what it was asked
  1    FAIL, or a check of the doctor failed
  2    usage or settings
  3    UNMEASURABLE under fail-closed
  4    the command itself broke
  130  interrupted
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LazyCommand:
    """A command that is not imported yet.

    Attributes:
        target: "module:attribute".
        short_help: What the list of commands says.
    """

    target: str
    short_help: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


class LazyGroup(click.Group):
    """Lists names from a table and imports a command only to run it or to show its own help."""

    def __init__(
        self,
        *,
        name: str,
        summary: str,
        table: Mapping[str, LazyCommand],
        callback: Callable[[], None],
        statuses: str = EXIT_STATUSES,
    ) -> None:
        # The stand-ins let click list the names and find the nearest one to a misspelt command.
        stand_ins = {
            known: click.Command(known, short_help=lazy.short_help) for known, lazy in table.items()
        }
        super().__init__(
            name=name, help=summary, commands=stand_ins, callback=callback, epilog=statuses
        )
        self.table = table
        self.statuses = statuses
        self.params = [*self.params, debug_option()]

    def run(self, arguments: Sequence[str]) -> int:
        """Run a command line; unlike click's `main` it leaves every error to the caller.

        That one would leave with status 1, which means FAIL here, when the reader of the output
        is gone.

        Returns:
            The exit status: what the command returned, 0 for None.
        """
        name = str(self.name)
        self._main_shell_completion({}, name)
        try:
            with self.make_context(name, [*arguments]) as ctx:
                answer = self.invoke(ctx)
        except click.exceptions.Exit as wish:
            return wish.exit_code
        return answer if isinstance(answer, int) else 0

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now; None for an unknown name."""
        del ctx
        lazy = self.table.get(cmd_name)
        return None if lazy is None else finished(lazy.load(), self.statuses)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write names and short helps without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.short_help) for name, lazy in self.table.items()])


def debug_option() -> click.Option:
    """`--debug`, which `main` looks for by itself; here it is parsed and listed in the help."""
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, help="Show the traceback of a breakdown."
    )


def finished(command: click.Command, statuses: str) -> click.Command:
    """A copy of a command, and of those below it, with `--debug` and the exit statuses."""
    copied = copy(command)
    copied.params = [*command.params, debug_option()]
    copied.epilog = "\n\n".join(filter(None, [command.epilog, statuses]))
    if isinstance(copied, click.Group):
        copied.commands = {
            name: finished(below, statuses) for name, below in copied.commands.items()
        }
    return copied
