"""Developer jobs: real commands in real worktrees."""

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from tests.engine_world import World

from stage_engine import jobqueue
from stage_engine.developer import run_developer_job
from stage_engine.engine import Engine, advance_stage, advance_task, resume_task
from stage_engine.qg import Answer
from stage_engine.tasks import UnknownTaskError
from stage_engine.values import Job, JobState, Task, TaskStatus

GIT = "git -c user.name=dev -c user.email=dev@example.invalid -c core.hooksPath=/dev/null"
WRITE = f"mkdir -p tests && touch tests/test_new.py && git add -A && {GIT} commit -qm tests"


def command(world: World, script: str) -> None:
    world.set(DEVELOPER_COMMAND=shlex.join(["sh", "-ec", script]))


def sent_back(world: World, script: str | None = WRITE) -> tuple[Engine, Task]:
    """A task that the coverage gate has sent back to development."""
    world.untested("f1")
    if script is not None:
        command(world, script)
    engine = world.engine()
    task = world.at_stage(engine, world.submit(engine, "f1"), "deploy-staging")
    assert advance_stage(task.id, engine=engine).rolled_back_to == "development"
    return engine, world.task(engine, task.id)


def run(world: World, engine: Engine) -> tuple[JobState, Job, str]:
    """Do the oldest developer job. Returns state, job and all that it said."""
    taken = world.take(engine)
    state = run_developer_job(engine, taken)
    with engine.store.reading() as rows:
        job = jobqueue.find(rows, taken.id)
        said = "\n".join(line.text for line in jobqueue.logs(rows, taken.id))
    assert job is not None
    return state, job, said


def test_a_developer_that_sees_only_the_work_order_mends_the_task(world: World) -> None:
    script = f'grep -q "measured 50 %" "$ORCH_WORK_ORDER" && {WRITE}'
    engine, task = sent_back(world, script)
    assert run(world, engine)[0] is JobState.DONE
    assert advance_task(task.id, engine=engine).to_stage == "done"
    assert (world.holds("f1"), world.baseline()) == (True, 51.0)


def test_the_job_is_followed_by_one_that_advances_the_task(world: World) -> None:
    engine, task = sent_back(world)
    run(world, engine)
    job = world.jobs(engine)[0]
    assert (job.kind, job.task_id, job.state) == ("advance", task.id, JobState.PENDING)


def test_a_task_waits_while_its_developer_job_is_queued_or_runs(world: World) -> None:
    engine, task = sent_back(world)
    assert advance_stage(task.id, engine=engine).reason == "developer job 1 is queued"
    world.take(engine)
    assert advance_stage(task.id, engine=engine).reason == "developer job 1 runs"


def test_the_command_is_told_its_task_and_no_secret(world: World) -> None:
    token = {"API_TOKEN": "sesame"}
    world.set(**token)
    names = "ORCH_TASK_ID ORCH_REPO ORCH_WORK_ITEM ORCH_BRANCH"
    engine, task = sent_back(world, f"for n in {names}; do printenv $n; done; ! env | grep sesame")
    state, _, said = run(world, engine)
    assert state is JobState.DONE
    assert said.startswith(f"{task.id}\nshop\nF1\nf1\n")


def test_the_work_order_is_beside_the_report_and_outside_of_the_repository(world: World) -> None:
    engine, _ = sent_back(world, 'echo "$ORCH_WORK_ORDER"')
    order = Path(run(world, engine)[2].splitlines()[0])
    assert order == world.folder / "reports" / "shop" / "F1" / "19-work-order.md"
    assert order.read_text().startswith("# Work order: do f1")


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo no idea; exit 3", "the developer command ended with status 3: no idea"),
        ("kill -9 $$", "the developer command ended with status -9: it wrote nothing"),
    ],
)
def test_a_command_that_fails_costs_one_attempt(world: World, script: str, error: str) -> None:
    engine, task = sent_back(world, script)
    state, job, _ = run(world, engine)
    assert (state, job.error) == (JobState.FAILED, error)
    result = advance_stage(task.id, engine=engine)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert error in world.jobs(engine)[0].payload["order"]
    assert world.task(engine, task.id).developer_retries == 2


def test_a_repeat_that_finds_its_work_committed_costs_no_attempt(world: World) -> None:
    engine, task = sent_back(world)
    interrupted = world.take(engine)
    world.commit("f1", {"tests/test_new.py": ""})
    with engine.store.writing() as rows:
        jobqueue.give_back(rows, interrupted, clock=engine.clock)
    state, job, said = run(world, engine)
    assert (state, job.attempt, "nothing to commit" in said) == (JobState.DONE, 2, True)
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_a_command_that_hangs_is_stopped_with_all_that_it_started(world: World) -> None:
    world.set(DEVELOPER_TIMEOUT_S="0.3")
    engine, _ = sent_back(world, "sleep 600 & echo $!; sleep 600")
    state, job, said = run(world, engine)
    assert state is JobState.FAILED
    assert "its time limit" in job.error
    assert not Path(f"/proc/{int(said.splitlines()[0])}").exists()


