"""`advance_stage`: one task, one edge further, or back, or not at all. Safe to repeat at any time.

What is true is in the rows and in git; nothing is remembered between two calls. Every write names
the version of the row that it read, and one process at a time works on a task.
"""

from __future__ import annotations

from functools import partial

from coverage_gate.adapters.stores.texts import prose_text
from stage_engine import jobqueue, tasks
from stage_engine.context import Engine, open_engine
from stage_engine.development import is_developed
from stage_engine.host import refuse, send_back
from stage_engine.landing import deploy, settle_intents
from stage_engine.merge import cross, gone_text, judge_coverage
from stage_engine.passage import Outcome, Passage, passed, waiting
from stage_engine.qg import BLAMELESS
from stage_engine.repository import Origin
from stage_engine.stages import (
    DEPLOY,
    DEPLOY_STAGING,
    DEVELOPMENT,
    DONE,
    STAGE_TRANSITIONS,
)
from stage_engine.store import Rows
from stage_engine.tasks import StaleTaskError, TaskError, UnknownTaskError
from stage_engine.values import AdvanceResult, StepStatus, Task, TaskStatus

__all__ = [
    "AdvanceResult",
    "Engine",
    "StaleTaskError",
    "TaskError",
    "UnknownTaskError",
    "advance_stage",
    "advance_task",
    "handle_coverage_gate",
    "open_engine",
    "resume_task",
    "settle_intents",
    "submit_task",
]


def submit_task(
    engine: Engine,
    *,
    repo: str,
    work_item: str,
    branch: str,
    title: str = "",
    source: str = "submit",
    trace_id: str = "",
    host: str | None = None,
) -> Task:
    """Make a task and begin its run. The same work item again is the same task.

    Args:
        engine: The engine.
        repo: Name of the repository.
        work_item: Its name in the tracker.
        branch: Where its commits are, or will be.
        title: For people, and for the developer.
        source: Who asks, for the run.
        trace_id: The run's name in the logs of other systems; empty: one of its own.
        host: Queue a job, too, that advances it: on this host, "" for any; None: no job.

    Raises:
        TaskError: If the work item is known with another branch, or a name cannot be kept.
        RepositoryError: If there is no such repository.
        StoreError: If it cannot be written.
    """
    for name in (repo, work_item, branch):
        if not name.strip() or not name.isprintable():
            raise TaskError(f"{name!r} is no name: give repository, work item and branch in words")
    head = engine.origin(repo).head_of(branch)
    with engine.store.writing() as rows:
        task = tasks.submit(
            rows,
            repo=repo,
            work_item=work_item,
            branch=branch,
            title=prose_text(title),
            head=head,
        )
        if task.is_open:
            tasks.ensure_run(rows, task.id, source=source, trace_id=trace_id)
            _queue(rows, task, host)
    return task


def resume_task(engine: Engine, task_id: int, *, host: str | None = None) -> Task:
    """Let a parked task go on, with all its developer jobs before it again.

    Args:
        engine: The engine.
        task_id: Which.
        host: As for `submit_task`.

    Raises:
        TaskError: If it is not parked, or is not there.
    """
    with engine.store.writing() as rows:
        task = tasks.find(rows, task_id)
        if task.status is not TaskStatus.PARKED:
            raise TaskError(
                f"task {task_id} is {task.status}, not parked; there is nothing to resume"
            )
        task = tasks.change(rows, task, status=TaskStatus.ACTIVE, reason="", developer_retries=0)
        tasks.ensure_run(rows, task_id, source="resume")
        _queue(rows, task, host)
    return task


def _queue(rows: Rows, task: Task, host: str | None) -> None:
    if host is not None:
        kind = jobqueue.ADVANCE
        jobqueue.enqueue(rows, kind=kind, task_id=task.id, repo=task.repo, host=host)


