"""`coverage-gate baseline`: show baselines, or set one."""

from __future__ import annotations

import click

from coverage_gate.cli.options import db_option, format_option

EXAMPLES = """\b
Examples:
  coverage-gate baseline show
  coverage-gate baseline set --repo shop --percent 81.5 --actor ana --reason "generated code left"
"""

_NEW = "For one that was never measured say --new."


@click.group(epilog=EXAMPLES)
def baseline() -> None:
    """Show the stored values of main, or open a new epoch with another one."""


@baseline.command("show", epilog=EXAMPLES)
@click.option("--repo", "name", metavar="NAME", help="Only this repository.")
@db_option
@format_option
def show(name: str | None, output: str, **flags: str | None) -> int:
    """Show the newest baseline of each repository."""
    from coverage_gate import ratcheting
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.printable import one_line
    from coverage_gate.cli.flags import reader

    rows = ratcheting.baselines_block(reader(flags)(None))
    shown = {repo: row for repo, row in rows.items() if name in (None, repo)}
    if output == "json":
        click.echo(to_json_line({"schema_version": 1, "baselines": shown}))
        return 0
    for repo, row in shown.items():
        sha = row["sha"][:12] or "(set by hand)"
        click.echo(f"{one_line(repo)}: {row['coverage']:g} % at {sha}, {row['updated_at']}")
    if not shown:
        click.echo("no baseline yet: the first merge founds one (coverage-gate ratchet)")
    return 0


@baseline.command("set", epilog=EXAMPLES)
@click.option("--repo", "name", metavar="NAME", required=True, help="Name of the repository.")
@click.option("--percent", metavar="P", required=True, help="The new value, 0 to 100.")
@click.option("--new", "is_new", is_flag=True, help="Of a repository of which nothing is known.")
@click.option("--actor", metavar="A", required=True, help="Who does this.")
@click.option("--reason", metavar="R", required=True, help="Why; kept in the audit.")
@db_option
def set_(
    name: str, percent: str, *, is_new: bool, actor: str, reason: str, **flags: str | None
) -> int:
    """Open a new epoch with this value: the one way down, audited."""
    from coverage_gate import ratcheting
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.known import require_known
    from coverage_gate.wiring import store_of

    settings = reader(flags)(None)
    if not is_new:
        require_known(settings, store_of(settings), name, advice=_NEW)
    try:
        epoch = ratcheting.reset(settings, name, percent, actor=actor, reason=reason)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{name}: baseline {percent} in epoch {epoch}, by {actor}")
    return 0
