"""The state of everything at once, as it is shown to people and machines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from coverage_gate import gate
from coverage_gate.core.ratchet import LeaseRow
from coverage_gate.core.records import OutboxState
from coverage_gate.wiring import configured_topics
from stage_engine import tasks
from stage_engine.context import Engine
from stage_engine.qg import SUB_GATES
from stage_engine.schema import JOBS
from stage_engine.stages import DEPLOY, DEPLOY_STAGING, STAGE_TRANSITIONS
from stage_engine.store import Rows
from stage_engine.values import JobState, Task, TaskStatus

_MANY = 100_000


def queue_block(engine: Engine) -> dict[str, Any]:
    """Open tasks by stage, how many are done, leases, jobs by state, and the coverage block.

    Raises:
        StoreError: If the database cannot be read.
    """
    with engine.store.reading() as rows:
        known = tasks.listed(rows, limit=_MANY)
        leases = [
            lease for repo in sorted({t.repo for t in known}) if (lease := _lease(rows, repo))
        ]
        jobs = _jobs(rows)
        messages = _messages(engine, rows)
    return {
        "tasks": {stage: _tasks(known, stage) for stage in STAGE_TRANSITIONS},
        "done": sum(task.status is TaskStatus.DONE for task in known),
        "leases": {lease.repository: _lease_object(engine, lease) for lease in leases},
        "jobs": jobs,
        "messages": messages,
        "coverage": gate.snapshot(),
    }


def plan_block(engine: Engine) -> dict[str, Any]:
    """The edge with sub-gates, and these in the order in which they run."""
    declared = {entry.name: entry for entry in SUB_GATES.entries}
    return {
        "edge": [DEPLOY_STAGING, DEPLOY],
        "sub_gates": [
            {
                "name": name,
                "after": list(declared[name].after),
                "before": list(declared[name].before),
                "requires": list(declared[name].requires),
                "is_there": name in engine.checks,
            }
            for name in engine.sub_gates
        ],
    }


def _tasks(known: tuple[Task, ...], stage: str) -> list[dict[str, Any]]:
    return [
        {
            "task_id": task.id,
            "repo": task.repo,
            "work_item": task.work_item,
            "branch": task.branch,
            "status": str(task.status),
            "reason": task.reason,
        }
        for task in reversed(known)
        if task.stage == stage and task.status is not TaskStatus.DONE
    ]


def _lease(rows: Rows, repo: str) -> LeaseRow | None:
    lease = rows.shared.lease(repo)
    return None if lease is None or lease.holder is None else lease


def _lease_object(engine: Engine, lease: LeaseRow) -> dict[str, Any]:
    clock = engine.clock
    is_over = lease.boot != clock.boot_id() or lease.expires_ms <= clock.now_ms()
    return {"holder": lease.holder, "fence": lease.fence, "is_over": is_over}


def _messages(engine: Engine, rows: Rows) -> dict[str, dict[str, Any]]:
    """By receiver: what waits to be told, and what could not be."""
    counts = rows.shared.message_counts()
    configured = configured_topics(engine.settings.gate)
    return {
        topic: {
            "is_configured": topic in configured,
            "pending": counts.get((topic, OutboxState.PENDING), 0),
            "dead": counts.get((topic, OutboxState.DEAD), 0),
        }
        for topic in sorted({*configured, *(topic for topic, _ in counts)})
    }


def _jobs(rows: Rows) -> dict[str, int]:
    counted = select(JOBS.c.state, func.count().label("jobs")).group_by(JOBS.c.state)
    found = {row.state: row.jobs for row in rows.connection.execute(counted)}
    return {str(state): found.get(state, 0) for state in JobState}
