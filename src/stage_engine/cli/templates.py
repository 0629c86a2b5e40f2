"""`stage-engine templates`."""

from __future__ import annotations

import click

from stage_engine.cli.entries import add_file_commands

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


def _checked(content: bytes, called: str) -> str:
    from stage_engine.templates import read_template

    return read_template(content, name=called).model_dump_json()


add_file_commands(templates, "template", examples=EXAMPLES, checked=_checked)
