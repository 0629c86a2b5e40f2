"""`stage-engine cleanup`."""

from __future__ import annotations

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.options import Duration

EXAMPLES = """\b
Examples:
  stage-engine cleanup --dry-run
  stage-engine cleanup --older-than 12h
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--older-than",
    type=Duration(),
    default="7d",
    show_default=True,
    help="Only what was not written to for so long.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@format_option
def cleanup(*, older_than: float, dry_run: bool, output: str) -> int:
    """Remove worktrees of finished tasks and scratch folders that were left behind.

    What a task or a process uses stays. What a worktree holds in no branch is kept as a ref
    below refs/leftovers/ of its repository.
    """
    from stage_engine.cleanup import clean_up
    from stage_engine.cli.output import answer_json, canvas
    from stage_engine.engine import open_engine

    finds = clean_up(open_engine(), older_than_s=older_than, dry_run=dry_run)
    removed = sum(find.is_removed for find in finds)
    if output == "json":
        listed = [
            {"path": str(f.path), "kind": f.kind, "is_removed": f.is_removed, "reason": f.reason}
            for f in finds
        ]
        answer_json({"dry_run": dry_run, "removed": removed, "folders": listed})
        return 0
    on, word = canvas(), "would remove" if dry_run else "removed"
    for find in finds:
        verb = word if find.is_removed else "kept"
        click.echo(f"{verb} {on.plain(str(find.path))}: {on.plain(find.reason)}")
    click.echo(f"{word} {removed} of {len(finds)} folders")
    return 0
