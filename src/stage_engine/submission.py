"""What somebody who gave a task to the engine is told."""

from __future__ import annotations

from typing import Any

from stage_engine import jobqueue, tasks
from stage_engine.context import Engine
from stage_engine.values import Task, TaskStatus


def submission_of(engine: Engine, task: Task) -> dict[str, Any]:
    """The numbers of a task, of its newest run and of its job; a job that waits is woken."""
    with engine.store.writing() as rows:
        run = tasks.runs(rows, task_id=task.id, limit=1)[0]
        job = jobqueue.active_of(rows, task.id, jobqueue.ADVANCE)
        if job is not None:
            jobqueue.wake(rows, repo=task.repo)
    return {
        "task_id": task.id,
        "run_id": run.run_id,
        "trace_id": run.trace_id,
        "job_id": None if job is None else job.id,
        "stage": task.stage,
        "status": str(task.status),
        "reason": task.reason,
    }


def submission_text(found: dict[str, Any]) -> list[str]:
    """The same for people."""
    reason = f": {found['reason']}" if found["reason"] else ""
    lines = [
        f"task   {found['task_id']}, {found['status']} in {found['stage']}{reason}",
        f"run    {found['run_id']}",
        f"trace  {found['trace_id']}",
    ]
    return [*lines, _next(found)]


def _next(found: dict[str, Any]) -> str:
    if found["job_id"] is not None:
        return f"job    {found['job_id']}; a `stage-engine worker` takes it"
    if found["status"] == TaskStatus.PARKED:
        return f"no job: `stage-engine resume {found['task_id']}` lets it go on"
    return "no job: there is nothing left to do"
