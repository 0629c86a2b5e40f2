"""Rows of tasks, of their runs, and of the steps of these."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.dialects import sqlite

from stage_engine.schema import EXECUTIONS, RUNS, TASKS
from stage_engine.stages import FIRST
from stage_engine.store import Rows
from stage_engine.values import Run, StageExecution, StepStatus, Task, TaskStatus


class TaskError(Exception):
    """A task cannot be submitted, found or changed. The message says what to do next."""


class UnknownTaskError(TaskError):
    """There is no such task."""


class StaleTaskError(TaskError):
    """Somebody else changed the task since it was read; nothing was written."""


def submit(
    rows: Rows, *, repo: str, work_item: str, branch: str, title: str = "", head: str | None = None
) -> Task:
    """Make a task, or answer the one that this work item of the repository has already.

    Raises:
        TaskError: If that one has another branch.
    """
    values = {"repo": repo, "work_item": work_item, "branch": branch, "title": title, "head": head}
    values |= {"stage": FIRST, "status": TaskStatus.ACTIVE}
    values |= {"created_at": rows.at, "updated_at": rows.at}
    rows.connection.execute(sqlite.insert(TASKS).values(**values).on_conflict_do_nothing())
    is_it = (TASKS.c.repo == repo) & (TASKS.c.work_item == work_item)
    task = _task(rows.connection.execute(select(TASKS).where(is_it)).one())
    if task.branch != branch:
        raise TaskError(
            f"{work_item!r} of {repo!r} is task {task.id} already, with branch {task.branch!r}; "
            "submit another work item, or that branch"
        )
    return task


def find(rows: Rows, task_id: int) -> Task:
    """The task of this number. Raises UnknownTaskError."""
    row = rows.connection.execute(select(TASKS).where(TASKS.c.id == task_id)).one_or_none()
    if row is None:
        raise UnknownTaskError(f"there is no task {task_id}; `stage-engine monitor` lists them")
    return _task(row)


def listed(rows: Rows, *, repo: str | None = None, limit: int = 1000) -> tuple[Task, ...]:
    """Tasks, newest first."""
    wanted = select(TASKS).order_by(TASKS.c.id.desc()).limit(limit)
    wanted = wanted if repo is None else wanted.where(TASKS.c.repo == repo)
    return tuple(map(_task, rows.connection.execute(wanted)))


def change(rows: Rows, task: Task, **values: object) -> Task:
    """Write columns of a task, if nobody else did since it was read. Raises StaleTaskError."""
    is_it = (TASKS.c.id == task.id) & (TASKS.c.version == task.version)
    changed = update(TASKS).where(is_it).values(**values, version=task.version + 1)
    changed = changed.values(updated_at=rows.at)
    row = rows.connection.execute(changed.returning(TASKS)).one_or_none()
    if row is None:
        raise StaleTaskError(f"task {task.id} was changed by somebody else meanwhile; try again")
    return _task(row)


def ensure_run(rows: Rows, task_id: int, *, source: str, trace_id: str = "") -> Run:
    """The open run of a task, begun if there is none.

    Args:
        rows: The transaction.
        task_id: Whose run.
        source: Who asks, where it is begun.
        trace_id: Its name in the logs of other systems; empty: one of its own.
    """
    values = {"run_id": uuid4().hex, "trace_id": trace_id or uuid4().hex, "task_id": task_id}
    values |= {"source": source, "status": TaskStatus.ACTIVE, "started_at": rows.at}
    rows.connection.execute(sqlite.insert(RUNS).values(**values).on_conflict_do_nothing())
    is_open = (RUNS.c.task_id == task_id) & RUNS.c.finished_at.is_(None)
    return _run(rows.connection.execute(select(RUNS).where(is_open)).one())


def change_run(rows: Rows, run_id: str, status: TaskStatus, *, error: str, trace: str = "") -> None:
    """Write how a run stands; a task that is done or parked ends it."""
    ended = status in (TaskStatus.DONE, TaskStatus.PARKED)
    values = {"status": status, "error": error, "trace": trace}
    values |= {"finished_at": rows.at} if ended else {}
    rows.connection.execute(update(RUNS).where(RUNS.c.run_id == run_id).values(**values))


def runs(
    rows: Rows, *, status: TaskStatus | None = None, task_id: int | None = None, limit: int = 100
) -> tuple[Run, ...]:
    """Runs, newest first."""
    wanted: Select[Any] = select(RUNS).order_by(RUNS.c.seq.desc()).limit(limit)
    wanted = wanted if status is None else wanted.where(RUNS.c.status == status)
    wanted = wanted if task_id is None else wanted.where(RUNS.c.task_id == task_id)
    return tuple(map(_run, rows.connection.execute(wanted)))


def find_run(rows: Rows, run_id: str) -> Run | None:
    """The run of this name, None without one."""
    row = rows.connection.execute(select(RUNS).where(RUNS.c.run_id == run_id)).one_or_none()
    return None if row is None else _run(row)


def begin_step(rows: Rows, run: Run, *, stage: str, step: str) -> int:
    """Note that a step begins. Returns its number."""
    same = (EXECUTIONS.c.run_id == run.run_id) & (EXECUTIONS.c.stage == stage)
    count = select(func.count()).where(same, EXECUTIONS.c.step == step)
    values = {"run_id": run.run_id, "task_id": run.task_id, "stage": stage, "step": step}
    values |= {"attempt": (rows.connection.execute(count).scalar() or 0) + 1}
    values |= {"status": StepStatus.RUNNING, "started_at": rows.at}
    made = insert(EXECUTIONS).values(**values).returning(EXECUTIONS.c.seq)
    return int(rows.connection.execute(made).scalar_one())


def end_step(
    rows: Rows,
    seq: int,
    *,
    status: StepStatus,
    duration_ms: int,
    error: str,
    detail: dict[str, object],
) -> None:
    """Note how a step ended."""
    values = {"status": status, "finished_at": rows.at, "duration_ms": duration_ms, "error": error}
    is_it = EXECUTIONS.c.seq == seq
    ended = update(EXECUTIONS).where(is_it).values(**values, detail=json.dumps(detail))
    rows.connection.execute(ended)


def interrupt_steps(rows: Rows, task_id: int) -> None:
    """Mark what was begun for a task and never ended: whoever did it is gone."""
    open_ones = (EXECUTIONS.c.task_id == task_id) & (EXECUTIONS.c.status == StepStatus.RUNNING)
    values = {"status": StepStatus.INTERRUPTED, "error": "interrupted; it is repeated"}
    rows.connection.execute(update(EXECUTIONS).where(open_ones).values(**values))


def executions(rows: Rows, run_id: str) -> tuple[StageExecution, ...]:
    """The steps of a run, oldest first."""
    wanted = select(EXECUTIONS).where(EXECUTIONS.c.run_id == run_id).order_by(EXECUTIONS.c.seq)
    return tuple(map(_execution, rows.connection.execute(wanted)))


def _task(row: Row[Any]) -> Task:
    return Task(**row._asdict() | {"status": TaskStatus(row.status)})


def _run(row: Row[Any]) -> Run:
    return Run(**row._asdict() | {"status": TaskStatus(row.status)})


def _execution(row: Row[Any]) -> StageExecution:
    read = {"status": StepStatus(row.status), "detail": json.loads(row.detail)}
    return StageExecution(**row._asdict() | read)
