"""`coverage-gate flaky`: find lines of main that run in some measurements only, and list them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.cli.lessons import learned, lesson_options
from coverage_gate.cli.options import db_option, format_option, repo_option

if TYPE_CHECKING:
    from coverage_gate.core.flaky import FlakyLine

EXAMPLES = """\b
Examples:
  coverage-gate flaky record --repo shop --base main
  coverage-gate flaky list --repo shop --format json
"""


@click.group(epilog=EXAMPLES)
def flaky() -> None:
    """Lines of main that were seen to run and not to run."""


@flaky.command(epilog=EXAMPLES)
@lesson_options
def record(repo: Path, output: str, **flags: str | None) -> int:
    """Measure main again, and keep what ran in one of the two measurements alone.

    The exit status is 1 when the tests could not be measured.
    """
    from coverage_gate.cli.answers import tell_failure
    from coverage_gate.core.measurement import MeasureFailure

    found = learned(repo, flags, lambda main: main.learn_flaky())
    if isinstance(found, MeasureFailure):
        return tell_failure(found, output=output)
    return _tell(found, output=output, nothing="both measurements ran the same")


@flaky.command("list", epilog=EXAMPLES)
@repo_option
@db_option
@format_option
def list_(repo: Path, output: str, **flags: str | None) -> int:
    """List the lines that count as flaky now, with the tree of main that proved it."""
    from coverage_gate.cli.flags import reader
    from coverage_gate.learning import known_flaky
    from coverage_gate.procedure import name_of

    found = known_flaky(reader(flags), name_of(repo))
    return _tell(found, output=output, nothing="no line is known to be flaky")


def _tell(found: Iterable[FlakyLine], *, output: str, nothing: str) -> int:
    from coverage_gate.adapters.render.json_verdict import flaky_object, to_json_line
    from coverage_gate.adapters.render.printable import one_line
    from coverage_gate.core.places import places_of

    lines = list(found)
    if output == "json":
        shown = [{"tree": line.tree, **flaky_object(line.unit)} for line in lines]
        click.echo(to_json_line({"schema_version": 1, "flaky": shown}))
        return 0
    for tree in dict.fromkeys(line.tree for line in lines):
        for place in places_of(line.unit for line in lines if line.tree == tree):
            click.echo(f"{one_line(place)} (tree {tree[:12]})")
    if not lines:
        click.echo(nothing)
    return 0
