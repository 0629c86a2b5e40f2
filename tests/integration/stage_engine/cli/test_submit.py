"""`stage-engine submit`, `resume` and `monitor`."""

import re
from collections.abc import Callable

import pytest
from tests.engine_world import REPO
from tests.integration.stage_engine.cli.conftest import Shell

from stage_engine import jobqueue, tasks
from stage_engine.engine import Engine, advance_stage, advance_task, open_engine
from stage_engine.values import TaskStatus

SUBMIT = ("submit", "--repo", REPO, "--work-item", "F1", "--branch", "f1")


@pytest.fixture
def engine(shell: Shell) -> Engine:
    shell.world.feature("f1", {"tests/test_f1.py": ""})
    return open_engine()


def test_a_branch_becomes_a_task_a_run_and_a_job(shell: Shell, engine: Engine) -> None:
    told = shell(*SUBMIT, "--title", "coupons", "--trace-id", "abc")
    assert told.status == 0
    task, run, trace, job = told.out.splitlines()
    assert (task, trace) == ("task   1, active in created", "trace  abc")
    assert re.fullmatch(r"run    [0-9a-f]{32}", run)
    assert job == "job    1; a `stage-engine worker` takes it"
    assert [job.kind for job in shell.world.jobs(engine)] == [jobqueue.ADVANCE]


@pytest.mark.usefixtures("engine")
def test_the_same_again_is_the_same_task_run_and_job(shell: Shell) -> None:
    first, second = shell.json(*SUBMIT), shell.json(*SUBMIT)
    assert first == second
    assert (first["task_id"], first["job_id"]) == (1, 1)


def test_a_task_that_waits_is_looked_at_again(shell: Shell, engine: Engine) -> None:
    shell(*SUBMIT)
    with engine.store.writing() as rows:
        job = jobqueue.take_job(rows, worker="w", host="h", clock=engine.clock)
        assert job is not None
        jobqueue.give_back(rows, job, clock=engine.clock, delay_ms=10**6)
    shell(*SUBMIT)
    assert shell.world.jobs(engine)[0].not_before_ms == 0


def test_a_task_that_is_done_gets_no_job(shell: Shell, engine: Engine) -> None:
    shell(*SUBMIT)
    with engine.store.writing() as rows:
        jobqueue.cancel(rows, 1)
    shell.world.at_stage(engine, shell.world.task(engine, 1), "done", status=TaskStatus.DONE)
    told = shell(*SUBMIT)
    assert told.out.splitlines()[0] == "task   1, done in done"
    assert told.out.splitlines()[-1] == "no job: there is nothing left to do"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("--branch", "other"), "'F1' of 'shop' is task 1 already, with branch 'f1'"),
        (("--repo", "none"), "is no folder"),
        (("--work-item", " "), "submit: work_item: must be words on one line"),
        (("--branch", "a\udcff"), "submit: branch: Input should be a valid string"),
        (("--title", "\udcff"), "submit: title: Input should be a valid string"),
        (("--trace-id", "a\x1b[2J"), "submit: trace_id: must be words on one line"),
        (("--host", "nowhere"), "there is no host 'nowhere'"),
    ],
)
def test_what_cannot_be_submitted_is_told_with_status_2(
    shell: Shell, change: tuple[str, str], problem: str
) -> None:
    shell(*SUBMIT)
    told = shell(*SUBMIT, *change)
    assert told.status == 2
    assert problem in told.err


def parked(shell: Shell, engine: Engine) -> None:
    shell(*SUBMIT)
    with engine.store.writing() as rows:
        jobqueue.cancel(rows, 1)
        task = tasks.change(rows, tasks.find(rows, 1), status=TaskStatus.PARKED, reason="too often")
        run = tasks.ensure_run(rows, task.id, source="x")
        tasks.change_run(rows, run.run_id, TaskStatus.PARKED, error="too often", trace="in a file")


def test_a_parked_task_tells_how_to_resume_it_and_is_resumed(shell: Shell, engine: Engine) -> None:
    parked(shell, engine)
    told = shell(*SUBMIT)
    assert told.out.splitlines()[0] == "task   1, parked in created: too often"
    assert "`stage-engine resume 1` lets it go on" in told.out
    resumed = shell("resume", "1")
    assert (resumed.status, "job    2" in resumed.out) == (0, True)
    assert advance_stage(1, engine=engine).advanced


def test_resuming_as_json(shell: Shell, engine: Engine) -> None:
    parked(shell, engine)
    assert shell.json("resume", "1")["status"] == "active"


@pytest.mark.parametrize(("task", "status"), [("1", 2), ("99", 1), ("x", 2)])
def test_what_cannot_be_resumed_is_told(
    shell: Shell, engine: Engine, task: str, status: int
) -> None:
    del engine
    shell(*SUBMIT)
    told = shell("resume", task)
    assert told.status == status
    assert told.err


def test_without_runs_monitor_says_so(shell: Shell) -> None:
    told = shell("monitor")
    assert (told.status, told.out) == (0, "No pipeline runs found\n")
    assert shell.json("monitor")["runs"] == []


