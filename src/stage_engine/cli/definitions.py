"""`stage-engine definitions`."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.entries import keep_entry, remove_entry, tell_entries, tell_entry
from stage_engine.cli.options import file_type, read_input

_KIND = "definition"
EXAMPLES = """\b
Examples:
  stage-engine definitions list
  stage-engine definitions show default
  stage-engine definitions add nightly.json
  stage-engine definitions remove nightly
"""


@click.group(epilog=EXAMPLES)
def definitions() -> None:
    """Keep definitions of pipelines: JSON with nodes and what follows each."""


@definitions.command("list", epilog=EXAMPLES)
@format_option
def list_(*, output: str) -> int:
    """List the definitions."""
    return tell_entries(_KIND, output=output)


@definitions.command(epilog=EXAMPLES)
@click.argument("name")
@format_option
def show(*, name: str, output: str) -> int:
    """Show the JSON of a definition."""
    return tell_entry(_KIND, name, output=output)


@definitions.command(epilog=EXAMPLES)
@click.argument("file", type=file_type)
@click.option("--name", metavar="NAME", help="Under which name; else that of the file.")
def add(*, file: Path, name: str | None) -> int:
    """Check a definition and keep it; one of the same name is replaced."""
    from stage_engine.definitions import read_definition

    content, called = read_input(file)
    read = read_definition(content, name=called)
    return keep_entry(_KIND, name or file.stem, read.model_dump_json())


@definitions.command(epilog=EXAMPLES)
@click.argument("name")
def remove(*, name: str) -> int:
    """Forget a definition."""
    return remove_entry(_KIND, name)
