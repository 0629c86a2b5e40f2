"""What the engine knows of tasks, runs and jobs, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class TaskStatus(StrEnum):
    """Whether a task can go on.

    WAITING goes on by itself or after a person acted, and its reason says for what; PARKED needs a
    person.
    """

    ACTIVE = "active"
    WAITING = "waiting"
    PARKED = "parked"
    DONE = "done"


class StepStatus(StrEnum):
    """How one step of a stage ended; INTERRUPTED: nobody lived to say."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    ERROR = "error"
    INTERRUPTED = "interrupted"


class JobState(StrEnum):
    """How far a job came."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_active(self) -> bool:
        """Whether somebody works on it or will."""
        return self in (JobState.PENDING, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of work on its way to main.

    Attributes:
        id: Number of the row.
        repo: Name of the repository, below ORCH_REPOS_DIR.
        work_item: Its name in the tracker; unique in the repository, and the holder of the lease.
        branch: Where its commits are.
        title: For people.
        stage: A key of `STAGE_TRANSITIONS`.
        status: Whether it can go on.
        reason: Why it waits or is parked; empty else.
        developer_retries: How often it was sent back to development.
        job_id: The developer's job of this stay in development; None for none.
        head: Last commit of the branch that the engine saw; None before the first.
        judged_head: The commit that passed all sub-gates; None unless in deploy or done.
        judged_base: The commit of main that it was judged against.
        created_at: ISO 8601 in UTC.
        updated_at: ISO 8601 in UTC.
        version: Rises with each write; a write names the one that it read.
    """

    id: int
    repo: str
    work_item: str
    branch: str
    title: str
    stage: str
    status: TaskStatus
    reason: str
    developer_retries: int
    job_id: int | None
    head: str | None
    judged_head: str | None
    judged_base: str | None
    created_at: str
    updated_at: str
    version: int

    @property
    def is_open(self) -> bool:
        """Whether the engine can still do something for it."""
        return self.status in (TaskStatus.ACTIVE, TaskStatus.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One journey of a task, from its submission or its resumption to its end.

    Attributes:
        seq: Rises with each run.
        run_id: Names it.
        trace_id: Names it in the logs of other systems.
        task_id: Whose.
        source: Who asked: "submit", "resume", ...
        status: As the task's, when last written.
        started_at: ISO 8601 in UTC.
        finished_at: None while it goes on.
        error: The last one; empty for none.
        trace: Where that error arose, for `--trace`; empty for none.
    """

    seq: int
    run_id: str
    trace_id: str
    task_id: int
    source: str
    status: TaskStatus
    started_at: str
    finished_at: str | None
    error: str
    trace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageExecution:
    """One step that was begun.

    Attributes:
        seq: Rises with each step.
        run_id: In which run.
        task_id: Whose.
        stage: The stage in which the step was made.
        step: Its name, as in "merge gate: catch-up".
        attempt: The how-manieth of its name and stage in the run, from 1.
        status: How it ended.
        started_at: ISO 8601 in UTC.
        finished_at: None while it runs, and when it was interrupted.
        duration_ms: None likewise.
        error: Why it did not pass; empty else.
        detail: Facts as a JSON object.
    """

    seq: int
    run_id: str
    task_id: int
    stage: str
    step: str
    attempt: int
    status: StepStatus
    started_at: str
    finished_at: str | None
    duration_ms: int | None
    error: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something for a worker to do.

    Attributes:
        id: Rises with each job; older ones are taken first.
        kind: What it is: "developer", "advance", ...
        task_id: For which task; None for none.
        repo: In which repository; empty for none.
        host: Which host has to do it; empty: any.
        template: What it was made from; empty for none.
        state: How far it came.
        attempt: How often it was taken.
        worker: Who has it, or had it last; empty for nobody.
        boot: Names the clock of `heartbeat_ms`, see `Clock.boot_id`.
        heartbeat_ms: When its worker last said that it lives; 0 for never.
        not_before_ms: Not taken earlier, on the clock of the host that wrote it; 0: at once.
        created_at: ISO 8601 in UTC.
        started_at: When it was last taken.
        finished_at: None while it is active.
        payload: What its kind needs, as a JSON object.
        error: Why it failed; empty else.
    """

    id: int
    kind: str
    task_id: int | None
    repo: str
    host: str
    template: str
    state: JobState
    attempt: int
    worker: str
    boot: str
    heartbeat_ms: int
    not_before_ms: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    payload: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """Something that a job said.

    Attributes:
        seq: Rises with each line of all jobs.
        job_id: Which job.
        attempt: Of the job.
        at: ISO 8601 in UTC.
        text: Printable, on one or more lines.
    """

    seq: int
    job_id: int
    attempt: int
    at: str
    text: str


@dataclass(slots=True, kw_only=True)
class AdvanceResult:
    """What one call of `advance_stage` did. Not frozen: the splice writes into it.

    Attributes:
        task_id: Whose.
        from_stage: Where the task was.
        to_stage: Where it is now.
        advanced: Whether it came into the next stage.
        reason: What happened, in one line.
        waiting: Whether it stays where it is until something else happened.
        rolled_back_to: The stage that it was sent back to; None for none.
        enqueued_agent: The agent whose job was queued; None for none.
        parked: Whether it needs a person now.
    """

    task_id: int
    from_stage: str
    to_stage: str
    advanced: bool = False
    reason: str = ""
    waiting: bool = False
    rolled_back_to: str | None = None
    enqueued_agent: str | None = None
    parked: bool = False
