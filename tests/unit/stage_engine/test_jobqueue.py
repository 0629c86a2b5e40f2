"""Rows of jobs: each is taken once, and belongs to who took it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from tests.engine_world import World

from stage_engine import jobqueue, tasks
from stage_engine.engine import Engine, open_engine
from stage_engine.store import Rows
from stage_engine.values import Job, JobState


@dataclass(slots=True, kw_only=True)
class HandClock:
    """A clock that is set by hand."""

    ms: int = 1000
    boot: str = "b1"

    def now_iso(self) -> str:
        return "2026-01-01T00:00:00Z"

    def monotonic(self) -> float:
        return self.ms / 1000

    def now_ms(self) -> int:
        return self.ms

    def boot_id(self) -> str:
        return self.boot


@pytest.fixture
def engine(world: World) -> Engine:
    del world
    return open_engine()


@pytest.fixture
def rows(engine: Engine) -> Iterator[Rows]:
    with engine.store.writing() as rows:
        yield rows


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def take(rows: Rows, clock: HandClock, worker: str = "w1", host: str = "h1") -> Job:
    job = jobqueue.take_job(rows, worker=worker, host=host, clock=clock)
    assert job is not None
    return job


def state(rows: Rows, job: Job) -> JobState:
    found = jobqueue.find(rows, job.id)
    assert found is not None
    return found.state


def test_the_oldest_job_is_taken_first(rows: Rows, clock: HandClock) -> None:
    numbers = [jobqueue.enqueue(rows, kind="k") for _ in range(2)]
    assert [take(rows, clock).id, take(rows, clock).id] == numbers
    assert jobqueue.take_job(rows, worker="w", host="h", clock=clock) is None


def test_a_taken_job_names_its_worker_and_its_attempt(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k", payload={"a": 1}, repo="r", template="t")
    job = take(rows, clock)
    assert (job.state, job.worker, job.attempt) == (JobState.RUNNING, "w1", 1)
    assert (job.payload, job.repo, job.template) == ({"a": 1}, "r", "t")
    assert (job.heartbeat_ms, job.boot, job.started_at) == (1000, "b1", rows.at)


def test_a_job_of_another_host_is_left_alone(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k", host="h2")
    assert jobqueue.take_job(rows, worker="w", host="h1", clock=clock) is None
    assert take(rows, clock, host="h2").host == "h2"


def test_a_worker_takes_only_the_kinds_that_it_can_do(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="a")
    for kinds, expected in [(["b"], None), ([], None), (["a"], "a")]:
        job = jobqueue.take_job(rows, worker="w", host="h", clock=clock, kinds=kinds)
        assert (job and job.kind) == expected


def test_the_same_wish_for_a_task_is_one_job_until_it_ended(rows: Rows, clock: HandClock) -> None:
    task = tasks.submit(rows, repo="r", work_item="i", branch="b")
    first = jobqueue.enqueue(rows, kind="k", task_id=task.id)
    job = take(rows, clock)
    assert jobqueue.enqueue(rows, kind="k", task_id=task.id) == first
    jobqueue.finish(rows, job)
    assert jobqueue.enqueue(rows, kind="k", task_id=task.id) > first


@pytest.mark.parametrize(("error", "ended"), [("", JobState.DONE), ("why", JobState.FAILED)])
def test_a_job_ends_as_done_or_failed(
    rows: Rows, clock: HandClock, error: str, ended: JobState
) -> None:
    jobqueue.enqueue(rows, kind="k")
    job = take(rows, clock)
    assert jobqueue.finish(rows, job, error=error)
    found = jobqueue.find(rows, job.id)
    assert found is not None
    assert (found.state, found.error, found.finished_at) == (ended, error, rows.at)


def test_a_job_that_was_given_back_waits_as_long_as_asked(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k")
    assert jobqueue.give_back(rows, take(rows, clock), clock=clock, delay_ms=500)
    assert jobqueue.take_job(rows, worker="w", host="h", clock=clock) is None
    clock.ms += 500
    assert take(rows, clock).attempt == 2


def test_a_delay_means_nothing_after_the_machine_restarted(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k")
    jobqueue.give_back(rows, take(rows, clock), clock=clock, delay_ms=10**9)
    clock.boot, clock.ms = "b2", 5
    assert take(rows, clock).attempt == 2


def test_a_job_without_delay_is_due_at_once(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k")
    jobqueue.give_back(rows, take(rows, clock), clock=clock)
    assert take(rows, clock).attempt == 2


def test_a_beat_tells_that_the_worker_lives(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k")
    job = take(rows, clock)
    clock.ms += 100
    assert jobqueue.beat(rows, job, clock=clock)
    found = jobqueue.find(rows, job.id)
    assert found is not None
    assert found.heartbeat_ms == 1100


def test_a_worker_whose_job_was_taken_anew_changes_nothing(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k")
    late = take(rows, clock)
    jobqueue.give_back(rows, late, clock=clock)
    job = take(rows, clock)
    wrote = jobqueue.beat(rows, late, clock=clock), jobqueue.finish(rows, late)
    assert (*wrote, jobqueue.give_back(rows, late, clock=clock)) == (False, False, False)
    assert state(rows, job) is JobState.RUNNING


def test_a_job_is_cancelled_once_and_its_worker_notices(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k")
    job = take(rows, clock)
    assert [jobqueue.cancel(rows, job.id), jobqueue.cancel(rows, job.id)] == [True, False]
    assert not jobqueue.beat(rows, job, clock=clock)


def test_a_job_that_does_not_exist_is_none(rows: Rows) -> None:
    assert jobqueue.find(rows, 9) is None


def test_jobs_are_listed_newest_first(rows: Rows) -> None:
    for _ in range(3):
        jobqueue.enqueue(rows, kind="k")
    assert [job.id for job in jobqueue.listed(rows, limit=2)] == [3, 2]


def test_what_a_job_said_is_kept_in_order_and_read_on(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="k")
    job = take(rows, clock)
    for text in ("one", "two\ud800\0"):
        jobqueue.log(rows, job, text)
    lines = jobqueue.logs(rows, job.id)
    assert [(line.text, line.attempt) for line in lines] == [("one", 1), ("two\\ud800\\u0000", 1)]
    assert jobqueue.logs(rows, job.id, after=lines[0].seq) == lines[1:]


def test_workers_at_once_take_no_job_twice(engine: Engine) -> None:
    with engine.store.writing() as rows:
        numbers = [jobqueue.enqueue(rows, kind="k") for _ in range(30)]

    def work(worker: str) -> list[int]:
        taken: list[int] = []
        while True:
            with engine.store.writing() as rows:
                job = jobqueue.take_job(rows, worker=worker, host="h", clock=engine.clock)
            if job is None:
                return taken
            taken.append(job.id)

    with ThreadPoolExecutor(3) as pool:
        taken = [number for part in pool.map(work, ["a", "b", "c"]) for number in part]
    assert sorted(taken) == numbers


def test_a_certain_job_is_taken_before_its_turn_and_its_time(rows: Rows, clock: HandClock) -> None:
    first, second = (jobqueue.enqueue(rows, kind="a") for _ in range(2))
    jobqueue.give_back(rows, take(rows, clock), clock=clock, delay_ms=1000)
    takers = [
        jobqueue.take_job(rows, worker="w1", host="h1", clock=clock, only=wanted)
        for wanted in (second, first, first)
    ]
    assert [job and job.id for job in takers] == [second, first, None]


def test_a_job_can_be_given_back_with_another_payload(rows: Rows, clock: HandClock) -> None:
    jobqueue.enqueue(rows, kind="a", payload={"x": 1})
    jobqueue.give_back(rows, take(rows, clock), clock=clock, payload={"x": 2})
    assert take(rows, clock).payload == {"x": 2}


@pytest.mark.parametrize(("repo", "woken"), [("shop", 1), ("other", 0), (None, 1)])
def test_a_waiting_job_is_woken_with_its_repository(
    rows: Rows, clock: HandClock, repo: str | None, woken: int
) -> None:
    jobqueue.enqueue(rows, kind="a", repo="shop")
    jobqueue.give_back(rows, take(rows, clock), clock=clock, delay_ms=1000)
    jobqueue.wake(rows, repo=repo)
    job = jobqueue.take_job(rows, worker="w1", host="h1", clock=clock)
    assert (job is not None) == bool(woken)


def test_the_active_job_of_a_task_is_found_by_its_kind(engine: Engine, clock: HandClock) -> None:
    with engine.store.writing() as rows:
        task = tasks.submit(rows, repo="shop", work_item="A", branch="a")
        number = jobqueue.enqueue(rows, kind="a", task_id=task.id)
        found = jobqueue.active_of(rows, task.id, "a")
        assert found is not None
        assert (found.id, jobqueue.active_of(rows, task.id, "b")) == (number, None)
        jobqueue.finish(rows, take(rows, clock))
        assert jobqueue.active_of(rows, task.id, "a") is None
