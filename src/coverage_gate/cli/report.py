"""`coverage-gate report`: show the artefact of a work item."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import repo_option, reports_option

EXAMPLES = """\b
Examples:
  coverage-gate report --work-item ET-7
  coverage-gate report --work-item feature/x --path
"""


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--work-item", metavar="ID", required=True, help="Whose report.")
@click.option("--path", "path_only", is_flag=True, help="Print only where it is.")
@reports_option
def report(repo: Path, work_item: str, path_only: bool, **flags: str | None) -> int:  # noqa: FBT001 - click calls it by name
    """Show the report of a work item, 18-coverage-report.md.

    The exit status is 0 when it says PASS, 1 when it says FAIL.
    """
    from coverage_gate import procedure
    from coverage_gate.adapters.render.report import parse_coverage_status
    from coverage_gate.adapters.report_files import read_report_file
    from coverage_gate.cli.flags import reader

    path = procedure.report_place(reader(flags)(None), procedure.name_of(repo), work_item)
    if path_only:
        click.echo(path)
        return 0
    text = read_report_file(path)
    click.echo(text, nl=False)
    return 0 if parse_coverage_status(text)[0] else 1