def test_a_command_that_cannot_start_fails_the_job(world: World) -> None:
    engine, _ = sent_back(world)
    world.set(DEVELOPER_COMMAND="no-such-program")
    state, job, _ = run(world, world.engine())
    assert state is JobState.FAILED
    assert "no-such-program" in job.error
    assert engine.settings.gate.developer_command is not None


def test_after_the_retry_limit_the_task_is_parked_with_the_last_error(world: World) -> None:
    world.set(DEVELOPER_RETRY_LIMIT="2")
    engine, task = sent_back(world, "echo no idea; exit 1")
    while not (result := advance_stage(task.id, engine=engine)).parked:
        run(world, engine)
    assert "no idea" in result.reason
    assert [job.state for job in world.jobs(engine) if job.kind == "developer"] == [
        JobState.FAILED,
        JobState.FAILED,
    ]
    assert world.lease_holder(engine) is None


def test_what_is_not_committed_is_told_and_not_taken(world: World) -> None:
    engine, task = sent_back(world, "mkdir -p tests && touch tests/test_new.py; echo x >f1.txt")
    state, _, said = run(world, engine)
    assert state is JobState.DONE
    assert "not committed, so not taken: M f1.txt, ?? tests/" in said
    assert advance_task(task.id, engine=engine).rolled_back_to is None
    assert world.task(engine, task.id).developer_retries == 2


def test_a_second_attempt_starts_from_the_commit(world: World) -> None:
    engine, task = sent_back(world, "git status --short; echo x >f1.txt; exit 1")
    run(world, engine)
    advance_stage(task.id, engine=engine)
    _, _, said = run(world, engine)
    assert said.startswith("what was left there without a commit is in refs/leftovers/f1/")
    assert "M f1.txt" not in said.splitlines()


@pytest.mark.parametrize("script", ["git update-ref refs/heads/main f1", "git branch -D mine"])
def test_a_command_that_moves_another_branch_parks_the_task(world: World, script: str) -> None:
    world.repo.git("branch", "mine")
    engine, task = sent_back(world, script)
    state, job, _ = run(world, engine)
    assert state is JobState.FAILED
    assert job.error.startswith("other branches moved while the developer ran: m")
    parked = world.task(engine, task.id)
    assert (parked.status, parked.reason) == (TaskStatus.PARKED, job.error)
    assert advance_stage(task.id, engine=engine).parked


def test_a_parked_task_can_be_resumed_after_a_look(world: World) -> None:
    world.repo.git("branch", "mine")
    engine, task = sent_back(world, f"git branch -D mine; {WRITE}")
    run(world, engine)
    resume_task(engine, task.id)
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_branches_that_the_engine_moves_meanwhile_are_no_offence(world: World) -> None:
    engine, task = sent_back(world)
    world.feature("f2", {"tests/test_f2.py": ""})
    other = world.submit(engine, "f2")
    world.at_stage(engine, other, "deploy-staging")
    script = (
        "from stage_engine.engine import *; from dataclasses import replace;"
        "e = open_engine(); c = {**e.checks, 'check_coverage_gate': lambda *s: (True, 'ok')};"
        f"assert advance_task({other.id}, engine=replace(e, checks=c)).to_stage == 'done'"
    )
    # The developer's command happens to take as long as another task needs to land.
    names = ("DB_PATH", "REPOS_DIR", "WORKTREES_DIR", "REPORTS_DIR")
    variables = {f"ORCH_{name}": engine.settings.gate.environment[f"ORCH_{name}"] for name in names}
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    command(world, f"{settings} {sys.executable} -c {shlex.quote(script)}; {WRITE}")
    state, job, said = run(world, world.engine())
    assert (state, job.error) == (JobState.DONE, ""), said
    assert world.task(engine, task.id).status is not TaskStatus.PARKED


def test_a_branch_that_is_gone_fails_the_job(world: World) -> None:
    engine, _ = sent_back(world)
    world.repo.git("update-ref", "-d", "refs/heads/f1")
    state, job, _ = run(world, engine)
    assert (state, job.error) == (JobState.FAILED, "the branch f1 is gone: make it again")


def test_a_worktree_that_the_command_destroys_is_told(world: World) -> None:
    engine, _ = sent_back(world, 'rm -rf "$PWD"')
    state, job, _ = run(world, engine)
    assert state is JobState.FAILED
    assert "RepositoryError" in job.error


def test_without_a_command_the_job_goes_back_and_waits_for_a_person(world: World) -> None:
    engine, task = sent_back(world, script=None)
    assert run(world, engine)[0] is JobState.PENDING
    result = advance_stage(task.id, engine=engine)
    assert result.waiting
    assert result.reason.startswith("waits for a person")


def test_a_person_who_commits_does_the_job(world: World) -> None:
    engine, task = sent_back(world, script=None)
    world.commit("f1", {"tests/test_f1.py": ""})
    assert advance_task(task.id, engine=engine).to_stage == "done"
    [job] = world.jobs(engine)
    assert (job.state, job.error) == (JobState.CANCELLED, "a person did it")


