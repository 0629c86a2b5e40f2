"""`stage-engine run`: a pipeline in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.cli.options import format_option
from stage_engine.cli.options import Duration, file_type, read_input
from stage_engine.samples import REPO, SAMPLES

if TYPE_CHECKING:
    from stage_engine.context import Engine
    from stage_engine.payloads import Payload
    from stage_engine.runs import Request

_NAMES = [sample.work_item for sample in SAMPLES]


EXAMPLES = """\b
Examples:
  stage-engine run SAMPLE-1
  stage-engine run --payload task.json --trace
  stage-engine run --payload task.json --definition checks --dry-run
"""


@click.command(epilog=EXAMPLES)
@click.argument("sample", type=click.Choice(_NAMES), required=False)
@click.option("--payload", type=file_type, help="A JSON file with the task; - for standard input.")
@click.option("--definition", metavar="NAME", default="default", show_default=True)
@click.option("--node", "nodes", metavar="ID", multiple=True, help="Only this node; repeatable.")
@click.option(
    "--wait",
    type=Duration(),
    default="60s",
    show_default=True,
    help="How long a stage waits for what comes by itself, such as the merge lease.",
)
@click.option("--dry-run", is_flag=True, help="List the nodes in order; nothing is done.")
@click.option("--trace", is_flag=True, help="Show where the final error arose.")
@format_option
def run(
    *,
    sample: str | None,
    payload: Path | None,
    definition: str,
    nodes: tuple[str, ...],
    wait: float,
    dry_run: bool,
    trace: bool,
    output: str,
) -> int:
    """Run a pipeline here and now: of a sample task, or of a payload.

    A payload is a JSON object with repo, work_item, branch, and if wanted title, trace_id and
    host. A run can be repeated: what was done is not done again. Developer jobs are carried out
    within the run where ORCH_DEVELOPER_COMMAND is set.
    """
    from coverage_gate.cli.progress import open_progress
    from stage_engine.cli.run_answers import tell_plan, tell_result
    from stage_engine.engine import open_engine
    from stage_engine.foreground import own_hands
    from stage_engine.runs import run_definition

    if sample is not None and payload is not None:
        raise click.UsageError("give a sample or --payload, not both")
    with open_progress() as progress:
        engine = open_engine(progress=progress)
        asked = _request(engine, sample, payload, name=definition, nodes=nodes, wait_s=wait)
        if dry_run:
            return tell_plan(asked, output=output)
        if payload is None:
            _make_samples(engine)
        result = run_definition(engine, asked, hands=own_hands())
    return tell_result(engine, result, output=output, with_trace=trace)


def _request(
    engine: Engine,
    sample: str | None,
    payload: Path | None,
    *,
    name: str,
    nodes: tuple[str, ...],
    wait_s: float,
) -> Request:
    from stage_engine.foreground import check_is_here, definition_of
    from stage_engine.runs import Request

    asked = Request(
        payload=_sample(sample or _NAMES[0]) if payload is None else _read(payload),
        name=name,
        definition=definition_of(engine, name),
        only=frozenset(nodes),
        wait_s=wait_s,
    )
    asked.check()
    check_is_here(engine, asked.payload.host)
    return asked


def _sample(name: str) -> Payload:
    from stage_engine.payloads import Payload

    sample = next(sample for sample in SAMPLES if sample.work_item == name)
    return Payload(repo=REPO, work_item=name, branch=sample.branch, title=sample.title)


def _read(path: Path) -> Payload:
    from stage_engine.payloads import read_payload

    content, name = read_input(path)
    return read_payload(content, name=name)


def _make_samples(engine: Engine) -> None:
    from stage_engine.sample_data import make_sample_data

    if any(made.is_new for made in make_sample_data(engine)):
        click.echo("stage-engine: made the sample data that was missing", err=True)
