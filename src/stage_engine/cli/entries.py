"""What `definitions`, `templates` and `hosts` have in common: list, show, add, remove."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.options import file_type, read_input


def tell_entries(kind: str, *, output: str) -> int:
    """Tell which entries of a kind there are."""
    from stage_engine import catalogue
    from stage_engine.cli.output import Column, answer_json, canvas, say, table
    from stage_engine.engine import open_engine

    with open_engine().store.reading() as rows:
        found = catalogue.entries(rows, catalogue.Kind(kind))
    if output == "json":
        listed = [{"name": entry.name, "at": entry.at or None} for entry in found]
        answer_json({f"{kind}s": listed})
        return 0
    if not found:
        click.echo(f"no {kind}s yet; `stage-engine {kind}s add` keeps one")
        return 0
    columns = (Column(title="NAME", width=40), Column(title="SINCE"))
    for line in table(canvas(), columns, [(one.name, one.at or "built in") for one in found]):
        say(line)
    return 0


def tell_entry(kind: str, name: str, *, output: str) -> int:
    """Tell the JSON of one entry."""
    from stage_engine import catalogue
    from stage_engine.cli.output import answer_json
    from stage_engine.engine import open_engine

    with open_engine().store.reading() as rows:
        body = json.loads(catalogue.find(rows, catalogue.Kind(kind), name).body)
    if output == "json":
        answer_json({"name": name, kind: body})
    else:
        click.echo(json.dumps(body, indent=2))
    return 0


def keep_entry(kind: str, name: str, body: str) -> int:
    """Keep an entry, and tell."""
    from stage_engine import catalogue
    from stage_engine.engine import open_engine

    with open_engine().store.writing() as rows:
        is_new = catalogue.keep(rows, catalogue.Kind(kind), name, body)
    click.echo(f"{kind} {name}: {'kept' if is_new else 'unchanged'}")
    return 0


def remove_entry(kind: str, name: str) -> int:
    """Forget an entry, and tell."""
    from stage_engine import catalogue
    from stage_engine.engine import open_engine

    with open_engine().store.writing() as rows:
        catalogue.remove(rows, catalogue.Kind(kind), name)
    click.echo(f"{kind} {name}: removed")
    return 0


def add_file_commands(
    group: click.Group, kind: str, *, examples: str, checked: Callable[[bytes, str], str]
) -> None:
    """Give a group the commands for entries that are JSON in files: list, show, add, remove.

    Args:
        group: Gets the commands.
        kind: Of the entries, as in "template".
        examples: Of all four.
        checked: Reads the content of a file, whose name is for errors, and gives it back as it
            is kept; raises InputError.
    """

    @group.command("list", epilog=examples, help=f"List the {kind}s.")
    @format_option
    def list_(*, output: str) -> int:
        """List them all, in the format that is asked for."""
        return tell_entries(kind, output=output)

    @group.command(epilog=examples, help=f"Show the JSON of a {kind}.")
    @click.argument("name")
    @format_option
    def show(*, name: str, output: str) -> int:
        """Show one. Raises InputError for a name that nobody kept."""
        return tell_entry(kind, name, output=output)

    @group.command(
        epilog=examples, help=f"Check a {kind} and keep it; one of the same name is replaced."
    )
    @click.argument("file", type=file_type)
    @click.option("--name", metavar="NAME", help="Under which name; else that of the file.")
    def add(*, file: Path, name: str | None) -> int:
        """Keep what a file holds, once it is checked. Raises InputError when it is refused."""
        return keep_entry(kind, name or file.stem, checked(*read_input(file)))

    @group.command(epilog=examples, help=f"Forget a {kind}.")
    @click.argument("name")
    def remove(*, name: str) -> int:
        """Forget one. Raises InputError for one that is built in, or that nobody kept."""
        return remove_entry(kind, name)
