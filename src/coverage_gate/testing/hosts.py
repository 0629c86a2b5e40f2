"""A public fake of an orchestrator: it does nothing and remembers everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCall:
    """One call that a host got.

    Attributes:
        name: Of the function, as in `StageHost`.
        values: Its arguments, by name.
    """

    name: str
    values: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class RecordingHost:
    """Fits `coverage_gate.splice.StageHost`.

    Attributes:
        answer: What `run_qg` answers.
        retries: What `developer_retry_count` answers; a queued job raises it.
        failing: Function name → what it raises.
        hanging: Function name → what it waits for before it answers.
        calls: Every call in order, those that failed included.
    """

    answer: tuple[bool, str] = (True, "holds")
    retries: int = 0
    failing: Mapping[str, BaseException] = field(default_factory=dict)
    hanging: Mapping[str, Event] = field(default_factory=dict)
    calls: list[HostCall] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The functions that were called, in order."""
        return [call.name for call in self.calls]

    def values_of(self, name: str) -> Mapping[str, Any]:
        """The arguments of the only call of a function; ValueError for none or several."""
        (call,) = [call for call in self.calls if call.name == name]
        return call.values

    def run_qg(self, name: str, repo: str, work_item: str, branch: str) -> tuple[bool, str]:
        """The answer that was given."""
        self._hear("run_qg", name=name, repo=repo, work_item=work_item, branch=branch)
        return self.answer

    def update_task_stage(self, task_id: object, stage: str) -> None:
        """Remember."""
        self._hear("update_task_stage", task_id=task_id, stage=stage)

    def developer_retry_count(self, task_id: object) -> int:
        """The number of jobs so far."""
        self._hear("developer_retry_count", task_id=task_id)
        return self.retries

    def enqueue_job(
        self,
        task_id: object,
        agent: str,
        description: str,
        *,
        repo: str,
        work_item: str,
        branch: str,
        reason: str,
        report: str,
        attempt: int,
    ) -> None:
        """Remember, and count."""
        self._hear(
            "enqueue_job",
            task_id=task_id,
            agent=agent,
            description=description,
            repo=repo,
            work_item=work_item,
            branch=branch,
            reason=reason,
            report=report,
            attempt=attempt,
        )
        self.retries = attempt

    def release_merge_lease(self, repo: str, task_id: object) -> None:
        """Remember."""
        self._hear("release_merge_lease", repo=repo, task_id=task_id)

    def notify_stage_change(self, task_id: object, old: str, new: str, reason: str) -> None:
        """Remember."""
        self._hear("notify_stage_change", task_id=task_id, old=old, new=new, reason=reason)

    def plane_notify_stage(self, work_item: str, stage: str) -> None:
        """Remember."""
        self._hear("plane_notify_stage", work_item=work_item, stage=stage)

    def set_issue_in_progress(self, work_item: str) -> None:
        """Remember."""
        self._hear("set_issue_in_progress", work_item=work_item)

    def notify_qg_failure(self, task_id: object, name: str, reason: str) -> None:
        """Remember."""
        self._hear("notify_qg_failure", task_id=task_id, name=name, reason=reason)

    def plane_add_comment(self, work_item: str, comment: str) -> None:
        """Remember."""
        self._hear("plane_add_comment", work_item=work_item, comment=comment)

    def _hear(self, name: str, /, **values: object) -> None:
        self.calls.append(HostCall(name=name, values=values))
        if name in self.hanging:
            self.hanging[name].wait()
        if name in self.failing:
            raise self.failing[name]
