"""`stage-engine queue`."""

from __future__ import annotations

import click

from coverage_gate.cli.options import format_option

EXAMPLES = """\b
Examples:
  stage-engine queue
  stage-engine queue --format json
"""


@click.command(epilog=EXAMPLES)
@format_option
def queue(*, output: str) -> int:
    """Show open tasks by stage, merge leases, jobs by state, and the coverage gate's state."""
    from stage_engine.cli.output import answer_json
    from stage_engine.cli.overview_answers import tell_queue
    from stage_engine.engine import open_engine
    from stage_engine.overview import queue_block

    found = queue_block(open_engine())
    if output == "json":
        answer_json(found)
    else:
        tell_queue(found)
    return 0
