"""`coverage-gate ratchet`: raise the baseline after a merge."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import db_option, repo_option, reports_option

EXAMPLES = """\b
Examples:
  coverage-gate ratchet --work-item ET-7 --sha main
"""


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--work-item", metavar="ID", required=True, help="Whose report holds the value.")
@click.option("--sha", metavar="REF", required=True, help="The merged commit.")
@reports_option
@db_option
def ratchet(repo: Path, work_item: str, sha: str, **flags: str | None) -> int:
    """Raise the baseline to what the report of this very merge measured. It never falls.

    The exit status is 1 when the value is lower, or the report is not of that commit's tree.
    """
    from coverage_gate import procedure, ratcheting
    from coverage_gate.adapters.render.printable import one_line
    from coverage_gate.cli.flags import reader

    settings = reader(flags)(None)
    name = procedure.name_of(repo)
    path = procedure.report_place(settings, name, work_item)
    before = ratcheting.baseline_percent(settings, name)
    try:
        result = ratcheting.ratchet(settings, name, work_item, sha, report=path, folder=repo)
    except ratcheting.NotRatchetedError as error:
        click.echo(f"coverage-gate: not ratcheted: {error}", err=True)
        return 1
    after = ratcheting.baseline_percent(settings, name)
    click.echo(f"{one_line(name)}: {result}, ratchet {_shown(before)} → {_shown(after)}")
    return 0 if result.wrote else 1


def _shown(percent: float | None) -> str:
    from coverage_gate.core.rates import exact_percent, percent_text

    return "none" if percent is None else percent_text(exact_percent(percent))
