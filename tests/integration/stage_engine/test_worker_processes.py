"""Workers as processes: many at once, asked to stop, killed, frozen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine_world import REPO, World

from stage_engine import jobqueue
from stage_engine.engine import Engine, submit_task
from stage_engine.templates import COMMAND, NOOP
from stage_engine.values import Job, JobState, TaskStatus

_PATIENCE_S = 60.0
QUICK = ("--poll-interval", "0.05s", "--keep", "3650d")

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(world: World) -> Iterator[Start]:
    """Starts a worker process; whatever still runs at the end is killed."""
    world.set(COVERAGE_GATE_ENABLED="false")
    started = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "stage_engine", "worker", *QUICK, *arguments],
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def enqueue(engine: Engine, *, count: int = 1, script: str | None = None) -> None:
    with engine.store.writing() as rows:
        for _ in range(count):
            if script is None:
                jobqueue.enqueue(rows, kind=NOOP)
            else:
                payload = {"argv": ["sh", "-ec", script], "timeout_s": 600}
                jobqueue.enqueue(rows, kind=COMMAND, payload=payload)


def report(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a worker that ends by itself says."""
    out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def await_file(path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} did not appear"
        time.sleep(0.02)


def job_of(world: World, engine: Engine, number: int = 1) -> Job:
    return next(job for job in world.jobs(engine) if job.id == number)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def await_end_of(pid_file: Path) -> None:
    """Wait until the process whose number is in a file is gone."""
    pid, deadline = int(pid_file.read_text()), time.monotonic() + _PATIENCE_S
    while not gone(pid):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.02)


def test_three_workers_do_500_jobs_once_each(world: World, start: Start) -> None:
    engine = world.engine()
    enqueue(engine, count=500)
    workers = [start("--drain", "--format", "json") for _ in range(3)]
    reports = [report(worker) for worker in workers]
    assert sum(one["taken"] for one in reports) == 500
    assert [one["ended"] for one in reports if one["taken"]] == [
        {"done": one["taken"]} for one in reports if one["taken"]
    ]
    with engine.store.reading() as rows:
        jobs = jobqueue.listed(rows, limit=1000)
        said = Counter(line.job_id for job in jobs for line in jobqueue.logs(rows, job.id))
    assert Counter((job.state, job.attempt) for job in jobs) == {(JobState.DONE, 1): 500}
    assert set(said.values()) == {1}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_runs_when_the_worker_is_asked_to_stop_comes_again(
    world: World, start: Start, number: signal.Signals
) -> None:
    engine, pid = world.engine(), world.folder / "pid"
    enqueue(engine, script=f"echo $$ >{pid}.new; mv {pid}.new {pid}; sleep 600")
    worker = start()
    await_file(pid)
    worker.send_signal(number)
    _, err = worker.communicate(timeout=_PATIENCE_S)
    assert (worker.returncode, job_of(world, engine).state) == (0, JobState.PENDING)
    assert err.splitlines()[-1].startswith("stopped (asked to stop): 1 jobs taken; 1 pending")
    await_end_of(pid)


def test_a_stage_that_runs_when_the_worker_is_asked_to_stop_is_finished(
    world: World, start: Start
) -> None:
    world.feature("f1")
    marker, go = world.folder / "started", world.folder / "go"
    script = f"touch {marker}; until test -e {go}; do sleep 0.02; done"
    world.set(QG_CI_GREEN_COMMAND=f"sh -ec '{script}'")
    engine = world.engine()
    task = submit_task(engine, repo=REPO, work_item="F1", branch="f1", host="")
    worker = start()
    await_file(marker)
    worker.send_signal(signal.SIGTERM)
    go.touch()
    worker.communicate(timeout=_PATIENCE_S)
    assert (worker.returncode, job_of(world, engine).state) == (0, JobState.PENDING)
    assert world.task(engine, task.id).stage == "review"