def test_a_cancelled_job_waits_for_a_person_even_with_a_command(world: World) -> None:
    engine, task = sent_back(world)
    with engine.store.writing() as rows:
        jobqueue.cancel(rows, 1)
    assert advance_stage(task.id, engine=engine).reason.startswith("waits for a person")
    world.commit("f1", {"tests/test_f1.py": ""})
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_a_job_of_a_task_that_somebody_works_on_goes_back(world: World) -> None:
    engine, task = sent_back(world)
    job = world.take(engine)
    with engine.exclusive(task.id):
        assert run_developer_job(engine, job) is JobState.PENDING


def test_a_job_that_is_stopped_goes_back_and_leaves_nothing_running(world: World) -> None:
    note = world.folder / "pid"
    engine, _ = sent_back(world, f"sleep 600 & echo $! > {note}.new; mv {note}.new {note}; wait")
    job = world.take(engine)
    state = run_developer_job(engine, job, should_stop=note.exists)
    assert state is JobState.PENDING
    assert not Path(f"/proc/{int(note.read_text())}").exists()
    assert world.take(engine).attempt == 2


def test_a_job_that_is_cancelled_while_it_runs_is_stopped(world: World) -> None:
    engine, _ = sent_back(world, "sleep 60")
    job = world.take(engine)
    with engine.store.writing() as rows:
        jobqueue.cancel(rows, job.id)
    assert run_developer_job(engine, job) is JobState.CANCELLED


def test_a_job_that_was_taken_away_at_the_end_queues_nothing(world: World) -> None:
    engine, _ = sent_back(world, "sleep 0.1")
    job = world.take(engine)

    def take_away() -> bool:
        with engine.store.writing() as rows:
            jobqueue.cancel(rows, job.id)
        return False

    assert run_developer_job(engine, job, should_stop=take_away) is JobState.CANCELLED
    assert [job.kind for job in world.jobs(engine)] == ["developer"]


def test_the_heart_beats_while_the_command_runs(world: World) -> None:
    engine, _ = sent_back(world, "sleep 0.1")
    job = world.take(engine)
    run_developer_job(engine, job)
    with engine.store.reading() as rows:
        after = jobqueue.find(rows, job.id)
    assert after is not None
    assert after.heartbeat_ms > job.heartbeat_ms


def test_a_job_without_a_task_is_told(world: World) -> None:
    engine = world.engine()
    with engine.store.writing() as rows:
        jobqueue.enqueue(rows, kind=jobqueue.DEVELOP)
    with pytest.raises(UnknownTaskError):
        run_developer_job(engine, world.take(engine))


def test_a_new_task_without_work_gets_a_first_job_and_its_branch(world: World) -> None:
    command(world, WRITE)
    engine = world.engine()
    task = world.submit(engine, "f9")
    result = advance_task(task.id, engine=engine)
    assert (result.enqueued_agent, world.head("f9")) == ("developer", world.head())
    assert "Write what the title asks for" in world.jobs(engine)[0].payload["order"]
    run(world, engine)
    assert advance_task(task.id, engine=engine).to_stage == "done"
    assert world.task(engine, task.id).developer_retries == 0


def test_a_branch_that_holds_nothing_yet_gets_a_first_job(world: World) -> None:
    world.repo.git("branch", "f9")
    engine = world.engine()
    result = advance_task(world.submit(engine, "f9").id, engine=engine)
    assert (result.waiting, result.enqueued_agent) == (True, "developer")


def test_a_developer_that_commits_nothing_is_asked_again(world: World) -> None:
    command(world, "true")
    engine = world.engine()
    task = world.submit(engine, "f9")
    advance_task(task.id, engine=engine)
    run(world, engine)
    result = advance_stage(task.id, engine=engine)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert "holds no commit that main has not" in result.reason


def test_a_worktree_that_is_missing_is_made_for_the_command(world: World) -> None:
    engine, _ = sent_back(world)
    shutil.rmtree(world.worktree("f1"))
    assert run(world, engine)[0] is JobState.DONE


def test_messages_of_a_failed_developer_job_name_the_job(world: World) -> None:
    engine, task = sent_back(world, "exit 1")
    run(world, engine)
    advance_stage(task.id, engine=engine)
    comments = [json.loads(message.payload) for message in world.messages(engine)]
    _, comment = (one["comment"] for one in comments if one["kind"] == "comment")
    assert comment.startswith("developer job 1 failed: the developer command ended with status 1")
    assert comment.endswith("Developer job 2 of 3 is queued.")


def test_a_check_that_is_not_ours_may_still_send_back(world: World) -> None:
    def refuse(repo: str, work_item: str, branch: str) -> Answer:
        return False, f"{repo} {work_item} {branch}"

    world.feature("f1", {"tests/test_f1.py": ""})
    engine = world.engine(check_ci_green=refuse)
    task = world.submit(engine, "f1")
    result = advance_task(task.id, engine=engine)
    assert (result.waiting, result.reason[:9]) == (True, "waits for")
