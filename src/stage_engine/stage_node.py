"""The node that advances a task across one edge."""

from __future__ import annotations

from stage_engine import jobqueue
from stage_engine.developer import run_developer_job
from stage_engine.engine import advance_stage
from stage_engine.journey import Journey, NodeStatus
from stage_engine.pulse import carried
from stage_engine.stages import DEVELOPMENT, STAGE_TRANSITIONS
from stage_engine.values import AdvanceResult, Job, JobState, Task, TaskStatus

_STAGES = tuple(STAGE_TRANSITIONS)
_LOOK_S = 0.5

#: Status, reason, trace of an error.
Answer = tuple[NodeStatus, str, str]


def leave_stage(journey: Journey, stage: str) -> Answer:
    """Advance the journey's task out of a stage, waiting for no longer than it may.

    A task that left the stage before passes at once, so that a run can be repeated. One that is
    sent back to development fails.
    """
    clock, was_there = journey.engine.clock, False
    deadline = clock.monotonic() + journey.wait_s
    while True:
        task = journey.task()
        early = _without_advancing(task, stage, was_there=was_there)
        if early is not None:
            return early
        was_there = was_there or task.stage == stage
        result = advance_stage(task.id, engine=journey.engine)
        if not result.waiting:
            answer = _answer(result, stage)
            if answer is not None:
                return answer
        elif not _developed(journey):
            is_over = clock.monotonic() >= deadline or journey.should_stop()
            if is_over or not _goes_on_by_itself(journey):
                return _waiting(journey, result.reason)
            journey.pause(_LOOK_S)


def _without_advancing(task: Task, stage: str, *, was_there: bool) -> Answer | None:
    if _STAGES.index(task.stage) > _STAGES.index(stage):
        return NodeStatus.PASSED, f"left before; the task is in {task.stage}", ""
    if task.status is TaskStatus.PARKED:
        advice = f"`stage-engine resume {task.id}` lets it go on"
        return NodeStatus.FAILED, f"parked: {task.reason}; {advice}", ""
    # Back before the stage although it was there: the verdict was void, so it is judged again.
    if task.stage != stage and not was_there:
        return NodeStatus.FAILED, f"the task is in {task.stage} and has to come here first", ""
    return None


def _answer(result: AdvanceResult, stage: str) -> Answer | None:
    if result.parked or result.rolled_back_to is not None:
        return NodeStatus.FAILED, result.reason, ""
    if result.advanced and result.from_stage == stage:
        return NodeStatus.PASSED, result.reason, ""
    return None


def _waiting(journey: Journey, reason: str) -> Answer:
    trace = journey.run().trace
    return (NodeStatus.ERROR if trace else NodeStatus.WAITING), reason, trace


def _goes_on_by_itself(journey: Journey) -> bool:
    """Whether it can come further without a person or another command of theirs."""
    if journey.task().stage != DEVELOPMENT:
        return True
    job = _job_of(journey)
    return job is not None and _may_be_done(journey, job)


def _may_be_done(journey: Journey, job: Job) -> bool:
    command = journey.engine.settings.gate.developer_command
    return job.state is JobState.RUNNING or (job.state.is_active and command is not None)


def _developed(journey: Journey) -> bool:
    """Do the task's developer job here, if there is one and it is ours to do."""
    job, hands = _job_of(journey), journey.hands
    if hands is None or job is None or journey.engine.settings.gate.developer_command is None:
        return False
    engine = journey.engine
    with engine.store.writing() as rows:
        taken = jobqueue.take_job(
            rows, worker=hands.worker, host=hands.host, clock=engine.clock, only=job.id
        )
    if taken is None:
        return False
    engine.progress.step(f"developer job {taken.id}")
    with carried(engine, taken, every_s=hands.beat_s) as pulse:
        state = run_developer_job(engine, taken, should_stop=lambda: pulse.is_lost)
    return state is not JobState.PENDING


def _job_of(journey: Journey) -> Job | None:
    task = journey.task()
    with journey.engine.store.reading() as rows:
        return None if task.job_id is None else jobqueue.find(rows, task.job_id)
