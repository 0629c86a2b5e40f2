"""`coverage-gate trend`: the history of a branch as a table, a picture or a page."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.history import branch_option, file_option, write_or_print
from coverage_gate.cli.options import db_option, repo_option

EXAMPLES = """\b
Examples:
  coverage-gate trend
  coverage-gate trend --format svg --output trend.svg
  coverage-gate trend --branch main --format html --output trend.html
"""


@click.command(epilog=EXAMPLES)
@repo_option
@branch_option
@click.option("--max-drop", metavar="POINTS", help="What may fall (ORCH_COVERAGE_ALERT_DROP).")
@db_option
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "svg", "html"]),
    default="text",
    show_default=True,
    help="A table and a sparkline, a picture, or a page of its own.",
)
@file_option
def trend(
    repo: Path, branch: str | None, output: str, target: Path | None, **flags: str | None
) -> int:
    """Draw the whole history of a branch. The page needs no network and no script."""
    from coverage_gate.adapters.render.history import history_text
    from coverage_gate.adapters.render.trend import trend_page, trend_svg
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.style import canvas_of_stdout
    from coverage_gate.procedure import name_of
    from coverage_gate.trending import last_moves, past

    settings, name = reader(flags)(None), name_of(repo)
    found = past(settings, name, branch=branch)
    if output == "text":
        canvas = canvas_of_stdout(is_plain=target is not None)
        written = (
            history_text(name, found.branch, found.steps, canvas=canvas, limit=len(found.steps))
            + "\n"
        )
    elif output == "svg":
        written = trend_svg(name, found.branch, found.steps)
    else:
        written = trend_page(
            name,
            found.branch,
            found.steps,
            max_drop=found.max_drop,
            moves=last_moves(settings, found),
        )
    write_or_print(written, target)
    return 0
