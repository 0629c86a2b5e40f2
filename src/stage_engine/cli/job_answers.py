"""How jobs are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from coverage_gate.adapters.render.canvas import Canvas
from coverage_gate.adapters.render.printable import block
from stage_engine import jobqueue
from stage_engine.cli.output import Column, answer_json, canvas, say, status_text, table
from stage_engine.context import Engine
from stage_engine.foreground import find_job
from stage_engine.values import Job, JobState, LogLine

_JOBS = (
    Column(title="JOB", width=6, is_number=True),
    Column(title="KIND", width=9),
    Column(title="STATE", width=9),
    Column(title="TRY", width=3, is_number=True),
    Column(title="TASK", width=5, is_number=True),
    Column(title="HOST", width=12),
    Column(title="ABOUT"),
)
_WORDS = 4000


def tell_jobs(engine: Engine, *, state: str | None, limit: int, output: str) -> int:
    """Tell which jobs there are, newest first."""
    states = tuple(JobState) if state is None else (JobState(state),)
    with engine.store.reading() as rows:
        found = jobqueue.listed(rows, states=states, limit=limit)
    if output == "json":
        answer_json({"jobs": [_object(job) for job in found]})
        return 0
    if not found:
        say("No jobs found")
        return 0
    for line in table(canvas(), _JOBS, map(_row, found)):
        say(line)
    return 0


def tell_job(job: Job, *, output: str) -> int:
    """Tell all of a job."""
    if output == "json":
        answer_json({"job": _object(job)})
        return 0
    for line in _lines(canvas(), job):
        say(line)
    return 0


def tell_logs(engine: Engine, job_id: int, *, output: str) -> int:
    """Tell what a job said."""
    find_job(engine, job_id)
    with engine.store.reading() as rows:
        found = jobqueue.logs(rows, job_id)
    if output == "json":
        answer_json({"job_id": job_id, "logs": [asdict(line) for line in found]})
        return 0
    for text in _log_lines(canvas(), found):
        say(text)
    if not found:
        say(f"job {job_id} said nothing yet")
    return 0


def tell_end(engine: Engine, job_id: int, state: JobState, *, output: str) -> int:
    """Tell how a job that was run here ended. Returns the exit status."""
    job = find_job(engine, job_id)
    with engine.store.reading() as rows:
        said = [line for line in jobqueue.logs(rows, job_id) if line.attempt == job.attempt]
    if output == "json":
        answer_json({"job": _object(job), "logs": [asdict(line) for line in said]})
    else:
        on = canvas()
        for text in _log_lines(on, tuple(said)):
            say(text)
        say(f"job {job_id}: {status_text(on, str(state))}")
    return 0 if state is JobState.DONE else 1


def _row(job: Job) -> tuple[str, ...]:
    task = "" if job.task_id is None else str(job.task_id)
    about = job.error or job.template
    return str(job.id), job.kind, str(job.state), str(job.attempt), task, job.host or "any", about


def _lines(on: Canvas, job: Job) -> Iterator[str]:
    yield f"job       {job.id}, {on.plain(job.kind)}"
    yield f"state     {status_text(on, str(job.state))}"
    facts = {
        "task": job.task_id,
        "repo": job.repo,
        "host": job.host or "any",
        "template": job.template,
        "worker": job.worker,
        "attempt": job.attempt,
        "created": job.created_at,
        "started": job.started_at,
        "finished": job.finished_at,
        "error": job.error,
    }
    for name, value in facts.items():
        if value not in (None, ""):
            yield f"{name:<9} {on.plain(str(value), limit=_WORDS)}"
    yield f"payload   {on.plain(json.dumps(dict(job.payload)), limit=_WORDS)}"


def _log_lines(on: Canvas, found: tuple[LogLine, ...]) -> Iterator[str]:
    for line in found:
        for text in block(line.text, limit=_WORDS).splitlines():
            yield f"{line.at} {line.attempt}: {on.plain(text, limit=_WORDS)}"


def _object(job: Job) -> dict[str, Any]:
    found = asdict(job)
    # Of the queue's own clock; means nothing elsewhere.
    for key in ("boot", "heartbeat_ms", "not_before_ms"):
        found.pop(key)
    return found
