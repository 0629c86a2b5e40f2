"""`coverage-gate check`: judge a branch as it would land."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import (
    base_option,
    db_option,
    format_option,
    policy_options,
    repo_option,
    reports_option,
)

EXAMPLES = """\b
Examples:
  coverage-gate check --branch feature/x --base main
  coverage-gate check --repo ../shop --branch feature/x --floor 80 --format json
"""


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--branch", metavar="B", help="What wants to land.  [default: what is checked out]")
@base_option
@click.option("--work-item", metavar="ID", help="Whose report it is.  [default: the branch]")
@reports_option
@db_option
@policy_options
@format_option
def check(
    repo: Path,
    branch: str | None,
    work_item: str | None,
    output: str,
    **flags: str | None,
) -> int:
    """Judge a branch: measure what its tests execute on the tree that would land.

    Without a stored baseline it is compared with a measurement of the base.
    """
    from coverage_gate import procedure
    from coverage_gate.adapters.report_files import ReportError
    from coverage_gate.cli.answers import tell_unreported, tell_verdict
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.progress import open_progress

    read = reader(flags)
    place = procedure.command_place(
        read(None), repo, branch=branch, work_item=work_item, base=flags["base"]
    )
    with open_progress() as progress:
        verdict, _ = procedure.judge(read, place, progress=progress)
    try:
        written = procedure.publish(verdict, place)
    except ReportError as error:
        return tell_unreported(verdict, error, output=output)
    return tell_verdict(verdict, report=written, output=output)
