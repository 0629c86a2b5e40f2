"""The heart-beat in the background of a job."""

import threading
import time

import pytest
from tests.engine_world import World

from stage_engine import jobqueue
from stage_engine.engine import Engine
from stage_engine.pulse import carried
from stage_engine.values import Job, JobState


def taken(world: World, engine: Engine) -> Job:
    with engine.store.writing() as rows:
        jobqueue.enqueue(rows, kind="noop")
    return world.take(engine, "noop")


def found(engine: Engine, job: Job) -> Job:
    with engine.store.reading() as rows:
        now = jobqueue.find(rows, job.id)
    assert now is not None
    return now


def wait_for_beat(engine: Engine, job: Job, since: int) -> int:
    deadline = time.monotonic() + 10
    while (beat := found(engine, job).heartbeat_ms) <= since:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return beat


def test_the_heart_beats_while_the_block_runs_and_not_after_it(world: World) -> None:
    engine = world.engine()
    job = taken(world, engine)
    with carried(engine, job, every_s=0.01) as pulse:
        wait_for_beat(engine, job, wait_for_beat(engine, job, job.heartbeat_ms))
    last = found(engine, job).heartbeat_ms
    assert "pulse" not in {thread.name for thread in threading.enumerate()}
    assert (found(engine, job).heartbeat_ms, pulse.is_lost) == (last, False)


def test_a_job_that_was_cancelled_is_noticed(world: World) -> None:
    engine = world.engine()
    job = taken(world, engine)
    with carried(engine, job, every_s=0.01) as pulse:
        with engine.store.writing() as rows:
            jobqueue.cancel(rows, job.id)
        deadline = time.monotonic() + 10
        while not pulse.is_lost:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert found(engine, job).state is JobState.CANCELLED


def test_an_interrupt_puts_the_job_back_and_goes_on(world: World) -> None:
    engine = world.engine()
    job = taken(world, engine)
    with pytest.raises(KeyboardInterrupt), carried(engine, job, every_s=5):
        raise KeyboardInterrupt
    with engine.store.reading() as rows:
        [line] = jobqueue.logs(rows, job.id)
    assert found(engine, job).state is JobState.PENDING
    assert line.text == "interrupted; it goes back into the queue"


def test_an_interrupt_of_a_job_that_was_taken_away_says_nothing(world: World) -> None:
    engine = world.engine()
    job = taken(world, engine)
    with engine.store.writing() as rows:
        jobqueue.cancel(rows, job.id)
    with pytest.raises(KeyboardInterrupt), carried(engine, job, every_s=5):
        raise KeyboardInterrupt
    with engine.store.reading() as rows:
        assert jobqueue.logs(rows, job.id) == ()
