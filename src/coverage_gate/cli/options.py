"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]

repo_option = click.option(
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    show_default="this folder",
    help="The repository: a work tree, a worktree, or a bare repository.",
)
db_option = click.option(
    "--db", metavar="PATH|URL", help="The store of baselines and measurements (ORCH_DB_PATH)."
)
reports_option = click.option(
    "--reports", metavar="DIR", help="Where reports go (ORCH_REPORTS_DIR)."
)
targets_option = click.option(
    "--target",
    "targets",
    metavar="GLOB=PERCENT[:branch]",
    multiple=True,
    help="What each file of a pattern must reach; several times.  [default: those of the settings]",
)
base_option = click.option(
    "--base", metavar="REF", help="Where the branch wants to land (ORCH_COVERAGE_BASE)."
)
format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to answer. With json the last line of stdout is one object.",
)

FORMATS = (
    *("text", "json", "agent", "markdown", "github", "gitlab"),
    *("junit", "sarif", "cobertura", "lcov", "badge", "badge-json", "html"),
)
verdict_format_option = click.option(
    "--format",
    "output",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to answer. With json the last line of stdout is one object; agent is a work order.",
)


class _NamedFile(click.ParamType[tuple[str, Path]]):
    """FORMAT=PATH."""

    name = "FORMAT=PATH"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """Read one."""
        output, _, path = str(value).partition("=")
        if output not in FORMATS or not path:
            problem = f"{value!r} is no FORMAT=PATH; formats are {', '.join(FORMATS)}"
            self.fail(problem, param, ctx)
        return output, Path(path)


output_option = click.option(
    "--output",
    "files",
    type=_NamedFile(),
    multiple=True,
    help="Write the answer to a file as well; may be given several times.",
)


def policy_options(command: Command) -> Command:
    """The limits and the bounds of a run, each over its environment variable."""
    policy = click.option("--policy", metavar="NAME", help="absolute, baseline or both.")
    return policy(change_options(command))


def change_options(command: Command) -> Command:
    """The limits and bounds that do not need the baseline, each over its environment variable."""
    for option in reversed(
        (
            click.option("--floor", metavar="PERCENT", help="Lowest allowed coverage."),
            click.option("--epsilon", metavar="POINTS", help="Tolerance below the limits."),
            click.option("--rules", metavar="NAMES", help="Further rules, by comma; '' for none."),
            click.option("--patch-min", metavar="PERCENT", help="For new and modified lines."),
            click.option("--timeout", metavar="S", help="Seconds one test run may take."),
            click.option("--python", metavar="PATH", help="The interpreter that runs the tests."),
            click.option("--test-command", metavar="TEXT", help="pytest, or another command."),
        )
    ):
        command = option(command)
    return command
