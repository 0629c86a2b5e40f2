"""Rows of jobs and of what they said. No job is taken twice: one guarded statement gives it away.

A job belongs to who took it until it is finished, given back, cancelled, or reclaimed because its
worker fell silent. Each write of a worker names its job as it was taken, so that one that was
reclaimed meanwhile changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, true, update
from sqlalchemy.dialects import sqlite

from coverage_gate.adapters.stores.texts import prose_text
from stage_engine.schema import JOBS, LOGS
from stage_engine.store import EngineClock, Rows
from stage_engine.values import Job, JobState, LogLine

#: What a worker does for a task: goes on with it, or works as its developer.
ADVANCE = "advance"
DEVELOP = "developer"
#: What a worker does for a repository after a merge.
LEARN = "learn"


def enqueue(
    rows: Rows,
    *,
    kind: str,
    task_id: int | None = None,
    repo: str = "",
    host: str = "",
    template: str = "",
    payload: Mapping[str, object] | None = None,
) -> int:
    """Queue a job. Returns its number; that of the active one of this task and kind, if any."""
    values: dict[str, object] = {"kind": kind, "task_id": task_id, "repo": repo, "host": host}
    values |= {"template": template, "payload": json.dumps(dict(payload or {}))}
    values |= {"state": JobState.PENDING, "created_at": rows.at}
    made = sqlite.insert(JOBS).values(**values).on_conflict_do_nothing().returning(JOBS.c.id)
    number = rows.connection.execute(made).scalar_one_or_none()
    if number is None:
        same = (JOBS.c.task_id == task_id) & (JOBS.c.kind == kind) & _in(_ACTIVE)
        number = rows.connection.execute(select(JOBS.c.id).where(same)).scalar_one()
    return int(number)


def take_job(
    rows: Rows,
    *,
    worker: str,
    host: str,
    clock: EngineClock,
    kinds: Iterable[str] | None = None,
    only: int | None = None,
) -> Job | None:
    """Take the oldest due job for this host; None where there is none.

    Args:
        rows: A writing transaction.
        worker: Who takes it; no two that live at the same time have one name.
        host: Jobs of other hosts are left alone; those of no host are anybody's.
        clock: Of this machine.
        kinds: Which kinds the worker can do; None: all.
        only: This very job, if it is pending, also before its time; None: any.
    """
    now, boot = clock.now_ms(), clock.boot_id()
    due = _in({JobState.PENDING}) & JOBS.c.host.in_(["", host])
    # After a restart of the machine the number means nothing any more.
    is_time = or_(JOBS.c.not_before_ms <= now, JOBS.c.boot != boot)
    due &= is_time if only is None else JOBS.c.id == only
    if kinds is not None:
        due &= JOBS.c.kind.in_(list(kinds))
    oldest = select(JOBS.c.id).where(due).order_by(JOBS.c.id).limit(1).scalar_subquery()
    values = {"state": JobState.RUNNING, "worker": worker, "started_at": rows.at, "boot": boot}
    taken = update(JOBS).where(JOBS.c.id == oldest).values(**values, heartbeat_ms=now)
    taken = taken.values(attempt=JOBS.c.attempt + 1)
    row = rows.connection.execute(taken.returning(JOBS)).one_or_none()
    return None if row is None else _job(row)


def beat(rows: Rows, job: Job, *, clock: EngineClock) -> bool:
    """Say that the worker lives. False: the job is not its own any more, it has to stop."""
    return _write(rows, job, boot=clock.boot_id(), heartbeat_ms=clock.now_ms())


def finish(rows: Rows, job: Job, *, error: str = "") -> bool:
    """End a job, as failed where there is an error. False: it is not the worker's any more."""
    state = JobState.FAILED if error else JobState.DONE
    return _write(rows, job, state=state, error=prose_text(error), finished_at=rows.at)


def give_back(
    rows: Rows,
    job: Job,
    *,
    clock: EngineClock,
    delay_ms: int = 0,
    payload: Mapping[str, object] | None = None,
) -> bool:
    """Put a job back into the queue, not to be taken for a while, with another payload if given."""
    later = clock.now_ms() + delay_ms if delay_ms else 0
    values = {"state": JobState.PENDING, "worker": "", "boot": clock.boot_id()}
    values |= {} if payload is None else {"payload": json.dumps(dict(payload))}
    return _write(rows, job, **values, not_before_ms=later)


def wake(rows: Rows, *, repo: str | None = None) -> None:
    """Have the waiting jobs of a repository, or all, looked at now: something came further."""
    waiting = _in({JobState.PENDING}) & (JOBS.c.not_before_ms > 0)
    waiting &= true() if repo is None else JOBS.c.repo == repo
    rows.connection.execute(update(JOBS).where(waiting).values(not_before_ms=0))


def cancel(rows: Rows, job_id: int, *, reason: str = "cancelled") -> bool:
    """End a job that is pending or running; its worker sees it at the next `beat`."""
    values = {"state": JobState.CANCELLED, "error": prose_text(reason), "finished_at": rows.at}
    ended = update(JOBS).where(JOBS.c.id == job_id, _in(_ACTIVE)).values(**values)
    return rows.connection.execute(ended).rowcount == 1


def find(rows: Rows, job_id: int) -> Job | None:
    """The job of this number, None without one."""
    row = rows.connection.execute(select(JOBS).where(JOBS.c.id == job_id)).one_or_none()
    return None if row is None else _job(row)


def active_of(rows: Rows, task_id: int, kind: str) -> Job | None:
    """The pending or running job of this kind for a task, None without one."""
    is_it = (JOBS.c.task_id == task_id) & (JOBS.c.kind == kind) & _in(_ACTIVE)
    row = rows.connection.execute(select(JOBS).where(is_it)).one_or_none()
    return None if row is None else _job(row)


def listed(
    rows: Rows, *, states: Iterable[JobState] = tuple(JobState), limit: int = 100
) -> tuple[Job, ...]:
    """Jobs in these states, newest first."""
    wanted: Select[Any] = select(JOBS).where(_in(states))
    wanted = wanted.order_by(JOBS.c.id.desc()).limit(limit)
    return tuple(map(_job, rows.connection.execute(wanted)))


def log(rows: Rows, job: Job, text: str) -> None:
    """Keep something that a job said."""
    values = {"job_id": job.id, "attempt": job.attempt, "at": rows.at, "text": prose_text(text)}
    rows.connection.execute(insert(LOGS).values(**values))


def logs(rows: Rows, job_id: int, *, after: int = 0) -> tuple[LogLine, ...]:
    """What a job said after the line of this number, oldest first."""
    wanted = select(LOGS).where(LOGS.c.job_id == job_id, LOGS.c.seq > after).order_by(LOGS.c.seq)
    return tuple(LogLine(**row._asdict()) for row in rows.connection.execute(wanted))


_ACTIVE = frozenset(state for state in JobState if state.is_active)


def _in(states: Iterable[JobState]) -> ColumnElement[bool]:
    return JOBS.c.state.in_(sorted(states))


def _write(rows: Rows, job: Job, **values: object) -> bool:
    is_mine = (JOBS.c.id == job.id) & (JOBS.c.worker == job.worker)
    is_mine &= (JOBS.c.attempt == job.attempt) & _in({JobState.RUNNING})
    written = update(JOBS).where(is_mine).values(**values)
    return rows.connection.execute(written).rowcount == 1


def _job(row: Row[Any]) -> Job:
    read = {"state": JobState(row.state), "payload": json.loads(row.payload)}
    return Job(**row._asdict() | read)
