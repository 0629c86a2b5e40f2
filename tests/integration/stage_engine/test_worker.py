"""A worker in this process: what it takes, when it stops, and what it makes of trouble."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine_world import REPO, World

from coverage_gate import procedure
from coverage_gate.core.outbox import later
from coverage_gate.core.records import OutboxState
from stage_engine import jobqueue
from stage_engine.engine import Engine, submit_task
from stage_engine.qg import Answer
from stage_engine.signals import HurryError, Signals
from stage_engine.templates import COMMAND, NOOP
from stage_engine.values import JobState, TaskStatus
from stage_engine.worker import Ending, Worker, WorkerOptions, WorkerReport

# Nothing there: other processes on the machine have scratch folders of their own.
NOWHERE = Path("/nonexistent")
DRAIN = WorkerOptions(host="h1", poll_s=0.02, is_draining=True, tidy_s=None, scratch=NOWHERE)


@pytest.fixture
def signals() -> Iterator[Signals]:
    signals = Signals()
    with signals.listening():
        yield signals


def enqueue(
    engine: Engine,
    *,
    kind: str = NOOP,
    count: int = 1,
    host: str = "",
    payload: Mapping[str, object] | None = None,
) -> None:
    with engine.store.writing() as rows:
        for _ in range(count):
            jobqueue.enqueue(rows, kind=kind, host=host, payload=payload)


def work(engine: Engine, options: WorkerOptions = DRAIN) -> tuple[WorkerReport, list[str]]:
    """Let a worker work. Returns its report, and what it told."""
    told: list[str] = []
    signals = Signals()
    with signals.listening():
        worker = Worker(engine=engine, options=options, signals=signals, tell=told.append)
        return worker.work(), told


def states(world: World, engine: Engine) -> list[JobState]:
    return [job.state for job in reversed(world.jobs(engine))]


def test_a_draining_worker_does_all_and_stops(world: World) -> None:
    engine = world.engine()
    enqueue(engine, count=3)
    report, told = work(engine)
    assert (report.taken, report.ended, report.why) == (3, {"done": 3}, Ending.IDLE)
    assert told[:2] == ["job 1 (noop): taken, attempt 1", "job 1 (noop): done"]


def test_a_worker_stops_after_so_many_jobs(world: World) -> None:
    engine = world.engine()
    enqueue(engine, count=3)
    report, _ = work(engine, replace(DRAIN, max_jobs=2))
    assert (report.taken, report.why) == (2, Ending.MAX_JOBS)
    assert states(world, engine) == [JobState.DONE, JobState.DONE, JobState.PENDING]


def test_jobs_of_another_host_are_left_alone(world: World) -> None:
    engine = world.engine()
    for host in ("h1", "h2", ""):
        enqueue(engine, host=host)
    work(engine)
    assert states(world, engine) == [JobState.DONE, JobState.PENDING, JobState.DONE]


def test_jobs_of_unknown_kinds_are_left_to_others(world: World) -> None:
    engine = world.engine()
    enqueue(engine, kind="magic")
    assert work(engine)[0].taken == 0


def test_a_worker_without_work_waits_until_it_is_asked_to_stop(
    world: World, signals: Signals
) -> None:
    engine = world.engine()
    options = replace(DRAIN, is_draining=False)
    timer = threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGTERM])
    timer.start()
    report = Worker(engine=engine, options=options, signals=signals).work()
    timer.join()
    assert (report.taken, report.why) == (0, Ending.ASKED)


def test_one_wish_lets_the_running_job_end_and_takes_no_other(
    world: World, signals: Signals
) -> None:
    world.feature("f1", {"tests/test_f1.py": ""})

    def slow(*_: str) -> Answer:
        os.kill(os.getpid(), signal.SIGINT)
        return True, "green"

    engine = world.engine(check_ci_green=slow)
    task = submit_task(engine, repo=REPO, work_item="F1", branch="f1", host="")
    enqueue(engine)
    report = Worker(engine=engine, options=DRAIN, signals=signals).work()
    assert (report.ended, report.why) == ({"pending": 1}, Ending.ASKED)
    assert world.task(engine, task.id).stage == "review"
    assert states(world, engine) == [JobState.PENDING, JobState.PENDING]


def test_two_wishes_put_the_job_back_at_once(world: World, signals: Signals) -> None:
    world.feature("f1", {"tests/test_f1.py": ""})

    def endless(*_: str) -> Answer:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
        return True, "green"

    engine = world.engine(check_ci_green=endless)
    task = submit_task(engine, repo=REPO, work_item="F1", branch="f1", host="")
    with pytest.raises(HurryError):
        Worker(engine=engine, options=DRAIN, signals=signals).work()
    assert states(world, engine) == [JobState.PENDING]
    again = world.engine()
    work(again)
    assert world.task(again, task.id).status is TaskStatus.DONE


def test_a_command_that_runs_is_stopped_and_comes_again(world: World, signals: Signals) -> None:
    engine = world.engine()
    enqueue(engine, kind=COMMAND, payload={"argv": ["sleep", "60"], "timeout_s": 100})
    timer = threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGTERM])
    timer.start()
    report = Worker(engine=engine, options=DRAIN, signals=signals).work()
    timer.join()
    assert (report.ended, states(world, engine)) == ({"pending": 1}, [JobState.PENDING])


def test_a_running_job_that_is_cancelled_is_stopped(world: World) -> None:
    engine = world.engine()
    enqueue(engine, kind=COMMAND, payload={"argv": ["sleep", "60"], "timeout_s": 100})

    def cancel() -> None:
        while True:
            with engine.store.writing() as rows:
                [job] = jobqueue.listed(rows)
                if job.state is JobState.RUNNING:
                    jobqueue.cancel(rows, job.id)
                    return
            time.sleep(0.01)

    thread = threading.Thread(target=cancel)
    thread.start()
    report, _ = work(engine, replace(DRAIN, silence_s=0.6))
    thread.join()
    assert report.ended == {"cancelled": 1}


def test_what_waits_is_looked_at_once_more_before_a_draining_worker_stops(world: World) -> None:
    engine = world.engine()
    submit_task(engine, repo=REPO, work_item="NEW", branch="new", host="")
    report, _ = work(engine, replace(DRAIN, recheck_s=3600))
    assert (report.ended, report.why) == ({"pending": 2}, Ending.IDLE)


def test_a_draining_worker_does_what_came_up_while_it_looked(world: World) -> None:
    """The lease is busy at the first look, and free at the second."""
    world.feature("f1", {"tests/test_f1.py": ""})
    engine = world.engine()
    task = submit_task(engine, repo=REPO, work_item="F1", branch="f1", host="")
    asked: list[str] = []

    def later(*subject: str) -> Answer:
        asked.extend(subject[:1])
        return (True, "green") if len(asked) > 1 else (None, "not yet")

    patient = world.with_checks(engine, {**engine.checks, "check_ci_green": later})
    work(patient, replace(DRAIN, recheck_s=3600))
    assert world.task(engine, task.id).status is TaskStatus.DONE


def test_a_draining_worker_waits_for_jobs_that_run_elsewhere(world: World) -> None:
    engine = world.engine()
    enqueue(engine)
    other = world.take(engine, NOOP)

    def finish() -> None:
        with engine.store.writing() as rows:
            jobqueue.finish(rows, other)
            jobqueue.enqueue(rows, kind=NOOP)

    timer = threading.Timer(0.2, finish)
    timer.start()
    report, _ = work(engine)
    timer.join()
    assert report.taken == 1


@pytest.mark.parametrize("host", ["h2", "h1"])
def test_a_worker_that_is_asked_once_waits_for_nobody(world: World, host: str) -> None:
    engine = world.engine()
    enqueue(engine, host=host)
    with engine.store.writing() as rows:
        jobqueue.take_job(rows, worker="w", host=host, clock=engine.clock)
    report, _ = work(engine, replace(DRAIN, max_jobs=1, waits_for_others=host == "h2"))
    assert (report.taken, report.why) == (0, Ending.IDLE)


def test_jobs_of_dead_workers_are_taken_over(world: World) -> None:
    engine = world.engine()
    enqueue(engine)
    world.take(engine, NOOP)
    report, told = work(engine, replace(DRAIN, silence_s=0.2))
    assert (report.taken, told[0]) == (1, "job 1 (noop): taken over from w1")
    assert states(world, engine) == [JobState.DONE]


def test_a_database_that_is_away_for_a_while_is_waited_for(world: World) -> None:
    engine = world.engine()
    enqueue(engine)
    database = world.folder / "engine.db"
    database.rename(world.folder / "away")
    database.mkdir()

    def back() -> None:
        database.rmdir()
        (world.folder / "away").rename(database)

    timer = threading.Timer(0.2, back)
    timer.start()
    report, told = work(engine)
    timer.join()
    assert report.ended == {"done": 1}
    assert told[0].startswith("the database cannot be used: StoreError")


def test_worktrees_that_nobody_needs_are_cleaned_up(world: World) -> None:
    world.feature("f1")
    world.feature("f2")
    engine = world.engine()
    for branch in ("f1", "f2"):
        procedure.make_worktree(engine.settings.gate, REPO, branch)
    world.repo.git("update-ref", "-d", "refs/heads/f1")
    time.sleep(1.1)
    _, told = work(engine, replace(DRAIN, tidy_s=3600.0, keep_s=0.0))
    assert told == [f"cleaned up: {world.worktree('f1')}, its branch is gone"]
    assert world.worktree("f2").exists()


@pytest.mark.parametrize(("days", "is_forgotten"), [("1", True), ("0", False), ("30", False)])
def test_old_messages_are_cleaned_up(
    world: World, monkeypatch: pytest.MonkeyPatch, days: str, is_forgotten: bool
) -> None:
    monkeypatch.setenv("ORCH_NOTIFY_KEEP_DAYS", days)
    engine = world.engine()
    long_ago = later(engine.clock.now_iso(), -2 * 86_400)
    with engine.store.writing() as rows:
        for topic in ("plane", "telegram"):
            rows.shared.enqueue(topic=topic, payload={}, dedup_key=None, at=long_ago)
        rows.shared.settle_message(1, state=OutboxState.DEAD, error="gone")
    _, told = work(engine, replace(DRAIN, tidy_s=3600.0))
    expected = ["cleaned up: 1 messages that were delivered or dead"] if is_forgotten else []
    assert told == expected
    with engine.store.reading() as rows:
        assert rows.shared.message_counts()["telegram", OutboxState.PENDING] == 1


def test_a_worker_cleans_up_seldom(world: World) -> None:
    engine = world.engine()
    enqueue(engine, count=3)
    _, told = work(engine, replace(DRAIN, tidy_s=3600.0))
    assert len(told) == 6


def test_many_signs_of_life_fit_into_the_silence_that_is_forgiven() -> None:
    beats = [WorkerOptions(host="h", silence_s=silence).beat_s for silence in (3.0, 60.0)]
    assert beats == [0.5, 5.0]
