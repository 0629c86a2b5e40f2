"""Rows of tasks, runs and steps."""

from collections.abc import Iterator

import pytest
from tests.engine_world import World

from stage_engine import tasks
from stage_engine.engine import Engine, open_engine
from stage_engine.store import Rows
from stage_engine.tasks import StaleTaskError, TaskError, UnknownTaskError
from stage_engine.values import StepStatus, Task, TaskStatus


@pytest.fixture
def engine(world: World) -> Engine:
    del world
    return open_engine()


@pytest.fixture
def rows(engine: Engine) -> Iterator[Rows]:
    with engine.store.writing() as rows:
        yield rows


def submit(rows: Rows, item: str = "ET-1", branch: str = "f", repo: str = "shop") -> Task:
    return tasks.submit(rows, repo=repo, work_item=item, branch=branch)


def test_a_new_task_is_active_in_the_first_stage(rows: Rows) -> None:
    task = submit(rows)
    assert (task.stage, task.status, task.version) == ("created", TaskStatus.ACTIVE, 1)
    assert (task.developer_retries, task.job_id, task.reason) == (0, None, "")


def test_the_same_work_item_again_is_the_same_task(rows: Rows) -> None:
    assert submit(rows) == submit(rows)


def test_the_same_work_item_of_another_repository_is_another_task(rows: Rows) -> None:
    assert submit(rows).id != submit(rows, repo="other").id


def test_a_work_item_with_another_branch_is_refused(rows: Rows) -> None:
    submit(rows)
    with pytest.raises(TaskError, match=r"is task 1 already, with branch 'f'"):
        submit(rows, branch="g")


def test_a_task_that_does_not_exist_is_told(rows: Rows) -> None:
    with pytest.raises(UnknownTaskError, match="there is no task 7"):
        tasks.find(rows, 7)


def test_tasks_are_listed_newest_first_and_by_repository(rows: Rows) -> None:
    submit(rows, "A"), submit(rows, "B"), submit(rows, "C", repo="other")
    assert [task.work_item for task in tasks.listed(rows)] == ["C", "B", "A"]
    assert [task.work_item for task in tasks.listed(rows, repo="shop", limit=1)] == ["B"]


def test_a_change_raises_the_version(rows: Rows) -> None:
    task = tasks.change(rows, submit(rows), stage="review")
    assert (task.stage, task.version) == ("review", 2)


def test_a_change_of_what_somebody_else_changed_writes_nothing(rows: Rows) -> None:
    task = submit(rows)
    tasks.change(rows, task, stage="review")
    with pytest.raises(StaleTaskError):
        tasks.change(rows, task, stage="done")
    assert tasks.find(rows, task.id).stage == "review"


def test_a_task_has_one_open_run_at_a_time(rows: Rows) -> None:
    task = submit(rows)
    first = tasks.ensure_run(rows, task.id, source="submit", trace_id="t")
    assert tasks.ensure_run(rows, task.id, source="advance") == first
    assert (first.source, first.trace_id, first.finished_at) == ("submit", "t", None)


@pytest.mark.parametrize("status", [TaskStatus.DONE, TaskStatus.PARKED])
def test_a_run_ends_with_its_task_and_another_may_begin(rows: Rows, status: TaskStatus) -> None:
    task = submit(rows)
    run = tasks.ensure_run(rows, task.id, source="submit")
    tasks.change_run(rows, run.run_id, status, error="e", trace="t")
    again = tasks.ensure_run(rows, task.id, source="resume")
    ended = tasks.find_run(rows, run.run_id)
    assert again.run_id != run.run_id
    assert ended is not None
    assert (ended.status, ended.finished_at, ended.error, ended.trace) == (
        status,
        rows.at,
        "e",
        "t",
    )


def test_a_run_that_does_not_exist_is_none(rows: Rows) -> None:
    assert tasks.find_run(rows, "x") is None


def test_runs_are_listed_newest_first_by_status_and_by_task(rows: Rows) -> None:
    runs = [tasks.ensure_run(rows, submit(rows, item).id, source="s") for item in "ABC"]
    tasks.change_run(rows, runs[1].run_id, TaskStatus.WAITING, error="busy")
    assert [run.seq for run in tasks.runs(rows)] == [3, 2, 1]
    assert [run.seq for run in tasks.runs(rows, status=TaskStatus.WAITING)] == [2]
    assert [run.seq for run in tasks.runs(rows, task_id=runs[0].task_id)] == [1]


def test_steps_count_their_attempts_per_stage_and_name(rows: Rows) -> None:
    run = tasks.ensure_run(rows, submit(rows).id, source="s")
    for stage, step in [("review", "a"), ("review", "a"), ("testing", "a"), ("review", "b")]:
        tasks.begin_step(rows, run, stage=stage, step=step)
    assert [step.attempt for step in tasks.executions(rows, run.run_id)] == [1, 2, 1, 1]


def test_a_step_keeps_how_it_ended(rows: Rows) -> None:
    run = tasks.ensure_run(rows, submit(rows).id, source="s")
    seq = tasks.begin_step(rows, run, stage="review", step="a")
    failed = StepStatus.FAILED
    tasks.end_step(rows, seq, status=failed, duration_ms=5, error="why", detail={"x": [1]})
    [step] = tasks.executions(rows, run.run_id)
    assert (step.status, step.duration_ms, step.error) == (failed, 5, "why")
    assert (step.detail, step.finished_at) == ({"x": [1]}, rows.at)


def test_only_steps_that_never_ended_are_marked_as_interrupted(rows: Rows) -> None:
    run = tasks.ensure_run(rows, submit(rows).id, source="s")
    seq = tasks.begin_step(rows, run, stage="review", step="a")
    tasks.end_step(rows, seq, status=StepStatus.PASSED, duration_ms=5, error="", detail={})
    tasks.begin_step(rows, run, stage="review", step="b")
    tasks.interrupt_steps(rows, run.task_id)
    ended = [step.status for step in tasks.executions(rows, run.run_id)]
    assert ended == [StepStatus.PASSED, StepStatus.INTERRUPTED]


def test_reading_makes_the_tables_where_they_are_missing(engine: Engine) -> None:
    with engine.store.reading() as rows:
        assert tasks.listed(rows) == ()


def test_reading_sees_what_was_written(engine: Engine) -> None:
    with engine.store.writing() as rows:
        task = submit(rows)
    with engine.store.reading() as rows:
        assert tasks.find(rows, task.id) == task
        assert rows.shared.lease("shop") is None


def test_nothing_is_written_by_a_block_that_raises(engine: Engine) -> None:
    def submit_and_raise() -> None:
        with engine.store.writing() as rows:
            submit(rows)
            rows.shared.enqueue(topic="t", payload={}, dedup_key=None, at=rows.at)
            raise KeyError

    with pytest.raises(KeyError):
        submit_and_raise()
    with engine.store.reading() as rows:
        assert tasks.listed(rows) == ()
