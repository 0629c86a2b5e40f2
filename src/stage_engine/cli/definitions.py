"""`stage-engine definitions`."""

from __future__ import annotations

import click

from stage_engine.cli.entries import add_file_commands

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


def _checked(content: bytes, called: str) -> str:
    from stage_engine.definitions import read_definition

    return read_definition(content, name=called).model_dump_json()


add_file_commands(definitions, "definition", examples=EXAMPLES, checked=_checked)