def test_monitor_lists_runs_with_their_names_source_and_status(
    shell: Shell, engine: Engine
) -> None:
    del engine
    found = shell.json(*SUBMIT, "--trace-id", "trace-7")
    heading, row = shell("monitor").out.splitlines()
    assert heading.split() == ["RUN", "TRACE", "SOURCE", "STATUS", "STAGE", "WORK", "ITEM"]
    assert row.split() == [found["run_id"][:12], "trace-7", "submit", "active", "created", "F1"]


def test_monitor_filters_by_status(shell: Shell, engine: Engine) -> None:
    parked(shell, engine)
    shell.world.feature("f2")
    shell("submit", "--repo", REPO, "--work-item", "F2", "--branch", "f2")
    for status, items in {"parked": ["F1"], "active": ["F2"], "done": []}.items():
        runs = shell.json("monitor", "--status", status)["runs"]
        assert [run["work_item"] for run in runs] == items


@pytest.fixture
def finished(shell: Shell, engine: Engine) -> str:
    """The name of a run that is done."""
    run: str = shell.json(*SUBMIT)["run_id"]
    # A stage before the last ones is as good as all of them.
    shell.world.at_stage(engine, shell.world.task(engine, 1), "deploy-staging")
    advance_task(1, engine=engine)
    return run


@pytest.mark.parametrize("shorten", [str, lambda name: name[:6]])
def test_a_run_is_shown_with_its_steps(
    shell: Shell, finished: str, shorten: Callable[[str], str]
) -> None:
    told = shell("monitor", shorten(finished))
    assert told.status == 0
    assert f"run      {finished}" in told.out
    assert "status   done in done" in told.out
    assert re.search(r"^deploy +merge-verify +1 +passed +\d+\.\d\d s$", told.out, re.MULTILINE)


def test_a_run_as_json_has_attempts_durations_and_errors(shell: Shell, finished: str) -> None:
    found = shell.json("monitor", finished)["run"]
    step = found["stage_executions"][0]
    assert (found["run_id"], found["status"]) == (finished, "done")
    assert {"attempt", "duration_ms", "error", "stage", "step", "status"} <= set(step)


def test_a_step_that_was_repeated_is_shown_once_unless_all_are_wanted(
    shell: Shell, engine: Engine
) -> None:
    shell("submit", "--repo", REPO, "--work-item", "NEW", "--branch", "new")
    for _ in range(3):
        advance_task(1, engine=engine)
    run = shell.json("monitor")["runs"][0]["run_id"]
    pattern = re.compile(r"^development +development +(\d)", re.MULTILINE)
    assert pattern.findall(shell("monitor", run).out) == ["3"]
    assert pattern.findall(shell("monitor", run, "--all").out) == ["1", "2", "3"]


def test_a_step_that_did_not_pass_says_why_below_it(shell: Shell, engine: Engine) -> None:
    shell("submit", "--repo", REPO, "--work-item", "NEW", "--branch", "new")
    advance_task(1, engine=engine)
    run = shell.json("monitor")["runs"][0]["run_id"]
    told = shell("monitor", run)
    assert "    a developer job is queued" in told.out.splitlines()
    assert "last error: a developer job is queued" in told.out.splitlines()


def test_the_trace_of_a_run_is_shown_when_asked_for(shell: Shell, engine: Engine) -> None:
    parked(shell, engine)
    run = shell.json("monitor")["runs"][0]["run_id"]
    assert "in a file" not in shell("monitor", run).out
    assert shell("monitor", run, "--trace").out.splitlines()[-1] == "in a file"
    assert shell.json("monitor", run, "--trace")["trace"] == "in a file"


@pytest.mark.parametrize("name", ["0123456789abcdef", "", "%", "\x1b[2J", "\udcff"])
def test_a_run_that_is_not_there_is_told_with_status_1(
    shell: Shell, engine: Engine, name: str
) -> None:
    del engine
    shell(*SUBMIT)
    shell("sample-data")
    told = shell("monitor", name)
    assert (told.status, told.out) == (1, "")
    assert "Pipeline run not found" in told.err
    assert "\x1b" not in told.err


def test_a_beginning_that_fits_several_runs_is_refused(shell: Shell, engine: Engine) -> None:
    for number in range(17):
        with engine.store.writing() as rows:
            task = tasks.submit(rows, repo=REPO, work_item=f"X{number}", branch=f"x{number}")
            tasks.ensure_run(rows, task.id, source="test")
    names = [run.run_id for run in shell.world.runs(engine)]
    double = next(name[0] for name in names if sum(n[0] == name[0] for n in names) > 1)
    told = shell("monitor", double)
    assert told.status == 2
    assert f"several runs begin with '{double}': give more of the name" in told.err


def test_a_run_whose_name_begins_another_is_found(shell: Shell, engine: Engine) -> None:
    for number, name in enumerate(("ab", "abc")):
        with engine.store.writing() as rows:
            task = tasks.submit(rows, repo=REPO, work_item=f"X{number}", branch=f"x{number}")
            tasks.ensure_run(rows, task.id, source="test")
            rows.connection.exec_driver_sql(
                "UPDATE engine_run SET run_id = ? WHERE task_id = ?", (name, task.id)
            )
    assert shell.json("monitor", "ab")["run"]["work_item"] == "X0"
