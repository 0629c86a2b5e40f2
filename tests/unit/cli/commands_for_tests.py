"""Commands that end in every way in which a command can end."""

from __future__ import annotations

import os
import sys

import click

from coverage_gate.cli.lazy import LazyCommand
from coverage_gate.ports import RepositoryError, StoreError
from coverage_gate.settings import SettingsError

_ENDS: dict[str, BaseException] = {
    "break": KeyError("hunter2\nhunter2"),
    "abort": click.Abort(),
    "usage": click.UsageError("not so"),
    "file": click.FileError("name"),
    "five": click.ClickException("five " * 20),
    "interrupt": KeyboardInterrupt(),
    "leave": SystemExit(3),
    "pipe": BrokenPipeError(32, "of another process"),
    "settings": SettingsError(["ORCH_A is wrong", "ORCH_B is hunter2"]),
    "repository": RepositoryError("no\nrepository"),
    "store": StoreError("no store"),
}


@click.command()
@click.argument("how")
def end(how: str) -> int | None:
    """End in some way."""
    if how.isdigit():
        return int(how)
    if how in _ENDS:
        raise _ENDS[how]
    click.echo(how)
    return None


@click.command(epilog="Its own end.")
@click.option("--megabytes", type=int, default=1)
def talk(megabytes: int) -> None:
    """Print much."""
    for _ in range(megabytes * 1024):
        click.echo("x" * 1023)


@click.command()
def die_later() -> int:
    """Leave something in the buffer that cannot be written any more."""
    sys.stdout.write("x")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, sys.stdout.fileno())
    return 1


@click.command()
def wait() -> None:
    """Wait for the end of standard input."""
    click.echo("waiting")
    sys.stdin.read()


@click.group()
def outer() -> None:
    """Hold another."""


@outer.command()
def inner() -> None:
    """Do nothing."""


TABLE = {
    name: LazyCommand(target=f"tests.unit.cli.commands_for_tests:{name}", short_help=f"To {name}.")
    for name in ("end", "talk", "die_later", "wait", "outer")
}
