"""The state of everything at once, as it is shown to people and machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain
from typing import Any

from sqlalchemy import func, select

from coverage_gate import gate
from coverage_gate.adapters.stores.schema import LEASES
from coverage_gate.core.records import OutboxState
from coverage_gate.receiving import configured_topics
from stage_engine.context import Engine
from stage_engine.qg import SUB_GATES
from stage_engine.schema import JOBS, TASKS
from stage_engine.stages import DEPLOY, DEPLOY_STAGING, STAGE_TRANSITIONS
from stage_engine.store import Rows
from stage_engine.values import JobState, TaskStatus


def queue_block(engine: Engine, *, read: Callable[[str], Any] = json.loads) -> dict[str, Any]:
    """Open tasks by stage, how many are done, leases, jobs by state, and the coverage block.

    Args:
        engine: Whose state.
        read: What becomes of each list of tasks, which the database tells as JSON: who only sends
            it on has no use for ten thousand objects.

    Raises:
        StoreError: If the database cannot be read.
    """
    with engine.store.reading() as rows:
        tasks = _open_tasks(rows)
        done = _done(rows)
        leases = _leases(engine, rows)
        jobs = _jobs(rows)
        messages = _messages(engine, rows)
    return {
        "tasks": {stage: read(text) for stage, text in tasks.items()},
        "done": done,
        "leases": leases,
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


_SHOWN = {
    "task_id": TASKS.c.id,
    "repo": TASKS.c.repo,
    "work_item": TASKS.c.work_item,
    "branch": TASKS.c.branch,
    "status": TASKS.c.status,
    "reason": TASKS.c.reason,
}


def _open_tasks(rows: Rows) -> dict[str, str]:
    """By stage, a list in JSON, oldest first. There may be ten thousand, asked for often."""
    told = func.json_object(*chain.from_iterable(_SHOWN.items()))
    wanted = select(TASKS.c.stage, told).where(TASKS.c.status != TaskStatus.DONE)
    found: dict[str, list[str]] = {stage: [] for stage in STAGE_TRANSITIONS}
    for stage, text in rows.connection.execute(wanted.order_by(TASKS.c.id)).all():
        found[stage].append(text)
    return {stage: f"[{','.join(texts)}]" for stage, texts in found.items()}


def _done(rows: Rows) -> int:
    counted = select(func.count()).where(TASKS.c.status == TaskStatus.DONE)
    return rows.connection.execute(counted).scalar_one()


def _leases(engine: Engine, rows: Rows) -> dict[str, Any]:
    """Those that somebody has, by repository."""
    lease, boot, now_ms = LEASES.c, engine.clock.boot_id(), engine.clock.now_ms()
    wanted = select(lease.repository, lease.holder, lease.fence, lease.boot, lease.expires_ms)
    held = wanted.where(lease.holder.is_not(None)).order_by(lease.repository)
    return {
        repository: {
            "holder": holder,
            "fence": fence,
            "is_over": clock != boot or expires_ms <= now_ms,
        }
        for repository, holder, fence, clock, expires_ms in rows.connection.execute(held).all()
    }


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
