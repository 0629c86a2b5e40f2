"""`stage-engine plan`."""

from __future__ import annotations

import click

from coverage_gate.cli.options import format_option

EXAMPLES = """\b
Examples:
  stage-engine plan
  stage-engine plan --format json
"""


@click.command(epilog=EXAMPLES)
@format_option
def plan(*, output: str) -> int:
    """Show the sub-gates of the edge into deploy, in the order in which they run."""
    from stage_engine.cli.output import answer_json
    from stage_engine.cli.overview_answers import tell_plan
    from stage_engine.engine import open_engine
    from stage_engine.overview import plan_block

    found = plan_block(open_engine())
    if output == "json":
        answer_json(found)
    else:
        tell_plan(found)
    return 0
