"""How runs are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
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
from stage_engine.monitor import NO_RUNS, RunDetails
from stage_engine.values import Run, StageExecution, StepStatus, Task

_RUNS = (
    Column(title="RUN", width=12),
    Column(title="TRACE", width=12),
    Column(title="SOURCE", width=9),
    Column(title="STATUS", width=7),
    Column(title="STAGE", width=14),
    Column(title="WORK ITEM"),
)
_STEPS = (
    Column(title="STAGE", width=14),
    Column(title="STEP", width=26),
    Column(title="TRY", width=3, is_number=True),
    Column(title="STATUS", width=11),
    Column(title="TIME", width=9, is_number=True),
)
_WORDS = 2000


def tell_runs(found: Sequence[tuple[Run, Task]], *, output: str) -> int:
    """Tell which runs there are."""
    if output == "json":
        answer_json({"runs": [_run_object(run, task) for run, task in found]})
        return 0
    if not found:
        say(NO_RUNS)
        return 0
    rows = [
        (run.run_id[:12], run.trace_id, run.source, str(run.status), task.stage, task.work_item)
        for run, task in found
    ]
    for line in table(canvas(), _RUNS, rows):
        say(line)
    return 0


def tell_run(details: RunDetails, *, output: str, with_all: bool, with_trace: bool) -> int:
    """Tell all of one run."""
    steps = details.steps if with_all else details.newest_steps()
    if output == "json":
        found = _run_object(details.run, details.task)
        found |= {"stage_executions": [asdict(step) for step in details.steps]}
        answer_json({"run": found, "trace": details.run.trace if with_trace else None})
        return 0
    for line in _lines(canvas(), details, steps, with_trace=with_trace):
        say(line)
    return 0


def _lines(
    on: Canvas, details: RunDetails, steps: Sequence[StageExecution], *, with_trace: bool
) -> Iterator[str]:
    run, task = details.run, details.task
    yield f"run      {run.run_id}"
    yield f"trace    {on.plain(run.trace_id)}"
    yield f"task     {task.id}: {on.plain(task.work_item)} of {on.plain(task.repo)}"
    yield f"branch   {on.plain(task.branch)}"
    yield f"source   {on.plain(run.source)}"
    yield f"status   {status_text(on, str(run.status))} in {task.stage}"
    yield f"time     {run.started_at} to {run.finished_at or 'now'}"
    yield ""
    yield from _step_lines(on, steps)
    if run.error:
        yield ""
        yield from on.wrapped(f"last error: {run.error}", limit=_WORDS)
    if with_trace and run.trace:
        yield from (on.plain(line, limit=_WORDS) for line in block(run.trace).splitlines())


def _step_lines(on: Canvas, steps: Sequence[StageExecution]) -> Iterator[str]:
    rows = [
        (step.stage, step.step, str(step.attempt), str(step.status), seconds_text(step.duration_ms))
        for step in steps
    ]
    heading, *lines = table(on, _STEPS, rows)
    yield heading
    for step, line in zip(steps, lines, strict=True):
        yield line
        if step.status not in (StepStatus.PASSED, StepStatus.RUNNING) and step.error:
            for text in on.wrapped(step.error, limit=_WORDS, indent=4):
                yield on.painted(text, Style.QUIET)


def _run_object(run: Run, task: Task) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "trace_id": run.trace_id,
        "source": run.source,
        "status": str(run.status),
        "task_id": task.id,
        "repo": task.repo,
        "work_item": task.work_item,
        "branch": task.branch,
        "stage": task.stage,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "error": run.error,
    }
