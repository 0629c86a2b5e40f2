"""What the commands share that run the tests of main to learn from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from coverage_gate.cli.options import Command, base_option, db_option, format_option, repo_option

if TYPE_CHECKING:
    from coverage_gate.core.measurement import MeasureFailure
    from coverage_gate.learning import Main

T = TypeVar("T")


def lesson_options(command: Command) -> Command:
    """Which repository, which main, how its tests run, and in which form the answer comes."""
    options = (
        repo_option,
        base_option,
        db_option,
        click.option("--timeout", metavar="S", help="Seconds the test run may take."),
        click.option("--python", metavar="PATH", help="The interpreter that runs the tests."),
        format_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def learned(
    repo: Path, flags: dict[str, str | None], learn: Callable[[Main], T | MeasureFailure]
) -> T | MeasureFailure:
    """What main teaches, once it is kept."""
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.progress import open_progress
    from coverage_gate.learning import open_main
    from coverage_gate.procedure import name_of

    base = flags["base"] or ""
    with (
        open_progress() as progress,
        open_main(reader(flags), name_of(repo), repo, base=base, progress=progress) as main,
    ):
        return learn(main)
