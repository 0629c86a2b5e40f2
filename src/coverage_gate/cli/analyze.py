"""`coverage-gate analyze`: which files below their target to raise first, and how."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from coverage_gate.cli.options import (
    base_option,
    db_option,
    policy_options,
    repo_option,
    targets_option,
)

EXAMPLES = """\b
Examples:
  coverage-gate analyze
  coverage-gate analyze --target '**=80' --priority 'src/shop/**' --format markdown
"""


@click.command(epilog=EXAMPLES)
@repo_option
@click.option("--branch", metavar="B", help="What to look at.  [default: what is checked out]")
@base_option
@targets_option
@click.option(
    "--priority",
    "priorities",
    metavar="GLOB",
    multiple=True,
    help="Only files that one of these means.  [default: those of the settings, or all]",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to answer.",
)
@db_option
@policy_options
def analyze(
    *,
    repo: Path,
    branch: str | None,
    targets: Sequence[str],
    priorities: Sequence[str],
    output: str,
    **flags: str | None,
) -> int:
    """List the files below their target, the largest gain first, and what to do about each.

    The impact is a file's statements times the share that no test runs. Without targets 80 % of
    the statements of each file are asked for. What was measured before is reused.
    """
    from coverage_gate.adapters.render import analysis
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.cli.answers import tell_failure
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.progress import open_progress
    from coverage_gate.cli.targets import read_patterns, read_targets
    from coverage_gate.core.measurement import MeasureFailure
    from coverage_gate.core.opportunities import analysed
    from coverage_gate.surveying import measured_paths, survey

    asked, wanted = read_targets(targets), read_patterns(priorities)
    with open_progress() as progress:
        found = survey(
            reader(flags),
            repo,
            head=branch or "HEAD",
            base=flags["base"] or "",
            targets=asked,
            wanted=lambda measured, settings: measured_paths(
                measured, settings.targets, wanted or settings.priorities
            ),
            progress=progress,
        )
    if isinstance(found, MeasureFailure):
        return tell_failure(found, output="text")
    settings = found.settings
    made = analysed(found.measured, settings.targets, wanted or settings.priorities, settings.kinds)
    faces = {"text": analysis.analysis_text, "markdown": analysis.analysis_markdown}
    face = faces.get(output)
    click.echo(face(made) if face else to_json_line(analysis.analysis_object(made)))
    return 0
