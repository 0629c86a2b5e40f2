"""`coverage-gate explain`: why a line or a file stands as it does."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import (
    base_option,
    db_option,
    format_option,
    policy_options,
    repo_option,
)

EXAMPLES = """\b
Examples:
  coverage-gate explain src/shop/cart.py --branch feature/x
  coverage-gate explain src/shop/cart.py:42 --branch feature/x --base main
  coverage-gate explain src/shop/cart.py:42 --format json
"""


@click.command(epilog=EXAMPLES)
@click.argument("place", metavar="FILE[:LINE]")
@repo_option
@click.option("--branch", metavar="B", help="Where it is.  [default: what is checked out]")
@base_option
@db_option
@policy_options
@format_option
def explain(place: str, repo: Path, branch: str | None, output: str, **flags: str | None) -> int:
    """Say why a line or a file is covered, lost, hidden, excluded or out of scope.

    It tells what reaches the line and which tests are nearest. The branch is judged as `check`
    does, without a report: what was measured before is reused. FILE is a path from the root of
    the repository; one that is not there, as a branch, is a mistake in the call. The exit status
    is 1 where nothing could be measured.
    """
    from coverage_gate import procedure
    from coverage_gate.adapters.render.agent import agent_text
    from coverage_gate.adapters.render.explanation import explanation_object, explanation_text
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.cli.answers import exit_status
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.progress import open_progress

    read = reader(flags)
    where = procedure.command_place(
        read(None), repo, branch=branch, work_item=None, base=flags["base"]
    )
    path, line = split_place(place)
    with open_progress() as progress:
        verdict, told = procedure.explain(read, where, path, line, progress=progress)
    if told is None:
        click.echo(agent_text(verdict), err=True)
        return exit_status(verdict) or 1
    if output == "json":
        click.echo(to_json_line(explanation_object(told)))
    else:
        click.echo(explanation_text(told))
    return 0


def split_place(place: str) -> tuple[str, int | None]:
    """Path and line of FILE[:LINE]; a name that ends in no number is a file."""
    path, _, number = place.rpartition(":")
    line = int(number) if path and number.isdecimal() and len(number) <= _DIGITS else 0
    return (path if line else place).removeprefix("./"), line or None


_DIGITS = 9
