"""Who is dead, who is frozen, and who only seems so."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.engine_world import World

from stage_engine import jobqueue
from stage_engine.engine import Engine
from stage_engine.machine import worker_name
from stage_engine.reclaiming import Vigil, reclaim_jobs
from stage_engine.store import EngineClock
from stage_engine.values import Job, JobState

_SLEEPER = """
import sys, time
from stage_engine.machine import worker_name
print(worker_name("h1"), flush=True)
time.sleep(60)
"""


@dataclass(slots=True, kw_only=True)
class HandClock:
    """Two clocks that are set by hand."""

    ms: int = 0
    seconds: float = 0.0

    def now_iso(self) -> str:
        return "2026-01-01T00:00:00Z"

    def monotonic(self) -> float:
        return self.seconds

    def now_ms(self) -> int:
        return self.ms

    def boot_id(self) -> str:
        return "b1"

    def wait(self, seconds: float, *, asleep: bool = False) -> None:
        self.ms += int(seconds * 1000)
        self.seconds += 0 if asleep else seconds


@pytest.fixture
def sleeper() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process, and the name of a worker in it."""
    with subprocess.Popen(
        [sys.executable, "-c", _SLEEPER], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def taken_by(engine: Engine, worker: str, clock: EngineClock | None = None) -> Job:
    clock = clock or engine.clock
    with engine.store.writing() as rows:
        jobqueue.enqueue(rows, kind="noop")
        job = jobqueue.take_job(rows, worker=worker, host="h1", clock=clock)
    assert job is not None
    return job


def state(engine: Engine, job: Job) -> JobState:
    with engine.store.reading() as rows:
        now = jobqueue.find(rows, job.id)
    assert now is not None
    return now.state


def reclaimed(engine: Engine, *, silence_ms: int = 1000, awake_ms: int = 10**9) -> int:
    own = worker_name("h1")
    jobs = reclaim_jobs(engine, own=own, silence_ms=silence_ms, awake_ms=awake_ms)
    return len(jobs)


def test_the_job_of_a_process_that_is_gone_goes_back_at_once(
    world: World, sleeper: tuple[subprocess.Popen[str], str]
) -> None:
    engine, (process, name) = world.engine(), sleeper
    job = taken_by(engine, name)
    assert reclaimed(engine, silence_ms=10**9) == 0
    process.kill()
    process.wait()
    assert reclaimed(engine, silence_ms=10**9, awake_ms=0) == 1
    assert state(engine, job) is JobState.PENDING


def test_a_worker_that_is_frozen_loses_its_job_and_is_ended(
    world: World, sleeper: tuple[subprocess.Popen[str], str]
) -> None:
    engine, (process, name) = world.engine(), sleeper
    job = taken_by(engine, name)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.02)
    assert reclaimed(engine, silence_ms=10) == 1
    assert process.wait(10) == -signal.SIGKILL
    assert state(engine, job) is JobState.PENDING


def test_who_was_not_awake_for_so_long_judges_nobody_by_silence(
    world: World, sleeper: tuple[subprocess.Popen[str], str]
) -> None:
    engine, (process, name) = world.engine(), sleeper
    taken_by(engine, name)
    time.sleep(0.02)
    assert reclaimed(engine, silence_ms=10, awake_ms=9) == 0
    assert process.poll() is None


def test_a_worker_that_beats_keeps_its_job(world: World) -> None:
    engine = world.engine()
    taken_by(engine, "elsewhere")
    assert reclaimed(engine, silence_ms=10**6) == 0


def test_a_silent_worker_of_which_the_kernel_knows_nothing_loses_its_job(world: World) -> None:
    engine = world.engine()
    job = taken_by(engine, "elsewhere")
    time.sleep(0.02)
    assert reclaimed(engine, silence_ms=10) == 1
    assert state(engine, job) is JobState.PENDING


def test_after_a_restart_of_the_machine_every_job_goes_back(world: World) -> None:
    engine = world.engine()
    job = taken_by(engine, worker_name("h1"), HandClock(ms=10**15))
    assert reclaimed(engine, silence_ms=10**9) == 1
    with engine.store.reading() as rows:
        [line] = jobqueue.logs(rows, job.id)
    assert line.text == "the machine was restarted; it goes back into the queue"


def test_a_job_that_was_not_written_back_is_taken_over_by_its_own_worker(world: World) -> None:
    engine = world.engine()
    own = worker_name("h1")
    job = taken_by(engine, own)
    assert reclaim_jobs(engine, own=own, silence_ms=10**9, awake_ms=0) == (job,)
    assert state(engine, job) is JobState.PENDING


def test_a_worker_in_another_namespace_of_numbers_is_never_hit(
    world: World, sleeper: tuple[subprocess.Popen[str], str]
) -> None:
    engine, (process, name) = world.engine(), sleeper
    host, namespace, *rest = name.split("/")
    taken_by(engine, "/".join([host, str(int(namespace) + 1), *rest]))
    time.sleep(0.02)
    assert reclaimed(engine, silence_ms=10) == 1
    assert process.poll() is None


def test_a_vigil_counts_from_its_beginning() -> None:
    clock = HandClock()
    vigil = Vigil(clock=clock)
    clock.wait(5)
    assert vigil.awake_ms() == 5000


def test_a_vigil_begins_again_when_the_machine_slept() -> None:
    clock = HandClock()
    vigil = Vigil(clock=clock)
    clock.wait(5)
    clock.wait(3600, asleep=True)
    assert vigil.awake_ms() == 0
    clock.wait(2)
    assert vigil.awake_ms() == 2000


def test_a_vigil_does_not_take_a_slow_look_for_sleep() -> None:
    clock = HandClock()
    vigil = Vigil(clock=clock)
    clock.wait(5)
    clock.wait(0.5, asleep=True)
    assert vigil.awake_ms() == 5000
