"""What becomes of a job that lost its worker, or whose worker stumbled over an error of its own.

It goes back into the queue, later each time that it happens without a step forward in between: a
job that kills whoever takes it must neither keep the others waiting nor come for ever.
"""

from __future__ import annotations

from coverage_gate.boundary import visible
from stage_engine import jobqueue, tasks
from stage_engine.store import EngineClock, Rows
from stage_engine.values import Job, JobState, TaskStatus

#: More than this many without a step forward are no bad luck.
LIMIT = 10

_KEY = "setbacks"
_FIRST_MS = 1000
_LONGEST_MS = 60_000


def set_back(rows: Rows, job: Job, *, reason: str, clock: EngineClock) -> JobState:
    """Put a job back that its worker could not finish, or end it after too many of these.

    Args:
        rows: The transaction.
        job: As its worker took it.
        reason: What happened, for the log of the job.
        clock: Of this machine.

    Returns:
        PENDING or FAILED; CANCELLED: it was not that worker's any more, and nothing was written.
    """
    stage = _stage(rows, job)
    before = job.payload.get(_KEY, {})
    count = before["count"] + 1 if before.get("stage") == stage else 1
    if count > LIMIT:
        return _give_up(rows, job, reason)
    payload = {**job.payload, _KEY: {"count": count, "stage": stage}}
    delay = 0 if count == 1 else min(_FIRST_MS << (count - 2), _LONGEST_MS)
    is_back = jobqueue.give_back(rows, job, clock=clock, delay_ms=delay, payload=payload)
    if not is_back:
        return JobState.CANCELLED
    jobqueue.log(rows, job, f"{reason}; it goes back into the queue")
    return JobState.PENDING


def _stage(rows: Rows, job: Job) -> str:
    """Where the job's task is: once it moves, the count begins again."""
    if job.task_id is None:
        return ""
    task = tasks.find(rows, job.task_id)
    return f"{task.stage} {task.developer_retries}"


def _give_up(rows: Rows, job: Job, reason: str) -> JobState:
    error = f"given up after {LIMIT} setbacks, the last: {visible(reason)}"
    if not jobqueue.finish(rows, job, error=error):
        return JobState.CANCELLED
    if job.task_id is not None and job.kind == jobqueue.DEVELOP:
        # A failed developer job costs an attempt, which is for the stage to say.
        jobqueue.enqueue(rows, kind=jobqueue.ADVANCE, task_id=job.task_id, repo=job.repo)
    elif job.task_id is not None:
        _park(rows, job.task_id, error)
    return JobState.FAILED


def _park(rows: Rows, task_id: int, reason: str) -> None:
    task = tasks.find(rows, task_id)
    if task.is_open:
        tasks.interrupt_steps(rows, task_id)
        tasks.change(rows, task, status=TaskStatus.PARKED, reason=reason)
        run = tasks.ensure_run(rows, task_id, source="worker")
        tasks.change_run(rows, run.run_id, TaskStatus.PARKED, error=reason)
