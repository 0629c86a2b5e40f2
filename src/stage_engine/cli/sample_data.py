"""`stage-engine sample-data`."""

from __future__ import annotations

import click

from coverage_gate.cli.options import format_option

EXAMPLES = """\b
Examples:
  stage-engine sample-data
  stage-engine run SAMPLE-1
"""


@click.command("sample-data", epilog=EXAMPLES)
@format_option
def sample_data(*, output: str) -> int:
    """Make something to look at: a small repository with four tasks, a host, templates.

    What is there already stays as it is.
    """
    from coverage_gate.settings import load_scope
    from stage_engine.cli.output import answer_json
    from stage_engine.engine import open_engine
    from stage_engine.sample_data import make_sample_data
    from stage_engine.samples import REPO

    found = make_sample_data(open_engine())
    if output == "json":
        listed = [{"what": one.what, "name": one.name, "is_new": one.is_new} for one in found]
        answer_json({"made": listed})
        return 0
    for one in found:
        click.echo(f"{one.what:<10} {one.name:<12} {'made' if one.is_new else 'was there'}")
    if not load_scope().applies(REPO):
        click.echo(f"the coverage gate judges it with ORCH_COVERAGE_GATE_REPOS={REPO}")
    click.echo("next: `stage-engine run SAMPLE-1`, or `stage-engine jobs create noop`")
    return 0
