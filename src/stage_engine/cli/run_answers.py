"""How a run is told: node by node, with its final error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coverage_gate.adapters.render.canvas import Canvas, Style
from coverage_gate.adapters.render.printable import block
from stage_engine.cli.output import (
    Column,
    answer_json,
    canvas,
    say,
    seconds_text,
    status_text,
    table,
)
from stage_engine.context import Engine
from stage_engine.journey import Channels, NodeResult, NodeStatus
from stage_engine.runs import Request, RunResult

_COLUMNS = (
    Column(title="STATUS", width=7),
    Column(title="TIME", width=9, is_number=True),
    Column(title="WHY"),
)
_LONGEST_ID = 24
_WORDS = 2000


def tell_plan(request: Request, *, output: str) -> int:
    """List `[type] id` of each node in order, and which would be skipped."""
    nodes = [
        {"id": node.id, "type": node.type, "is_skipped": node.id not in (request.only or {node.id})}
        for node in request.definition.order()
    ]
    if output == "json":
        answer_json({"dry_run": True, "definition": request.name, "nodes": nodes})
        return 0
    for node in nodes:
        say(f"[{node['type']}] {node['id']}{' (skipped)' if node['is_skipped'] else ''}")
    return 0


def tell_result(engine: Engine, result: RunResult, *, output: str, with_trace: bool) -> int:
    """Tell how a run ended. Returns the exit status: 0 only if every node that ran passed."""
    redact = engine.redact()
    if output == "json":
        answer_json(_object(result, with_trace=with_trace))
    else:
        for line in _lines(canvas(), result, with_trace=with_trace):
            say(redact(line))
    return 0 if result.status is NodeStatus.PASSED else 1


def _lines(on: Canvas, result: RunResult, *, with_trace: bool) -> Iterator[str]:
    rows = [
        (node.id, str(node.status), _time(node), node.reason.splitlines()[0] if node.reason else "")
        for node in result.nodes
    ]
    width = min(max(len(node.id) for node in result.nodes), _LONGEST_ID)
    yield from table(on, (Column(title="NODE", width=width), *_COLUMNS), rows)
    for node in result.nodes:
        if node.channels is not None:
            yield from on.wrapped(f"{node.id}: {_channels_text(node.channels)}", limit=_WORDS)
    yield ""
    yield f"{status_text(on, str(result.status))}: task {result.task_id}, run {result.run_id}"
    error = result.last_error
    if error is not None:
        yield from on.wrapped(f"{error.id}: {error.reason}", limit=_WORDS, indent=2)
        yield from _trace(on, error, with_trace=with_trace)
        yield on.painted(f"see `stage-engine monitor {result.run_id[:12]}`", Style.QUIET)


def _trace(on: Canvas, error: NodeResult, *, with_trace: bool) -> Iterator[str]:
    if error.trace and with_trace:
        yield from (on.plain(line, limit=_WORDS) for line in block(error.trace).splitlines())
    elif with_trace:
        yield "no tool broke, so there is no trace"
    elif error.trace:
        yield "--trace shows where it arose"


def _time(node: NodeResult) -> str:
    return seconds_text(None if node.status is NodeStatus.SKIPPED else node.duration_ms)


def _channels_text(channels: Channels) -> str:
    def names(found: tuple[str, ...]) -> str:
        return ", ".join(found) or "none"

    return (
        f"channels attempted: {names(channels.attempted)}; queued: {names(channels.queued)}; "
        f"succeeded: {names(channels.succeeded)}; failed: {names(tuple(channels.failed))}"
    )


def _object(result: RunResult, *, with_trace: bool) -> dict[str, Any]:
    error = result.last_error
    skipped = [node.id for node in result.nodes if node.status is NodeStatus.SKIPPED]
    return {
        "dry_run": False,
        "definition": result.definition,
        "task_id": result.task_id,
        "run_id": result.run_id,
        "trace_id": result.trace_id,
        "status": str(result.status),
        "executed": [node.id for node in result.nodes if node.id not in skipped],
        "skipped": skipped,
        "nodes": [_node_object(node) for node in result.nodes],
        "error": None if error is None else f"{error.id}: {error.reason}",
        "trace": error.trace if error is not None and with_trace else None,
    }


def _node_object(node: NodeResult) -> dict[str, Any]:
    channels = node.channels
    return {
        "id": node.id,
        "type": node.type,
        "status": str(node.status),
        "reason": node.reason,
        "duration_ms": None if node.status is NodeStatus.SKIPPED else node.duration_ms,
        "channels": None
        if channels is None
        else {
            "attempted": list(channels.attempted),
            "queued": list(channels.queued),
            "succeeded": list(channels.succeeded),
            "failed": channels.failed,
        },
    }
