"""`stage-engine templates`."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.entries import keep_entry, remove_entry, tell_entries, tell_entry
from stage_engine.cli.options import file_type, read_input

_KIND = "template"
EXAMPLES = """\b
Examples:
  stage-engine templates list
  stage-engine templates show pipeline
  stage-engine templates add images.json
  stage-engine templates remove images
"""


@click.group(epilog=EXAMPLES)
def templates() -> None:
    """Keep templates of jobs: JSON with a kind and what its jobs need."""


@templates.command("list", epilog=EXAMPLES)
@format_option
def list_(*, output: str) -> int:
    """List the templates."""
    return tell_entries(_KIND, output=output)


@templates.command(epilog=EXAMPLES)
@click.argument("name")
@format_option
def show(*, name: str, output: str) -> int:
    """Show the JSON of a template."""
    return tell_entry(_KIND, name, output=output)


@templates.command(epilog=EXAMPLES)
@click.argument("file", type=file_type)
@click.option("--name", metavar="NAME", help="Under which name; else that of the file.")
def add(*, file: Path, name: str | None) -> int:
    """Check a template and keep it; one of the same name is replaced."""
    from stage_engine.templates import read_template

    content, called = read_input(file)
    read = read_template(content, name=called)
    return keep_entry(_KIND, name or file.stem, read.model_dump_json())


@templates.command(epilog=EXAMPLES)
@click.argument("name")
def remove(*, name: str) -> int:
    """Forget a template."""
    return remove_entry(_KIND, name)
