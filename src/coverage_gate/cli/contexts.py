"""`coverage-gate contexts`: find out which tests run which lines of main."""

from __future__ import annotations

from pathlib import Path

import click

from coverage_gate.cli.lessons import learned, lesson_options

EXAMPLES = """\b
Examples:
  coverage-gate contexts record --repo shop --base main
"""


@click.group(epilog=EXAMPLES)
def contexts() -> None:
    """Which tests run which lines of main, to name those of a lost line."""


@contexts.command(epilog=EXAMPLES)
@lesson_options
def record(repo: Path, output: str, **flags: str | None) -> int:
    """Run the tests of main once, and keep which of them run what.

    Nothing is measured by this run. Do it after a merge, beside everything else: a check only
    reads what is kept. The exit status is 1 when the tests fail or cannot run.
    """
    from coverage_gate.adapters.render.json_verdict import to_json_line
    from coverage_gate.cli.answers import tell_failure
    from coverage_gate.core.measurement import MeasureFailure

    found = learned(repo, flags, lambda main: main.learn_contexts())
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
