"""The stage development: whether the branch holds what the developer was asked for."""

from __future__ import annotations

from functools import partial

from coverage_gate.boundary import visible
from stage_engine import jobqueue
from stage_engine.host import developer_job, refuse
from stage_engine.orders import first_order
from stage_engine.passage import Outcome, Passage, failed, passed, waiting
from stage_engine.repository import Origin
from stage_engine.stages import DEVELOPER
from stage_engine.values import Job, JobState, StepStatus

NOBODY = (
    "waits for a person: commit on the branch, or set ORCH_DEVELOPER_COMMAND for a developer job"
)


def is_developed(passage: Passage, origin: Origin) -> bool:
    """Whether the task may leave development; else it waits, or is sent back once more."""
    job = _job_of(passage)
    if job is None:
        outcome = passage.step("development", partial(_begin, passage, origin))
        if not outcome.passed:
            order = first_order(passage.task)
            queue = developer_job(passage.task, order=order, head=passage.head)
            passage.wait(outcome, job=queue)
            passage.result.enqueued_agent = DEVELOPER
        return outcome.passed
    outcome = passage.step("development", partial(_judge, passage, origin, job))
    if outcome.status is StepStatus.FAILED:
        refuse(passage, f"developer job {job.id}", outcome)
    elif not outcome.passed:
        passage.wait(outcome)
    return outcome.passed


def _job_of(passage: Passage) -> Job | None:
    if passage.task.job_id is None:
        return None
    with passage.engine.store.reading() as rows:
        return jobqueue.find(rows, passage.task.job_id)


def _begin(passage: Passage, origin: Origin) -> Outcome:
    """A branch that was written before it was submitted needs no developer."""
    if _has_work(passage, origin):
        return passed(f"{visible(passage.task.branch)} holds work already")
    if passage.head is None:
        origin.create(passage.task.branch, origin.main_head())
        passage.head = origin.head_of(passage.task.branch)
    return waiting("a developer job is queued")


def _judge(passage: Passage, origin: Origin, job: Job) -> Outcome:
    has_work = _has_work(passage, origin)
    match job.state:
        case JobState.DONE if has_work:
            return passed(f"developer job {job.id} is done")
        case JobState.DONE:
            return failed(f"{visible(passage.task.branch)} holds no commit that main has not")
        case JobState.FAILED:
            return failed(job.error)
        case JobState.RUNNING:
            return waiting(f"developer job {job.id} runs")
        case _:
            return _queued(passage, job, has_work=has_work)


def _queued(passage: Passage, job: Job, *, has_work: bool) -> Outcome:
    """A job that nobody will do is done by a person: then the branch has moved."""
    settings = passage.engine.settings.gate
    if job.state is JobState.PENDING and settings.developer_command is not None:
        return waiting(f"developer job {job.id} is queued")
    if not has_work or passage.head == job.payload["head"]:
        return waiting(NOBODY)
    with passage.engine.store.writing() as rows:
        jobqueue.cancel(rows, job.id, reason="a person did it")
    return passed("a person committed on the branch")


def _has_work(passage: Passage, origin: Origin) -> bool:
    """Whether the branch holds a commit that main has not."""
    return passage.head is not None and not origin.contains(origin.main_head(), passage.head)
