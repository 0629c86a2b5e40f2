"""`stage-engine jobs`."""

import pytest
from tests.engine_world import REPO
from tests.integration.stage_engine.cli.conftest import Shell

from stage_engine import jobqueue
from stage_engine.engine import open_engine
from stage_engine.machine import own_host
from stage_engine.values import JobState

SLEEP = {"version": 1, "kind": "command", "payload": {"argv": ["sh", "-c", "echo well; exit 0"]}}


@pytest.fixture
def jobs(shell: Shell) -> Shell:
    """A world with the samples' templates and hosts."""
    assert shell("sample-data").status == 0
    return shell


def states(shell: Shell) -> dict[int, str]:
    return {job["id"]: job["state"] for job in shell.json("jobs", "list")["jobs"]}


def test_a_job_is_made_from_a_template(jobs: Shell) -> None:
    told = jobs("jobs", "create", "noop")
    assert (told.status, told.out) == (0, "job 1; a `stage-engine worker` takes it\n")
    found = jobs.json("jobs", "show", "1")["job"]
    assert (found["kind"], found["template"], found["host"]) == ("noop", "noop", "")


def test_a_job_may_be_for_a_host_that_is_known(jobs: Shell) -> None:
    number = jobs.json("jobs", "create", "noop", "--host", own_host())["job_id"]
    assert jobs.json("jobs", "show", str(number))["job"]["host"] == own_host()


def test_a_payload_may_name_the_host(jobs: Shell) -> None:
    jobs("hosts", "add", "build-2")
    task = {"repo": REPO, "work_item": "F1", "branch": "f1", "host": "build-2"}
    jobs("jobs", "create", "pipeline", "--payload", jobs.write("p.json", task))
    assert jobs.json("jobs", "show", "1")["job"]["host"] == "build-2"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("noop", "--host", "nowhere"), "there is no host 'nowhere'; `stage-engine hosts list`"),
        (("nope",), "there is no template 'nope' (did you mean noop?)"),
        (("pipeline",), "the job: repo is missing"),
        (("noop", "--payload", "none.json"), "none.json cannot be read"),
    ],
)
def test_what_cannot_be_made_is_told_with_status_2(
    jobs: Shell, arguments: tuple[str, ...], problem: str
) -> None:
    told = jobs("jobs", "create", *arguments)
    assert (told.status, told.out) == (2, "")
    assert problem in told.err
    assert states(jobs) == {}


def test_a_job_for_a_definition_that_is_not_there_is_refused(jobs: Shell) -> None:
    template = {"version": 1, "kind": "pipeline", "payload": {"definition": "none"}}
    jobs("templates", "add", jobs.write("odd.json", template))
    task = {"repo": REPO, "work_item": "F1", "branch": "f1"}
    told = jobs("jobs", "create", "odd", "--payload", jobs.write("p.json", task))
    assert (told.status, "there is no definition 'none'" in told.err) == (2, True)


def test_a_job_is_run_here_and_now(jobs: Shell) -> None:
    jobs("jobs", "create", "git-version")
    told = jobs("jobs", "run", "1")
    assert told.status == 0
    said, end = told.out.splitlines()
    assert " 1: git version " in said
    assert end == "job 1: done"


def test_a_job_that_fails_here_ends_with_status_1(jobs: Shell) -> None:
    template = {"version": 1, "kind": "command", "payload": {"argv": ["false"]}}
    jobs("templates", "add", jobs.write("no.json", template))
    jobs("jobs", "create", "no")
    found = jobs.json("jobs", "run", "1", status=1)
    assert found["job"]["state"] == "failed"
    assert found["logs"][-1]["text"] == "false ended with status 1: it wrote nothing"


def test_a_developer_job_needs_its_command(jobs: Shell) -> None:
    engine = open_engine()
    with engine.store.writing() as rows:
        jobqueue.enqueue(rows, kind=jobqueue.DEVELOP)
    told = jobs("jobs", "run", "1")
    assert (told.status, "needs ORCH_DEVELOPER_COMMAND" in told.err) == (2, True)


def test_a_developer_job_with_its_command_is_run(jobs: Shell) -> None:
    jobs.world.set(DEVELOPER_COMMAND="true")
    assert jobs.json("run", "--payload", new_task(jobs), "--wait", "0s", status=1)
    developer = next(job for job in jobs.json("jobs", "list")["jobs"] if job["kind"] == "developer")
    assert jobs("jobs", "run", str(developer["id"])).status == 0


def new_task(shell: Shell) -> str:
    return shell.write("new.json", {"repo": REPO, "work_item": "NEW", "branch": "new"})


def test_a_job_that_ended_cannot_be_run_again(jobs: Shell) -> None:
    jobs("jobs", "create", "noop")
    jobs("jobs", "run", "1")
    told = jobs("jobs", "run", "1")
    assert told.status == 2
    assert "job 1 is done, not pending; it cannot be run" in told.err


