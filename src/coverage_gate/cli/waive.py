"""`coverage-gate waive`: allow lines or tests once, list what is allowed, or revoke it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from coverage_gate.core.waiver import Category

from coverage_gate.cli.options import db_option, format_option, repo_option

EXAMPLES = """\b
Examples:
  coverage-gate waive --path src/a.py --lines 10-14 --category platform --actor ana \\
    --reason "runs on Windows only" --expires 14d --branch feature/x
  coverage-gate waive --test tests/test_a.py::test_b --category replaced --actor ana --reason "..."
  coverage-gate waive list --repo shop
  coverage-gate waive revoke 3 --actor ana --reason "covered now"
"""
_LIST = """\b
Examples:
  coverage-gate waive list --repo .
"""
_REVOKE = """\b
Examples:
  coverage-gate waive revoke 3 --actor ana --reason "covered now"
"""
#: Those of `core.waiver`; a test compares them.
CATEGORIES = ("generated", "platform", "unreachable", "legacy", "replaced", "emergency")


@click.group(epilog=EXAMPLES, invoke_without_command=True)
@repo_option
@click.option("--branch", metavar="REF", default="HEAD", help="Whose lines are meant.")
@click.option(
    "--path", metavar="FILE", default="", help="The file, from the root of the repository."
)
@click.option("--lines", metavar="A-B", default="", help="Its lines, in that branch.")
@click.option("--test", "tests", metavar="ID", multiple=True, help="A test that may be gone.")
@click.option("--category", type=click.Choice(CATEGORIES), help="What kind of reason it is.")
@click.option("--actor", metavar="A", default="", help="Who allows it.")
@click.option(
    "--reason", metavar="R", default="", help="Why; shown in each report, kept in the audit."
)
@click.option("--expires", metavar="TIME", default="14d", show_default=True, help="14d or 12h.")
@db_option
@click.pass_context
def waive(
    context: click.Context,
    /,
    *,
    repo: Path,
    branch: str,
    path: str,
    lines: str,
    tests: tuple[str, ...],
    category: str | None,
    actor: str,
    reason: str,
    expires: str,
    **flags: str | None,
) -> int:
    """Allow lines that no test runs, or tests that are gone, for one merge.

    It holds for the text that these lines have now, until it expires or a merge has used it.
    """
    if context.invoked_subcommand is not None:
        return 0
    from coverage_gate import granting, procedure
    from coverage_gate.adapters.render.printable import one_line
    from coverage_gate.adapters.render.waivers import waiver_text
    from coverage_gate.cli.flags import reader

    meant = _category(category, has_lines=bool(path or lines), has_tests=bool(tests))
    settings = reader(flags)(None)
    with _refused_as_usage():
        wish = granting.Grant(
            repository=procedure.name_of(repo),
            category=meant,
            actor=actor,
            reason=reason,
            expires=expires,
        )
        if tests:
            waiver = granting.grant_tests(settings, wish, tests)
        else:
            waiver = granting.grant_lines(settings, wish, repo, ref=branch, path=path, lines=lines)
    click.echo(f"granted {waiver_text(waiver)}")
    for doubt in granting.doubts(settings, waiver.repository, repo, tests) if tests else ():
        click.echo(f"coverage-gate: warning: {one_line(doubt)}", err=True)
    return 0


def _category(name: str | None, *, has_lines: bool, has_tests: bool) -> Category:
    """Of a call that names it, and either lines or tests."""
    from coverage_gate.core.waiver import Category

    if name is None or has_lines == has_tests:
        raise click.UsageError("name --category, and --path with --lines or --test")
    return Category(name)


@contextmanager
def _refused_as_usage() -> Iterator[None]:
    """What a waiver may not say is a mistake in the call."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@waive.command("list", epilog=_LIST)
@repo_option
@db_option
@format_option
def list_(repo: Path, output: str, **flags: str | None) -> int:
    """List the waivers that were not revoked, used ones too."""
    from coverage_gate import granting, procedure
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.adapters.render.waivers import waiver_object, waiver_text
    from coverage_gate.cli.flags import reader

    rows = granting.standing(reader(flags)(None), procedure.name_of(repo))
    if output == "json":
        objects = [waiver_object(row) for row in rows]
        click.echo(to_json_line({"schema_version": 1, "waivers": objects}))
        return 0
    for row in rows:
        click.echo(waiver_text(row))
    if not rows:
        click.echo("no waiver: nothing is allowed that the rules forbid")
    return 0


@waive.command("revoke", epilog=_REVOKE)
@click.argument("number", type=click.IntRange(1))
@click.option("--actor", metavar="A", required=True, help="Who does this.")
@click.option("--reason", metavar="R", required=True, help="Why; kept in the audit.")
@db_option
def revoke(number: int, actor: str, reason: str, **flags: str | None) -> int:
    """End a waiver. The exit status is 1 where there is none of this number."""
    from coverage_gate import granting
    from coverage_gate.cli.flags import reader

    with _refused_as_usage():
        ended = granting.revoke(reader(flags)(None), number, actor=actor, reason=reason)
    click.echo(f"waiver {number} is revoked" if ended else f"there is no waiver {number}")
    return 0 if ended else 1
