"""`coverage-gate verify`: check a report again."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import db_option, policy_options, repo_option

EXAMPLES = """\b
Examples:
  coverage-gate verify reports/shop/ET-7/18-coverage-report.md --repo shop
  coverage-gate verify 18-coverage-report.md --key gate.pub --format json
"""


@click.command(epilog=EXAMPLES)
@click.argument("report", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PUB",
    help="The public key (PEM) of who must have signed it.",
)
@repo_option
@db_option
@policy_options
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text")
def verify(report: Path, key: Path | None, repo: Path, output: str, **flags: str | None) -> int:
    """Check a report again: its text, statement, signature, commit, limits and measurement.

    Each check is told. The exit status is 0 when none failed, 1 when one did.
    """
    from coverage_gate import procedure, verifying
    from coverage_gate.adapters.envelope import SigningError
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.cli.flags import reader

    try:
        checks = verifying.verify(
            report,
            key=key,
            folder=repo,
            repository=procedure.name_of(repo),
            read=reader(flags),
        )
    except SigningError as error:
        raise click.UsageError(str(error)) from None
    is_sound = all(check.finding is not verifying.Finding.FAILED for check in checks)
    if output == "json":
        told = [
            {"check": each.name, "finding": str(each.finding), "detail": each.detail}
            for each in checks
        ]
        click.echo(to_json_line({"schema_version": 1, "sound": is_sound, "checks": told}))
    else:
        for each in checks:
            click.echo(f"{each.finding:<8} {each.name:<13} {each.detail}")
    return 0 if is_sound else 1
