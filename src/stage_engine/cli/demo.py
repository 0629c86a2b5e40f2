"""`stage-engine demo`."""

from __future__ import annotations

import click

EXAMPLES = """\b
Examples:
  stage-engine demo
"""


@click.command("demo", epilog=EXAMPLES)
def demo() -> int:
    """See it work: five branches of a small repository through the whole pipeline.

    All of it lies in `.demo` in the current folder, which is made anew.
    """
    from stage_engine.demo import begin

    begin()
    return 0