def test_a_worker_that_is_asked_twice_hurries_and_loses_nothing(world: World, start: Start) -> None:
    world.feature("f1")
    pid = world.folder / "pid"
    world.set(QG_CI_GREEN_COMMAND=f"sh -ec 'echo $$ >{pid}.new; mv {pid}.new {pid}; sleep 600'")
    engine = world.engine()
    task = submit_task(engine, repo=REPO, work_item="F1", branch="f1", host="")
    worker = start()
    await_file(pid)
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=_PATIENCE_S)
    assert (worker.returncode, job_of(world, engine).state) == (130, JobState.PENDING)
    await_end_of(pid)
    world.patch.delenv("ORCH_QG_CI_GREEN_COMMAND")
    report(start("--drain", "--format", "json"))
    assert world.task(engine, task.id).status is TaskStatus.DONE


def test_the_job_of_a_worker_that_was_killed_is_taken_over_at_once(
    world: World, start: Start
) -> None:
    engine, pid, again = world.engine(), world.folder / "pid", world.folder / "again"
    script = f"test -e {again} || {{ echo $$ >{pid}.new; mv {pid}.new {pid}; sleep 600; }}"
    enqueue(engine, script=script)
    worker = start()
    await_file(pid)
    again.touch()
    worker.kill()
    worker.wait()
    # Long before any silence could tell: the kernel knows that it is gone.
    assert report(start("--drain", "--format", "json"))["ended"] == {"done": 1}
    job = job_of(world, engine)
    assert (job.state, job.attempt) == (JobState.DONE, 2)
    await_end_of(pid)


def test_the_job_of_a_worker_that_is_frozen_is_taken_over_after_its_silence(
    world: World, start: Start
) -> None:
    engine, pid, again = world.engine(), world.folder / "pid", world.folder / "again"
    script = f"test -e {again} || {{ echo $$ >{pid}.new; mv {pid}.new {pid}; sleep 600; }}"
    enqueue(engine, script=script)
    frozen = start("--silence", "1s")
    await_file(pid)
    again.touch()
    frozen.send_signal(signal.SIGSTOP)
    ended = report(start("--drain", "--silence", "1s", "--format", "json"))["ended"]
    assert ended == {"done": 1}
    # It would have kept what it had for ever; with it went all that it had started.
    assert frozen.wait(_PATIENCE_S) == -signal.SIGKILL
    await_end_of(pid)


def test_a_worker_that_beats_is_left_alone_however_long_its_job_takes(
    world: World, start: Start
) -> None:
    engine, marker, go = world.engine(), world.folder / "started", world.folder / "go"
    enqueue(engine, script=f"touch {marker}; until test -e {go}; do sleep 0.02; done")
    first = start("--silence", "1s", "--drain", "--format", "json")
    await_file(marker)
    second = start("--silence", "1s", "--drain", "--format", "json")
    time.sleep(2)
    go.touch()
    assert [report(one)["taken"] for one in (first, second)] == [1, 0]
    assert job_of(world, engine).attempt == 1


def test_two_workers_on_one_task_advance_it_once(world: World, start: Start) -> None:
    world.feature("f1")
    engine = world.engine()
    task = submit_task(engine, repo=REPO, work_item="F1", branch="f1", host="")
    with engine.store.writing() as rows:
        # As if the job had been taken from a worker that still lives.
        rows.connection.exec_driver_sql("DROP INDEX engine_job_once")
        jobqueue.enqueue(rows, kind=jobqueue.ADVANCE, task_id=task.id, repo=REPO)
    reports = [report(one) for one in [start("--drain", "--format", "json") for _ in range(2)]]
    assert sum(one["taken"] for one in reports) >= 2
    done = world.task(engine, task.id)
    assert (done.status, world.holds("f1")) == (TaskStatus.DONE, True)
    merges = [step for step in world.steps(engine, task.id) if step.step == "merge"]
    assert len(merges) == 1
