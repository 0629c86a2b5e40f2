"""Our engine as the splice sees a host: what it is asked to do is gathered, then written at once.

A process that dies in the middle of a rollback has done nothing, and the step is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from coverage_gate.core.outbox import COMMENT, FAILURE, IN_PROGRESS, STAGE, STAGE_CHANGE
from stage_engine import jobqueue
from stage_engine.context import Engine
from stage_engine.notices import PLANE, TELEGRAM, notice
from stage_engine.orders import work_order
from stage_engine.passage import Effect, Outcome, Passage, Queue
from stage_engine.stages import DEVELOPER, DEVELOPMENT
from stage_engine.store import Rows
from stage_engine.values import Task


@dataclass(slots=True, kw_only=True)
class EngineHost:
    """Fits `coverage_gate.splice.StageHost` for one task.

    Attributes:
        engine: Whose checks are run.
        task: Whose gates are judged.
        check: The check that was run last.
        answer: Its answer.
        order: The work order, where a job was asked for.
        effects: What else was asked for.
    """

    engine: Engine
    task: Task
    check: str = ""
    answer: tuple[bool, str] = (False, "")
    order: str | None = None
    effects: list[Effect] = field(default_factory=list)

    def run_qg(self, name: str, repo: str, work_item: str, branch: str) -> tuple[bool, str]:
        """Run a check; what it raises is the splice's to judge."""
        ok, reason = self.engine.checks[name](repo, work_item, branch)
        self.check, self.answer = name, (bool(ok), reason)
        return self.answer

    def update_task_stage(self, task_id: int, stage: str) -> None:
        """Nothing: the one stage that a task is sent back to is written by `send_back`."""

    def developer_retry_count(self, task_id: int) -> int:
        """How often the task was sent back."""
        del task_id
        return self.task.developer_retries

    def enqueue_job(
        self,
        task_id: int,
        agent: str,
        description: str = "",
        *,
        reason: str,
        attempt: int,
        **facts: object,
    ) -> None:
        """Ask for a developer's job, with a work order of our own."""
        del task_id, agent, description, facts
        self.order = work_order(self.task, check=self.check, reason=reason, attempt=attempt)

    def release_merge_lease(self, repo: str, task_id: int) -> None:
        """Ask for the lease to be given back, if the task holds it."""
        del task_id
        self.effects.append(partial(_release, repo, self.task.work_item))

    def notify_stage_change(self, task_id: int, old: str, new: str, reason: str) -> None:
        """Leave a message for people."""
        del task_id
        self._tell(TELEGRAM, STAGE_CHANGE, old=old, new=new, reason=reason)

    def notify_qg_failure(
        self, task_id: int, name: str, reason: str, *, attempt: int, parked: bool
    ) -> None:
        """Leave a message for people."""
        del task_id
        facts = {"check": name, "reason": reason, "attempt": attempt, "parked": parked}
        self._tell(TELEGRAM, FAILURE, **facts)

    def plane_notify_stage(self, work_item: str, stage: str) -> None:
        """Leave a message for the tracker."""
        del work_item
        self._tell(PLANE, STAGE, stage=stage)

    def set_issue_in_progress(self, work_item: str) -> None:
        """Leave a message for the tracker."""
        del work_item
        self._tell(PLANE, IN_PROGRESS)

    def plane_add_comment(self, work_item: str, comment: str) -> None:
        """Leave a message for the tracker."""
        del work_item
        self._tell(PLANE, COMMENT, comment=comment)

    def _tell(self, topic: str, kind: str, **facts: object) -> None:
        self.effects.append(notice(topic, kind, self.task, **facts))


def ask_to_send_back(host: EngineHost, check: str, reason: str, *, limit: int) -> None:
    """Ask for what the splice asks for on FAIL, for a gate that is not the splice's."""
    task, attempt = host.task, host.task.developer_retries + 1
    host.check = check
    if attempt <= limit:
        host.enqueue_job(task.id, DEVELOPER, reason=reason, attempt=attempt)
        then = f"Developer job {attempt} of {limit} is queued."
    else:
        then = f"{task.developer_retries} developer jobs did not mend it: it waits for a person."
    host.release_merge_lease(task.repo, task.id)
    host.notify_stage_change(task.id, task.stage, DEVELOPMENT, reason)
    host.plane_notify_stage(task.work_item, DEVELOPMENT)
    host.set_issue_in_progress(task.work_item)
    parked = attempt > limit
    host.notify_qg_failure(task.id, check, reason, attempt=attempt, parked=parked)
    comment = f"{check} failed: {reason} Back to {DEVELOPMENT}. {then}"
    host.plane_add_comment(task.work_item, comment)


def refuse(passage: Passage, check: str, outcome: Outcome) -> None:
    """Send a task back to development for a check that is not the splice's."""
    host = EngineHost(engine=passage.engine, task=passage.task)
    limit = passage.engine.settings.gate.developer_retry_limit
    ask_to_send_back(host, check, outcome.reason, limit=limit)
    send_back(passage, host, outcome)


def send_back(passage: Passage, host: EngineHost, outcome: Outcome) -> None:
    """Write what the host was asked for: in development with a new job, or parked without one."""
    values: dict[str, object] = {"judged_head": None, "judged_base": None}
    result = passage.result
    result.to_stage = result.rolled_back_to = DEVELOPMENT
    if host.order is None:
        passage.park(outcome, *host.effects, **values, stage=DEVELOPMENT, job_id=None)
        return
    values["developer_retries"] = passage.task.developer_retries + 1
    job = developer_job(passage.task, order=host.order, head=passage.head)
    passage.move(DEVELOPMENT, outcome, *host.effects, job=job, **values)
    result.enqueued_agent = DEVELOPER


def developer_job(task: Task, *, order: str, head: str | None) -> Queue:
    """What queues a developer's job for a task, as it was when the branch was at `head`."""
    payload = {"order": order, "head": head}

    def queue(rows: Rows) -> int:
        """Queue the job, unless the task has one that is active. Returns its number."""
        kind = jobqueue.DEVELOP
        return jobqueue.enqueue(rows, kind=kind, task_id=task.id, repo=task.repo, payload=payload)

    return queue


def _release(repo: str, work_item: str, rows: Rows) -> None:
    lease = rows.shared.lease(repo)
    if lease is not None and lease.holder == work_item:
        rows.shared.release_lease(repo, holder=work_item, fence=lease.fence)
