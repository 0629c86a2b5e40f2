"""`stage-engine hosts`."""

from __future__ import annotations

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.entries import keep_entry, remove_entry, tell_entries

_KIND = "host"
EXAMPLES = """\b
Examples:
  stage-engine hosts list
  stage-engine hosts add build-2
  stage-engine hosts remove build-2
"""


@click.group(epilog=EXAMPLES)
def hosts() -> None:
    """Keep the names of hosts: a job may be for one of them, a worker works for one."""


@hosts.command("list", epilog=EXAMPLES)
@format_option
def list_(*, output: str) -> int:
    """List the hosts."""
    return tell_entries(_KIND, output=output)


@hosts.command(epilog=EXAMPLES)
@click.argument("name")
def add(*, name: str) -> int:
    """Keep the name of a host."""
    return keep_entry(_KIND, name, "{}")


@hosts.command(epilog=EXAMPLES)
@click.argument("name")
def remove(*, name: str) -> int:
    """Forget the name of a host; its jobs stay."""
    return remove_entry(_KIND, name)
