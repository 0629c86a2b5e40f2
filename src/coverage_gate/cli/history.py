"""`coverage-gate history`: what coverage was, whether it fell, and numbers from before the gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.cli.options import db_option, format_option, repo_option

if TYPE_CHECKING:
    from coverage_gate.settings import Settings
    from coverage_gate.trending import Past

EXAMPLES = """\b
Examples:
  coverage-gate history
  coverage-gate history --branch dev --path src/shop/cart.py
  coverage-gate history check --max-drop 2
  coverage-gate history import old/coverage.json --commit v1.2
  coverage-gate history export --format csv --output history.csv
  coverage-gate history prune --days 365
"""

branch_option = click.option(
    "--branch", metavar="B", help="Whose history.  [default: where others land]"
)
file_option = click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it there instead of to stdout, whole or not at all.",
)


@click.group(epilog=EXAMPLES, invoke_without_command=True)
@repo_option
@branch_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N")
@click.option("--path", metavar="FILE", help="The numbers of one file instead of the totals.")
@db_option
@format_option
@click.pass_context
def history(  # click calls it by name
    ctx: click.Context,
    /,
    *,
    repo: Path,
    branch: str | None,
    limit: int,
    path: str | None,
    output: str,
    **flags: str | None,
) -> int:
    """Show what coverage was: a sparkline of all measurements, and a table of the newest."""
    if ctx.invoked_subcommand is not None:
        _demand_order(ctx, ctx.invoked_subcommand)
        return 0
    settings, name = _opened(repo, flags)
    from coverage_gate.trending import past

    found = past(settings, name, branch=branch)
    click.echo(_shown(settings, found, limit=limit, path=path, output=output), color=True)
    return 0


@history.command(epilog=EXAMPLES)
@repo_option
@branch_option
@click.option("--max-drop", metavar="POINTS", help="What may fall (ORCH_COVERAGE_ALERT_DROP).")
@click.option("--notify", is_flag=True, help="Tell people of a regression, once for each commit.")
@db_option
@format_option
def check(repo: Path, branch: str | None, output: str, *, notify: bool, **flags: str | None) -> int:
    """Compare the newest commit of a branch with the one before it.

    The exit status is 1 when coverage fell by more than so many points. Numbers of another scope,
    configuration or kind are not comparable: that is said, and the status is 0.
    """
    from coverage_gate.adapters.render.history import points_object
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.printable import one_line
    from coverage_gate.core.history import Standing, step_text
    from coverage_gate.core.rates import percent_number
    from coverage_gate.trending import past, tell

    settings, name = _opened(repo, flags)
    found = past(settings, name, branch=branch)
    told = notify and tell(settings, found)
    if output == "json":
        limit = percent_number(found.max_drop)
        document = points_object(name, found.branch, found.newest, max_drop_percent=limit)
        outcome = {"outcome": str(found.standing), "told": told}
        click.echo(to_json_line({**document, **outcome}))
    else:
        for step in found.newest:
            told_text = step_text(step, max_drop=found.max_drop)
            click.echo(one_line(f"{name}, {found.branch or 'no branch'}: {told_text}", limit=1000))
    return 1 if found.standing is Standing.REGRESSION else 0


@history.command("import", epilog=EXAMPLES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--commit", metavar="REF", required=True, help="What was measured.")
@repo_option
@branch_option
@click.option(
    "--label", default="imported", show_default=True, help="Numbers of one label compare."
)
@click.option("--lenient", is_flag=True, help="Take files and lines that the commit has not.")
@db_option
@click.option("--python", metavar="PATH", help="The interpreter that reads the source.")
@format_option
def import_(  # click calls it by name
    *,
    file: Path,
    commit: str,
    repo: Path,
    branch: str | None,
    label: str,
    output: str,
    lenient: bool,
    **flags: str | None,
) -> int:
    """Keep what FILE says as a point of the history, at the time of its commit.

    FILE is a report of `coverage json`, or a data file of coverage.py (.coverage). A second import
    of the same numbers changes nothing.
    """
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.printable import one_line
    from coverage_gate.adopting import Wanted, adopt
    from coverage_gate.cli.flags import reader
    from coverage_gate.core.rates import percent_text
    from coverage_gate.procedure import name_of

    name = name_of(repo)
    wanted = Wanted(file=file, commit=commit, branch=branch, label=label, is_lenient=lenient)
    taken = adopt(reader(flags), name, repo, wanted)
    counts, point = taken.point.counts, taken.point
    if output == "json":
        facts = {
            "schema_version": 1,
            "is_new": taken.is_new,
            "commit": point.commit,
            "covered": counts.covered,
            "total": counts.total,
        }
        click.echo(to_json_line(facts))
        return 0
    was = "" if taken.is_new else ", known before"
    told = f"{name}, {point.branch or 'no branch'}: {percent_text(counts.rate)} ({counts}) at"
    click.echo(one_line(f"{told} {point.name}{was}"))
    return 0


@history.command(epilog=EXAMPLES)
@repo_option
@branch_option
@click.option("--files", is_flag=True, help="With the numbers of each file.")
@db_option
@click.option(
    "--format", "output", type=click.Choice(["json", "csv"]), default="json", show_default=True
)
@file_option
def export(
    repo: Path,
    branch: str | None,
    output: str,
    target: Path | None,
    *,
    files: bool,
    **flags: str | None,
) -> int:
    """Write the history of a branch as JSON or CSV, oldest first."""
    from coverage_gate.adapters.render.history import csv_text, points_object
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.core.rates import percent_number
    from coverage_gate.trending import EVERYTHING, files_of, past

    settings, name = _opened(repo, flags)
    found = past(settings, name, branch=branch, limit=EVERYTHING)
    points = [step.point for step in found.steps]
    own = files_of(settings, points) if files else None
    if output == "csv":
        written = csv_text(points, files=own)
    else:
        limit = percent_number(found.max_drop)
        document = points_object(name, found.branch, found.steps, max_drop_percent=limit, files=own)
        written = to_json_line(document) + "\n"
    write_or_print(written, target)
    return 0


@history.command(epilog=EXAMPLES)
@repo_option
@click.option("--days", metavar="N", help="Keep so many days (ORCH_COVERAGE_HISTORY_DAYS).")
@db_option
@format_option
def prune(repo: Path, output: str, **flags: str | None) -> int:
    """Forget points and measurements that are older.

    What a baseline stands on stays, and so does the newest point of each branch and kind.
    """
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.trending import prune as forget

    settings, name = _opened(repo, flags)
    gone = forget(settings, name)
    if output == "json":
        facts = {"points": gone.points, "measurements": gone.measurements}
        click.echo(to_json_line({"schema_version": 1, **facts}))
    else:
        click.echo(f"forgotten: {gone.points} points, {gone.measurements} measurements")
    return 0


def write_or_print(written: str, target: Path | None) -> None:
    """To a file, whole or not at all, or to stdout.

    Raises:
        ReportError: If the file cannot be written.
    """
    from coverage_gate.adapters.report_files import write_report

    if target is None:
        click.echo(written, nl=False)
    else:
        write_report(target.absolute(), written)


def _demand_order(ctx: click.Context, word: str) -> None:
    """What stands before the word would be passed over in silence."""
    given = [
        name
        for name in ctx.params
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(f"give options behind `{word}`: {', '.join(given)}", ctx)


def _opened(repo: Path, flags: dict[str, str | None]) -> tuple[Settings, str]:
    """The settings, and the repository's name."""
    from coverage_gate.cli.flags import reader
    from coverage_gate.procedure import name_of

    return reader(flags)(None), name_of(repo)


def _shown(settings: Settings, found: Past, *, limit: int, path: str | None, output: str) -> str:
    from coverage_gate.adapters.render.history import history_text, points_object
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.cli.style import canvas_of_stdout
    from coverage_gate.core.rates import percent_number
    from coverage_gate.trending import counts_of_file

    shown = found.steps[max(0, len(found.steps) - limit) :]
    if output == "json":
        return to_json_line(
            points_object(
                found.repository,
                found.branch,
                shown,
                max_drop_percent=percent_number(found.max_drop),
            )
        )
    files = None if path is None else counts_of_file(settings, shown, path)
    return history_text(
        found.repository,
        found.branch,
        found.steps if files is None else shown,
        canvas=canvas_of_stdout(),
        limit=limit,
        files=files,
    )
