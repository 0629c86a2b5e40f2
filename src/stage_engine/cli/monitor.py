"""`stage-engine monitor`: the runs, or one of them."""

from __future__ import annotations

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.options import number_type

EXAMPLES = """\b
Examples:
  stage-engine monitor
  stage-engine monitor --status parked
  stage-engine monitor 3f2a9c --trace
"""


@click.command(epilog=EXAMPLES)
@click.argument("run", required=False)
@click.option(
    "--status",
    type=click.Choice(["active", "waiting", "parked", "done"]),
    help="Only runs with this status.",
)
@click.option("--limit", type=number_type, default=50, show_default=True)
@click.option("--all", "with_all", is_flag=True, help="All attempts of each step.")
@click.option("--trace", is_flag=True, help="Show where the last error arose.")
@format_option
def monitor(
    *, run: str | None, status: str | None, limit: int, with_all: bool, trace: bool, output: str
) -> int:
    """Show the newest runs, or one RUN with its steps; the beginning of its name will do."""
    from stage_engine.cli.monitor_answers import tell_run, tell_runs
    from stage_engine.engine import open_engine
    from stage_engine.monitor import details_of, list_runs

    engine = open_engine()
    if run is None:
        return tell_runs(list_runs(engine, status=status, limit=limit), output=output)
    details = details_of(engine, run)
    return tell_run(details, output=output, with_all=with_all, with_trace=trace)
