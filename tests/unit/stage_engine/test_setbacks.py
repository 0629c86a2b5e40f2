"""Jobs that lost their worker: they come again, later each time, and not for ever."""

from collections.abc import Iterator

import pytest
from tests.engine_world import REPO, World

from stage_engine import jobqueue, tasks
from stage_engine.engine import Engine, open_engine
from stage_engine.setbacks import LIMIT, set_back
from stage_engine.store import Rows
from stage_engine.values import Job, JobState, StepStatus, Task, TaskStatus


@pytest.fixture
def engine(world: World) -> Engine:
    del world
    return open_engine()


@pytest.fixture
def rows(engine: Engine) -> Iterator[Rows]:
    with engine.store.writing() as rows:
        yield rows


def queued(rows: Rows, kind: str) -> Task:
    task = tasks.submit(rows, repo=REPO, work_item="A", branch="a")
    jobqueue.enqueue(rows, kind=kind, task_id=task.id, repo=REPO)
    return task


def take(rows: Rows, engine: Engine, job_id: int = 1) -> Job:
    job = jobqueue.take_job(rows, worker="w", host="h", clock=engine.clock, only=job_id)
    assert job is not None
    return job


def fail_often(rows: Rows, engine: Engine, times: int) -> list[JobState]:
    return [
        set_back(rows, take(rows, engine), reason="it broke", clock=engine.clock)
        for _ in range(times)
    ]


def delay(rows: Rows, engine: Engine) -> float:
    """Seconds until the job is due."""
    job = jobqueue.find(rows, 1)
    assert job is not None
    return (job.not_before_ms - engine.clock.now_ms()) / 1000 if job.not_before_ms else 0.0


def test_a_job_goes_back_at_once_and_then_later_each_time(rows: Rows, engine: Engine) -> None:
    jobqueue.enqueue(rows, kind="noop")
    delays = []
    for _ in range(4):
        fail_often(rows, engine, 1)
        delays.append(round(delay(rows, engine)))
    assert delays == [0, 1, 2, 4]


def test_no_delay_is_longer_than_a_minute(rows: Rows, engine: Engine) -> None:
    jobqueue.enqueue(rows, kind="noop")
    fail_often(rows, engine, LIMIT)
    assert 50 < delay(rows, engine) <= 60


def test_a_job_keeps_its_payload_and_says_what_happened(rows: Rows, engine: Engine) -> None:
    jobqueue.enqueue(rows, kind="noop", payload={"x": 1})
    fail_often(rows, engine, 1)
    job = jobqueue.find(rows, 1)
    assert job is not None
    assert job.payload["x"] == 1
    [line] = jobqueue.logs(rows, 1)
    assert line.text == "it broke; it goes back into the queue"


def test_after_too_many_setbacks_a_job_fails(rows: Rows, engine: Engine) -> None:
    jobqueue.enqueue(rows, kind="noop")
    states = fail_often(rows, engine, LIMIT + 1)
    assert states == [JobState.PENDING] * LIMIT + [JobState.FAILED]
    job = jobqueue.find(rows, 1)
    assert job is not None
    assert job.error == "given up after 10 setbacks, the last: it broke"


def test_a_task_that_moved_meanwhile_begins_to_count_again(rows: Rows, engine: Engine) -> None:
    task = queued(rows, jobqueue.ADVANCE)
    fail_often(rows, engine, LIMIT)
    tasks.change(rows, task, stage="analysis")
    assert fail_often(rows, engine, LIMIT) == [JobState.PENDING] * LIMIT


def test_a_task_whose_job_is_given_up_is_parked_with_the_reason(rows: Rows, engine: Engine) -> None:
    task = queued(rows, jobqueue.ADVANCE)
    begun = tasks.ensure_run(rows, task.id, source="worker")
    tasks.begin_step(rows, begun, stage="analysis", step="lease")
    fail_often(rows, engine, LIMIT + 1)
    [step] = tasks.executions(rows, begun.run_id)
    assert step.status is StepStatus.INTERRUPTED
    parked, [run] = tasks.find(rows, task.id), tasks.runs(rows)
    assert (parked.status, run.status) == (TaskStatus.PARKED, TaskStatus.PARKED)
    assert parked.reason == run.error == "given up after 10 setbacks, the last: it broke"


def test_a_task_that_ended_meanwhile_stays_ended(rows: Rows, engine: Engine) -> None:
    task = tasks.change(rows, queued(rows, jobqueue.ADVANCE), status=TaskStatus.DONE)
    fail_often(rows, engine, LIMIT + 1)
    assert tasks.find(rows, task.id).status is TaskStatus.DONE


def test_a_developer_job_that_is_given_up_is_for_its_stage_to_judge(
    rows: Rows, engine: Engine
) -> None:
    task = queued(rows, jobqueue.DEVELOP)
    fail_often(rows, engine, LIMIT + 1)
    assert tasks.find(rows, task.id).status is TaskStatus.ACTIVE
    assert jobqueue.active_of(rows, task.id, jobqueue.ADVANCE) is not None


@pytest.mark.parametrize("times", [1, LIMIT + 1])
def test_a_job_that_is_somebody_elses_by_now_is_left_alone(
    rows: Rows, engine: Engine, times: int
) -> None:
    jobqueue.enqueue(rows, kind="noop")
    if times > 1:
        fail_often(rows, engine, LIMIT)
    lost = take(rows, engine)
    jobqueue.give_back(rows, lost, clock=engine.clock)
    now = take(rows, engine)
    assert set_back(rows, lost, reason="it broke", clock=engine.clock) is JobState.CANCELLED
    assert jobqueue.find(rows, 1) == now
