"""An orchestrator that is not ours: functions and state of a module, its own lease and result.

Only `mount_coverage_gate` knows the coverage gate. Load the module anew to start from nothing.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coverage_gate import splice


class AdvanceResult:
    """What happened to a task."""

    def __init__(self) -> None:
        self.advanced_to: str | None = None
        self.rolled_back_to: str | None = None
        self.enqueued_agent: str | None = None
        self.blocked_by: str | None = None


@dataclass
class Task:
    """A task on its way."""

    number: int
    project: str
    ticket: str
    branch: str
    stage: str = "deploy-staging"


TASKS: dict[int, Task] = {}
JOBS: list[dict[str, object]] = []
LEASES: dict[str, int] = {}
RELEASES: list[str] = []
IMAGES_BUILT: list[str] = []
TOLD: list[str] = []
NOTIFY_SECONDS = 10.0


def check_branch_mergeable(project: str, ticket: str, branch: str) -> tuple[bool, str]:
    """Take the lease for the ticket's task."""
    (task,) = [task for task in TASKS.values() if task.ticket == ticket]
    holder = LEASES.setdefault(project, task.number)
    return holder == task.number, f"{branch}: lease held by task {holder}"


def check_staging_image_fresh(project: str, ticket: str, branch: str) -> tuple[bool, str]:
    """Build the costly image."""
    IMAGES_BUILT.append(f"{project}/{ticket}/{branch}")
    return True, "fresh"


QG_CHECKS: dict[str, Callable[[str, str, str], tuple[bool, str]]] = {
    "check_ci_green": lambda *_: (True, "green"),
    "check_branch_mergeable": check_branch_mergeable,
    "check_staging_image_fresh": check_staging_image_fresh,
}
HANDLERS: dict[str, Callable[[Task, AdvanceResult], bool]] = {}
AFTER_MERGE: list[Callable[[Task, str], object]] = []


def run_qg(name: str, repo: str, work_item: str, branch: str) -> tuple[bool, str]:
    return QG_CHECKS[name](repo, work_item, branch)


def update_task_stage(task_id: int, stage: str) -> None:
    TASKS[task_id].stage = stage


def developer_retry_count(task_id: int) -> int:
    return sum(job["task"] == task_id and job["agent"] == "developer" for job in JOBS)


def enqueue_job(agent: str, repo: str, description: str, task_id: int | None = None) -> int:
    JOBS.append({"agent": agent, "repo": repo, "text": description, "task": task_id})
    return len(JOBS)


def release_merge_lease(repo: str) -> None:
    RELEASES.append(repo)
    del LEASES[repo]


def notify_stage_change(task_id: int, old: str, new: str) -> None:
    TOLD.append(f"task {task_id}: {old} to {new}")


def plane_notify_stage(work_item: str, stage: str) -> None:
    TOLD.append(f"{work_item} is in {stage}")


def set_issue_in_progress(work_item: str) -> None:
    TOLD.append(f"{work_item} is in progress")


def notify_qg_failure(task_id: int, reason: str) -> None:
    TOLD.append(f"task {task_id} failed: {reason}")


def plane_add_comment(work_item: str, comment: str) -> None:
    TOLD.append(f"{work_item}: {comment}")


def advance_stage(task_id: int) -> AdvanceResult:
    """Take a task over the edge from deploy-staging to deploy, gate by gate."""
    task, result = TASKS[task_id], AdvanceResult()
    for name in QG_CHECKS:
        if name in HANDLERS:
            if HANDLERS[name](task, result):
                return result
        elif not run_qg(name, task.project, task.ticket, task.branch)[0]:
            result.blocked_by = name
            return result
    task.stage = result.advanced_to = "deploy"
    return result


def finish_merge(task_id: int, sha: str) -> list[object]:
    """The branch is on main: let everybody know who wants to."""
    TASKS[task_id].stage = "done"
    return [verify(TASKS[task_id], sha) for verify in AFTER_MERGE]


def mount_coverage_gate() -> splice.Mounted[Any]:
    host = sys.modules[__name__]
    mounted = splice.mount(QG_CHECKS)

    def on_edge(task: Task, result: AdvanceResult) -> bool:
        place = (task.number, task.stage, task.project, task.ticket, task.branch)
        return splice.handle_coverage_gate(
            host, *place, "deployer", result, notify_within_s=NOTIFY_SECONDS
        )

    def after_merge(task: Task, sha: str) -> bool:
        where = {"repo": task.project, "work_item": task.ticket, "branch": task.branch}
        return splice.verify_merge(host, task_id=task.number, sha=sha, **where)

    HANDLERS[mounted.name] = on_edge
    AFTER_MERGE.append(after_merge)
    return mounted