def test_a_job_of_another_host_is_left_to_it(jobs: Shell) -> None:
    jobs("hosts", "add", "build-2")
    jobs("jobs", "create", "noop", "--host", "build-2")
    told = jobs("jobs", "run", "1")
    assert (told.status, "it is for host 'build-2'" in told.err) == (2, True)


def test_a_job_of_an_unknown_kind_is_told(jobs: Shell) -> None:
    with open_engine().store.writing() as rows:
        jobqueue.enqueue(rows, kind="magic\x1b")
    told = jobs("jobs", "run", "1")
    assert told.status == 2
    assert r"job 1 is of the kind 'magic\\x1b', unknown here" in told.err


def test_jobs_are_listed_newest_first(jobs: Shell) -> None:
    for name in ("noop", "git-version"):
        jobs("jobs", "create", name)
    jobs("jobs", "run", "1")
    heading, second, first = jobs("jobs", "list").out.splitlines()
    assert heading.split() == ["JOB", "KIND", "STATE", "TRY", "TASK", "HOST", "ABOUT"]
    assert second.split() == ["2", "command", "pending", "0", "any", "git-version"]
    assert first.split() == ["1", "noop", "done", "1", "any", "noop"]


def test_jobs_are_filtered_by_state(jobs: Shell) -> None:
    for _ in range(2):
        jobs("jobs", "create", "noop")
    jobs("jobs", "cancel", "2")
    assert [job["id"] for job in jobs.json("jobs", "list", "--state", "pending")["jobs"]] == [1]


def test_without_jobs_the_list_says_so(jobs: Shell) -> None:
    assert jobs("jobs", "list").out == "No jobs found\n"


def test_all_of_a_job_is_shown(jobs: Shell) -> None:
    jobs("jobs", "create", "git-version")
    jobs("jobs", "run", "1")
    told = jobs("jobs", "show", "1")
    lines = told.out.splitlines()
    assert lines[:2] == ["job       1, command", "state     done"]
    assert any(line.startswith("worker    ") for line in lines)
    assert lines[-1].startswith('payload   {"argv": ["git", "--version"]')


def test_what_a_job_said_is_shown_with_time_and_attempt(jobs: Shell) -> None:
    jobs("jobs", "create", "noop")
    assert jobs("jobs", "logs", "1").out == "job 1 said nothing yet\n"
    jobs("jobs", "run", "1")
    [line] = jobs("jobs", "logs", "1").out.splitlines()
    assert " 1: nothing to do; " in line
    assert [one["attempt"] for one in jobs.json("jobs", "logs", "1")["logs"]] == [1]


def test_what_a_job_said_cannot_move_the_cursor(jobs: Shell) -> None:
    payload = {"argv": ["printf", r"a\033[2Jb\ncd\n"]}
    template = {"version": 1, "kind": "command", "payload": payload}
    jobs("templates", "add", jobs.write("loud.json", template))
    jobs("jobs", "create", "loud")
    jobs("jobs", "run", "1")
    shown = jobs("jobs", "logs", "1").out
    assert [line.split(": ", 1)[1] for line in shown.splitlines()] == [r"a\x1b[2Jb", "cd"]


def test_a_pending_job_is_cancelled(jobs: Shell) -> None:
    jobs("jobs", "create", "noop")
    told = jobs("jobs", "cancel", "1", "--reason", "not needed")
    assert (told.status, told.out.splitlines()[0]) == (0, "job 1: cancelled")
    assert "until it is submitted again" in told.out
    found = jobs.json("jobs", "show", "1")["job"]
    assert (found["state"], found["error"]) == ("cancelled", "not needed")


def test_cancelling_as_json(jobs: Shell) -> None:
    jobs("jobs", "create", "noop")
    assert jobs.json("jobs", "cancel", "1")["state"] == "cancelled"


def test_a_job_that_ended_cannot_be_cancelled(jobs: Shell) -> None:
    jobs("jobs", "create", "noop")
    jobs("jobs", "run", "1")
    told = jobs("jobs", "cancel", "1")
    assert (told.status, "job 1 is done already" in told.err) == (2, True)


def test_a_task_notices_that_its_developer_job_was_cancelled(jobs: Shell) -> None:
    jobs.world.set(DEVELOPER_COMMAND="true")
    engine = open_engine()
    jobs("submit", "--repo", REPO, "--work-item", "NEW", "--branch", "new")
    jobs("worker", "--once")
    developer = jobs.world.jobs(engine)[0]
    assert developer.kind == "developer"
    jobs("jobs", "cancel", str(developer.id))
    [newest, cancelled, _] = jobs.world.jobs(engine)
    assert (newest.kind, newest.state, cancelled.state) == (
        "advance",
        JobState.PENDING,
        JobState.CANCELLED,
    )


@pytest.mark.parametrize("command", ["run", "show", "logs", "cancel"])
def test_a_job_that_is_not_there_is_told_with_status_1(shell: Shell, command: str) -> None:
    told = shell("jobs", command, "99")
    assert told.status == 1
    assert "Job 99 not found; `stage-engine jobs list` lists them" in told.err
