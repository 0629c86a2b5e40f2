"""What a worker does with a job of each kind, and how each ends."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.engine_world import REPO, World

from coverage_gate.core.measurement import FailureCode, MeasureFailure
from coverage_gate.learning import Main
from coverage_gate.ports import StoreError
from stage_engine import catalogue, jobqueue, tasks
from stage_engine.catalogue import Kind
from stage_engine.engine import Engine, submit_task
from stage_engine.jobkinds import Work, kinds_for, run_job
from stage_engine.learning import ask
from stage_engine.qg import Answer
from stage_engine.templates import COMMAND, NOOP, PIPELINE
from stage_engine.values import Job, JobState, Task, TaskStatus


def queued(world: World, engine: Engine, kind: str, payload: Mapping[str, Any]) -> Job:
    """A job of a kind, taken."""
    with engine.store.writing() as rows:
        jobqueue.enqueue(rows, kind=kind, repo=REPO, payload=payload)
    return world.take(engine, kind)


def submitted(world: World, engine: Engine, branch: str) -> tuple[Task, Job]:
    """A task with a job that advances it, taken."""
    item = branch.upper()
    task = submit_task(engine, repo=REPO, work_item=item, branch=branch, host="")
    return task, world.take(engine, jobqueue.ADVANCE)


def found(engine: Engine, job: Job) -> Job:
    with engine.store.reading() as rows:
        now = jobqueue.find(rows, job.id)
    assert now is not None
    return now


def said(engine: Engine, job: Job) -> list[str]:
    with engine.store.reading() as rows:
        return [line.text for line in jobqueue.logs(rows, job.id)]


def sh(script: str) -> dict[str, Any]:
    return {"argv": ["sh", "-ec", script], "timeout_s": 60}


@pytest.fixture
def engine(world: World) -> Engine:
    """An engine, and a tested branch f1."""
    world.feature("f1", {"tests/test_f1.py": ""})
    return world.engine()


def test_a_task_is_advanced_until_it_is_done(world: World, engine: Engine) -> None:
    _, job = submitted(world, engine, "f1")
    assert run_job(Work(engine=engine, job=job)) is JobState.DONE
    assert world.holds("f1")
    lines = said(engine, job)
    assert lines[0] == "created → analysis: passed"
    assert lines[-1].startswith("deploy → done: merged as ")


def test_a_task_that_is_parked_ends_its_job(world: World) -> None:
    world.set(DEVELOPER_RETRY_LIMIT="0")
    world.untested("f1")
    engine = world.engine()
    task, job = submitted(world, engine, "f1")
    assert run_job(Work(engine=engine, job=job)) is JobState.DONE
    assert world.task(engine, task.id).status is TaskStatus.PARKED


def test_a_task_that_waits_gives_its_job_back_for_later(world: World) -> None:
    engine = world.engine()
    _, job = submitted(world, engine, "new")
    assert run_job(Work(engine=engine, job=job)) is JobState.PENDING
    assert found(engine, job).not_before_ms > job.heartbeat_ms
    assert said(engine, job)[-1] == "development: a developer job is queued"


def test_the_longer_a_task_waits_the_later_it_is_looked_at(engine: Engine, world: World) -> None:
    _, job = submitted(world, engine, "f1")
    delays = [
        Work(engine=engine, job=replace(job, attempt=attempt), recheck_s=5).delay_ms
        for attempt in (1, 2, 3, 4, 5, 1000)
    ]
    assert delays == [500, 1000, 2000, 4000, 5000, 5000]


def test_a_task_with_its_developer_leaves_the_next_look_to_the_developers_job(
    world: World,
) -> None:
    world.set(DEVELOPER_COMMAND="true")
    engine = world.engine()
    _, job = submitted(world, engine, "new")
    assert run_job(Work(engine=engine, job=job)) is JobState.DONE
    [developer, _] = world.jobs(engine)
    assert (developer.kind, developer.state) == ("developer", JobState.PENDING)


def test_a_task_that_comes_further_wakes_those_that_wait(world: World, engine: Engine) -> None:
    _, first = submitted(world, engine, "new")
    run_job(Work(engine=engine, job=first))
    _, second = submitted(world, engine, "f1")
    run_job(Work(engine=engine, job=second))
    assert found(engine, first).not_before_ms == 0


def test_a_task_that_only_waits_wakes_nobody(world: World, engine: Engine) -> None:
    _, first = submitted(world, engine, "new")
    run_job(Work(engine=engine, job=first))
    for _ in range(2):
        with engine.store.writing() as rows:
            again = jobqueue.take_job(rows, worker="w", host="h", clock=engine.clock, only=1)
        assert again is not None
        run_job(Work(engine=engine, job=again))
        assert found(engine, first).not_before_ms > 0


def test_a_worker_that_is_asked_to_stop_gives_back_after_the_stage(
    world: World, engine: Engine
) -> None:
    task, job = submitted(world, engine, "f1")
    assert run_job(Work(engine=engine, job=job, should_stop=lambda: True)) is JobState.PENDING
    assert world.task(engine, task.id).stage == "analysis"
    assert found(engine, job).not_before_ms == 0
    assert said(engine, job)[-1] == "stopped; the rest is done later"


@pytest.mark.parametrize("branch", ["f1", "new"])
def test_a_job_that_was_taken_away_writes_no_end(world: World, engine: Engine, branch: str) -> None:
    _, job = submitted(world, engine, branch)
    with engine.store.writing() as rows:
        jobqueue.cancel(rows, job.id)
    assert run_job(Work(engine=engine, job=job)) is JobState.CANCELLED
    assert found(engine, job).state is JobState.CANCELLED


def test_a_job_for_no_task_is_set_back_with_the_reason(world: World, engine: Engine) -> None:
    job = queued(world, engine, jobqueue.ADVANCE, {})
    assert run_job(Work(engine=engine, job=job)) is JobState.PENDING
    assert "it broke: UnknownTaskError: there is no task 0" in said(engine, job)[-1]


def test_a_check_that_breaks_the_engine_sets_the_job_back(world: World, engine: Engine) -> None:
    def broken(*_: str) -> Answer:
        raise KeyError("it was here")

    fragile = world.with_checks(engine, {**engine.checks, "check_ci_green": broken})
    fragile = replace(fragile, progress=Broken())
    _, job = submitted(world, fragile, "f1")
    assert run_job(Work(engine=fragile, job=job)) is JobState.PENDING
    assert "it broke: ZeroDivisionError" in said(engine, job)[-1]


class Broken:
    """A progress with a bug."""

    def step(self, text: str) -> None:
        del text
        raise ZeroDivisionError

    def detail(self, text: str) -> None:
        del text


def test_what_cannot_be_written_leaves_the_job_to_its_worker(world: World, engine: Engine) -> None:
    job = queued(world, engine, NOOP, {})
    (world.folder / "engine.db").rename(world.folder / "away")
    (world.folder / "engine.db").mkdir()
    with pytest.raises(StoreError, match="how job 1 went could not be written"):
        run_job(Work(engine=engine, job=job))


def test_a_developer_job_is_done(world: World) -> None:
    git = "git -c user.name=dev -c user.email=dev@example.invalid -c core.hooksPath=/dev/null"
    script = f"touch new.txt && git add new.txt && {git} commit -qm new"
    world.set(DEVELOPER_COMMAND=shlex.join(["sh", "-ec", script]))
    engine = world.engine()
    _, job = submitted(world, engine, "new")
    run_job(Work(engine=engine, job=job))
    assert run_job(Work(engine=engine, job=world.take(engine))) is JobState.DONE
    assert world.jobs(engine)[0].kind == jobqueue.ADVANCE


def test_a_job_without_work_says_who_was_there(world: World, engine: Engine) -> None:
    job = queued(world, engine, NOOP, {})
    assert run_job(Work(engine=engine, job=job)) is JobState.DONE
    assert said(engine, job) == ["nothing to do; w1 was here"]


@pytest.mark.parametrize(
    ("script", "state", "error"),
    [
        ("echo well", JobState.DONE, ""),
        ("echo no; exit 3", JobState.FAILED, "sh ended with status 3: no"),
        ("exit 75", JobState.PENDING, ""),
    ],
)
def test_a_command_ends_its_job_by_its_status(
    world: World, engine: Engine, script: str, state: JobState, error: str
) -> None:
    job = queued(world, engine, COMMAND, sh(script))
    assert run_job(Work(engine=engine, job=job)) is state
    assert found(engine, job).error == error


def test_what_a_command_said_is_in_the_log(world: World, engine: Engine) -> None:
    job = queued(world, engine, COMMAND, sh("echo one; echo two >&2; exit 1"))
    run_job(Work(engine=engine, job=job))
    assert said(engine, job) == ["one\ntwo", "sh ended with status 1: two"]


def test_a_command_without_a_branch_runs_in_an_empty_folder_that_goes(
    world: World, engine: Engine
) -> None:
    job = queued(world, engine, COMMAND, sh('ls -A; pwd; echo "$ORCH_JOB_ID"'))
    run_job(Work(engine=engine, job=job))
    folder, number = said(engine, job)[0].splitlines()
    assert number == "1"
    assert "/stage-engine-" in folder


def test_a_command_with_a_branch_runs_in_its_worktree(world: World, engine: Engine) -> None:
    payload = {**sh('pwd; echo "$ORCH_REPO $ORCH_BRANCH"'), "repo": REPO, "branch": "f1"}
    job = queued(world, engine, COMMAND, payload)
    run_job(Work(engine=engine, job=job))
    assert said(engine, job)[0].splitlines() == [str(world.worktree("f1")), "shop f1"]


def test_a_command_of_a_branch_that_is_not_there_fails(world: World, engine: Engine) -> None:
    payload = {**sh("true"), "repo": REPO, "branch": "none"}
    job = queued(world, engine, COMMAND, payload)
    assert run_job(Work(engine=engine, job=job)) is JobState.FAILED
    assert found(engine, job).error.startswith("RepositoryError: ")


def test_a_command_that_is_stopped_goes_back(world: World, engine: Engine) -> None:
    job = queued(world, engine, COMMAND, sh("sleep 60"))
    work = Work(engine=engine, job=job, should_stop=lambda: True)
    assert run_job(work) is JobState.PENDING
    assert said(engine, job) == ["stopped; it is done again later"]


TASK = {"repo": REPO, "work_item": "F1", "branch": "f1"}


def test_a_pipeline_leads_its_task_through_the_definition(world: World, engine: Engine) -> None:
    job = queued(world, engine, PIPELINE, TASK)
    assert run_job(Work(engine=engine, job=job)) is JobState.DONE
    assert world.holds("f1")
    assert said(engine, job)[0] == "[stage] created: passed"


def keep(engine: Engine, name: str, *nodes: dict[str, Any]) -> None:
    with engine.store.writing() as rows:
        body = json.dumps({"version": 1, "nodes": nodes})
        catalogue.keep(rows, Kind.DEFINITION, name, body)


@pytest.mark.parametrize(
    ("argv", "state", "error"),
    [
        (["false"], JobState.FAILED, "x: false ended with status 1: it wrote nothing"),
        (["sh", "-c", "exit 75"], JobState.PENDING, ""),
        (["no-such-program"], JobState.PENDING, ""),
    ],
)
def test_a_pipeline_fails_waits_or_is_set_back(
    world: World, engine: Engine, argv: list[str], state: JobState, error: str
) -> None:
    keep(engine, "one", {"id": "x", "type": "command", "config": {"argv": argv}})
    job = queued(world, engine, PIPELINE, {**TASK, "definition": "one"})
    assert run_job(Work(engine=engine, job=job)) is state
    assert found(engine, job).error == error


def test_a_pipeline_that_was_set_back_still_knows_its_payload(world: World, engine: Engine) -> None:
    keep(engine, "one", {"id": "x", "type": "command", "config": {"argv": ["no-such-program"]}})
    job = queued(world, engine, PIPELINE, {**TASK, "definition": "one"})
    run_job(Work(engine=engine, job=job))
    again = world.take(engine, PIPELINE)
    keep(engine, "one", {"id": "x", "type": "command", "config": {"argv": ["true"]}})
    assert run_job(Work(engine=engine, job=again)) is JobState.DONE


def test_a_pipeline_whose_command_is_stopped_goes_back(world: World, engine: Engine) -> None:
    keep(engine, "one", {"id": "x", "type": "command", "config": {"argv": ["sleep", "60"]}})
    job = queued(world, engine, PIPELINE, {**TASK, "definition": "one"})
    work = Work(engine=engine, job=job, should_stop=lambda: True)
    assert run_job(work) is JobState.PENDING


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"definition": "none"}, "InputError: there is no definition 'none'"),
        ({"branch": "other"}, "TaskError: 'F1' of 'shop' is task 1 already"),
        ({"repo": "none"}, "RepositoryError: "),
    ],
)
def test_a_pipeline_that_cannot_begin_fails(
    world: World, engine: Engine, change: dict[str, str], error: str
) -> None:
    world.submit(engine, "f1")
    job = queued(world, engine, PIPELINE, {**TASK, **change})
    assert run_job(Work(engine=engine, job=job)) is JobState.FAILED
    assert found(engine, job).error.startswith(error)


def test_without_a_command_developer_jobs_are_left_to_people(world: World) -> None:
    assert "developer" not in kinds_for(world.engine())
    world.set(DEVELOPER_COMMAND="true")
    assert "developer" in kinds_for(world.engine())


def test_a_task_that_is_gone_from_its_stage_is_nobodys_fault(world: World, engine: Engine) -> None:
    task, job = submitted(world, engine, "f1")
    with engine.store.writing() as rows:
        tasks.change(rows, task, status=TaskStatus.DONE, stage="done")
    assert run_job(Work(engine=engine, job=job)) is JobState.DONE


# After a merge


def learning(world: World) -> Engine:
    world.set(LEARN_AFTER_MERGE="true", COVERAGE_PYTHON=sys.executable)
    return world.engine()


def test_after_a_merge_main_is_looked_at_beside_the_tasks(world: World, engine: Engine) -> None:
    _, job = submitted(world, engine := learning(world), "f1")
    assert run_job(Work(engine=engine, job=job)) is JobState.DONE
    job = world.take(engine, jobqueue.LEARN)
    assert (job.repo, job.task_id) == (REPO, None)


def test_merges_in_a_row_have_one_look_between_them(world: World, engine: Engine) -> None:
    with engine.store.writing() as rows:
        ask(rows, REPO)
        ask(rows, REPO)
    assert [job.kind for job in world.jobs(engine)] == [jobqueue.LEARN]


def test_a_merge_asks_for_nothing_unless_it_is_set(world: World, engine: Engine) -> None:
    _, job = submitted(world, engine, "f1")
    run_job(Work(engine=engine, job=job))
    assert jobqueue.LEARN not in {each.kind for each in world.jobs(engine)}


def test_a_look_at_main_leaves_what_a_check_reads(world: World, engine: Engine) -> None:
    world._follow()
    code, test = "def f():\n    return 1\n", "import a\n\ndef test_f():\n    assert a.f() == 1\n"
    world.repo.commit("code", {"a.py": code, "tests/test_a.py": test})
    engine = learning(world)
    job = queued(world, engine, jobqueue.LEARN, {})
    assert run_job(Work(engine=engine, job=job)) is JobState.DONE
    contexts = engine.store.shared.load_contexts(REPO)
    assert contexts is not None
    assert contexts.tests == ("tests/test_a.py::test_f",)
    assert said(engine, job) == [
        "ran in one of two measurements alone: 0 lines and branches",
        "1 tests run something in 1 files",
    ]


@pytest.mark.parametrize("name", ["first", "contexts"])
def test_a_main_that_cannot_be_measured_ends_the_look(
    world: World, engine: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = MeasureFailure(code=FailureCode.TIMEOUT, message="too slow")
    method = "learn_flaky" if name == "first" else "learn_contexts"
    monkeypatch.setattr(Main, "learn_flaky", lambda _: ())
    monkeypatch.setattr(Main, method, lambda _: failure)
    job = queued(world, engine, jobqueue.LEARN, {})
    assert run_job(Work(engine=engine, job=job)) is JobState.FAILED
    assert said(engine, job) == ["main could not be measured: too slow"]


def test_a_look_at_a_repository_that_is_gone_fails(world: World, engine: Engine) -> None:
    with engine.store.writing() as rows:
        jobqueue.enqueue(rows, kind=jobqueue.LEARN, repo="gone")
    job = world.take(engine, jobqueue.LEARN)
    assert run_job(Work(engine=engine, job=job)) is JobState.FAILED
