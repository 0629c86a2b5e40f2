"""`coverage-gate measure`: run the tests of a branch and count, without judging."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import (
    base_option,
    db_option,
    format_option,
    policy_options,
    repo_option,
)

EXAMPLES = """\b
Examples:
  coverage-gate measure
  coverage-gate measure --branch main --fresh --format json
"""


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--branch", metavar="B", help="What to measure.  [default: what is checked out]")
@base_option
@click.option("--fresh", is_flag=True, help="Measure anew, even what was measured before.")
@db_option
@policy_options
@format_option
def measure(repo: Path, branch: str | None, fresh: bool, output: str, **flags: str | None) -> int:  # noqa: FBT001 - click calls it by name
    """Measure what the tests of a commit execute, under the base's configuration.

    A folder without a commit is measured as it stands. The exit status is 1 when the tests could
    not be measured.
    """
    from coverage_gate import procedure
    from coverage_gate.cli.answers import tell_measurement
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.progress import open_progress

    with open_progress() as progress:
        measured = procedure.measure(
            reader(flags),
            procedure.name_of(repo),
            repo,
            head=branch or "HEAD",
            base=flags["base"] or "",
            progress=progress,
            fresh=fresh,
        )
    return tell_measurement(measured, output=output)
