"""`coverage-gate contexts`: find out which tests run which lines of main."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.options import base_option, db_option, format_option, repo_option

EXAMPLES = """\b
Examples:
  coverage-gate contexts record --repo shop --base main
"""


@click.group(epilog=EXAMPLES)
def contexts() -> None:
    """Which tests run which lines of main, to name those of a lost line."""


@contexts.command(epilog=EXAMPLES)
@repo_option
@base_option
@db_option
@click.option("--timeout", metavar="S", help="Seconds the test run may take.")
@click.option("--python", metavar="PATH", help="The interpreter that runs the tests.")
@format_option
def record(repo: Path, output: str, **flags: str | None) -> int:
    """Run the tests of main once, and keep which of them run what.

    Nothing is measured by this run. Do it after a merge, beside everything else: a check only
    reads what is kept. The exit status is 1 when the tests fail or cannot run.
    """
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.cli.answers import tell_failure
    from coverage_gate.cli.flags import reader
    from coverage_gate.cli.progress import open_progress
    from coverage_gate.core.measurement import MeasureFailure
    from coverage_gate.learning import open_main
    from coverage_gate.procedure import name_of

    base = flags["base"] or ""
    with (
        open_progress() as progress,
        open_main(reader(flags), name_of(repo), repo, base=base, progress=progress) as main,
    ):
        found = main.learn_contexts()
    if isinstance(found, MeasureFailure):
        return tell_failure(found, output=output)
    tests, files = len(found.tests), len(found.files)
    if output == "json":
        click.echo(
            to_json_line({"schema_version": 1, "tree": found.tree, "tests": tests, "files": files})
        )
    else:
        click.echo(f"tree {found.tree[:12]}: {tests} tests run something in {files} files")
    return 0