def advance_stage(task_id: int, *, engine: Engine | None = None) -> AdvanceResult:
    """Advance a task by at most one stage.

    Args:
        task_id: Which.
        engine: By which engine; None: one by the settings as they are now.

    Returns:
        What was done. A task that waits, is parked or done stays where it is, and so does one that
        another process works on.

    Raises:
        UnknownTaskError: If there is no such task.
        SettingsError, StoreError: If settings or database cannot be used; nothing is half done.
    """
    engine = engine or open_engine()
    with engine.exclusive(task_id) as ours:
        task, result = _begun(engine, task_id)
        result.parked = task.status is TaskStatus.PARKED
        if not task.is_open:
            return result
        if ours is None:
            result.waiting, result.reason = True, "another process works on this task"
            return result
        try:
            passage = _passage(ours, task, result)
            _advance(passage)
            passage.close()
        except StaleTaskError as error:
            result.waiting, result.reason = True, str(error)
    return result


def advance_task(task_id: int, *, engine: Engine | None = None) -> AdvanceResult:
    """Advance a task as far as it goes: until it is done, waits or is parked."""
    result = advance_stage(task_id, engine=engine)
    while not (result.waiting or result.parked or result.to_stage == DONE):
        result = advance_stage(task_id, engine=engine)
    return result


def handle_coverage_gate(  # noqa: PLR0917 - the contract's order
    task_id: int,
    stage: str,
    repo: str,
    work_item: str,
    branch: str,
    agent: str,
    result: AdvanceResult,
    *,
    engine: Engine | None = None,
) -> bool:
    """Run the coverage gate for a task on its edge; on FAIL send it back and tell `result`.

    Returns:
        Whether the gate has intervened: the task must not advance.
    """
    del stage, repo, work_item, branch, agent  # as the task has them
    engine = engine or open_engine()
    task, _ = _begun(engine, task_id)
    passage = _passage(engine, task, result)
    passage.head = engine.origin(task.repo).head_of(task.branch)
    outcome, host = judge_coverage(passage)
    if outcome.passed:
        passage.close()
        return False
    send_back(passage, host, outcome)
    return True


def _begun(engine: Engine, task_id: int) -> tuple[Task, AdvanceResult]:
    with engine.store.reading() as rows:
        task = tasks.find(rows, task_id)
    return task, AdvanceResult(
        task_id=task_id, from_stage=task.stage, to_stage=task.stage, reason=task.reason
    )


def _passage(engine: Engine, task: Task, result: AdvanceResult) -> Passage:
    with engine.store.writing() as rows:
        run = tasks.ensure_run(rows, task.id, source="advance")
        tasks.interrupt_steps(rows, task.id)
    return Passage(engine=engine, task=task, run=run, result=result)


def _advance(passage: Passage) -> None:
    outcome = passage.step("look at the branch", partial(_look, passage))
    if not outcome.passed:
        passage.wait(outcome)
        return
    origin = passage.engine.origin(passage.task.repo)
    if passage.task.stage == DEPLOY:
        deploy(passage, origin)
    elif passage.task.stage != DEVELOPMENT or is_developed(passage, origin):
        _leave(passage, origin)


def _look(passage: Passage) -> Outcome:
    task = passage.task
    origin = passage.engine.origin(task.repo)
    main, passage.head = origin.main_head(), origin.head_of(task.branch)
    is_gone = passage.head is None and task.head is not None and task.stage != DEPLOY
    if is_gone:
        return waiting(gone_text(task))
    return passed(head=passage.head, main=main)


def _leave(passage: Passage, origin: Origin) -> None:
    """Through the stage's gate, then through the sub-gates where there are some."""
    transition = STAGE_TRANSITIONS[passage.task.stage]
    gate, following = transition["qg"], transition["next"] or DONE
    outcome = passed() if gate is None else passage.check(gate)
    if gate is not None and outcome.status is StepStatus.FAILED and gate not in BLAMELESS:
        refuse(passage, gate, outcome)
    elif not outcome.passed:
        passage.wait(outcome)
    elif passage.task.stage == DEPLOY_STAGING:
        cross(passage, origin)
    else:
        passage.move(following, outcome, head=passage.head, job_id=None)
        passage.result.advanced = True
