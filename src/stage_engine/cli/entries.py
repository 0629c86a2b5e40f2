"""What `definitions`, `templates` and `hosts` have in common: list, show, add, remove."""

from __future__ import annotations

import json

import click


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
