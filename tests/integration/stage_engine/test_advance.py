"""Tasks on their way through the stages."""

import threading
from pathlib import Path

import pytest
from tests.engine_world import REPO, World

from coverage_gate.ports import RepositoryError
from stage_engine.engine import (
    AdvanceResult,
    TaskError,
    UnknownTaskError,
    advance_stage,
    advance_task,
    resume_task,
    submit_task,
)
from stage_engine.qg import Answer
from stage_engine.stages import STAGE_TRANSITIONS
from stage_engine.values import JobState, StepStatus, TaskStatus

SIMPLE = [stage for stage in STAGE_TRANSITIONS if stage not in ("deploy-staging", "deploy", "done")]


def good(repo: str, work_item: str, branch: str) -> Answer:
    del repo, work_item, branch
    return True, "good"


def bad(repo: str, work_item: str, branch: str) -> Answer:
    del repo, work_item, branch
    return False, "bad"


def undecided(repo: str, work_item: str, branch: str) -> Answer:
    del repo, work_item, branch
    return None, "not yet"


def broken(repo: str, work_item: str, branch: str) -> Answer:
    raise ValueError(repo + work_item + branch)


@pytest.fixture
def feature(world: World) -> World:
    world.feature("f1", {"tests/test_f1.py": ""})
    return world


@pytest.mark.parametrize("stage", SIMPLE)
def test_a_task_comes_into_the_next_stage(feature: World, stage: str) -> None:
    engine = feature.engine()
    task = feature.at_stage(engine, feature.submit(engine, "f1"), stage)
    result = advance_stage(task.id, engine=engine)
    assert (result.from_stage, result.to_stage) == (stage, STAGE_TRANSITIONS[stage]["next"])
    assert (result.advanced, result.waiting, result.parked) == (True, False, False)
    assert feature.task(engine, task.id).stage == STAGE_TRANSITIONS[stage]["next"]


def test_a_tested_feature_is_merged_and_the_baseline_rises(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    result = advance_task(task.id, engine=engine)
    assert (result.to_stage, feature.holds("f1"), feature.baseline()) == ("done", True, 52.0)
    assert feature.task(engine, task.id).status is TaskStatus.DONE
    assert feature.lease_holder(engine) is None


def test_every_step_of_a_journey_is_recorded(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    advance_task(task.id, engine=engine)
    steps = feature.steps(engine, task.id)
    assert {step.status for step in steps} == {StepStatus.PASSED}
    assert [step.step for step in steps if step.stage.startswith("deploy")] == [
        "look at the branch",
        "check_staging_status",
        "check_branch_mergeable",
        "merge gate: open intents",
        "merge gate: lease",
        "merge gate: catch-up",
        "merge gate: re-test",
        "check_coverage_gate",
        "check_staging_image_fresh",
        "nothing moved",
        "look at the branch",
        "merge",
        "merge-verify",
    ]


def test_one_run_holds_the_whole_journey(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    advance_task(task.id, engine=engine)
    [run] = feature.runs(engine)
    assert (run.source, run.status, run.error) == ("submit", TaskStatus.DONE, "")
    assert run.finished_at is not None


def test_people_and_tracker_are_told_when_a_task_is_done(feature: World) -> None:
    engine = feature.engine()
    advance_task(feature.submit(engine, "f1").id, engine=engine)
    assert [message.topic for message in feature.messages(engine)] == ["telegram", "plane"]


def test_a_task_that_is_done_stays_done(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    advance_task(task.id, engine=engine)
    before = feature.task(engine, task.id)
    result = advance_stage(task.id, engine=engine)
    assert (result.to_stage, result.advanced) == ("done", False)
    assert feature.task(engine, task.id) == before


def test_a_task_that_does_not_exist_is_told(world: World) -> None:
    with pytest.raises(UnknownTaskError):
        advance_stage(7, engine=world.engine())


def test_without_an_engine_one_is_opened_by_the_settings(feature: World) -> None:
    task = feature.submit(feature.engine(), "f1")
    assert advance_stage(task.id).to_stage == "analysis"


@pytest.mark.parametrize(
    ("stage", "check"),
    [
        ("development", "check_ci_green"),
        ("review", "check_security_gate"),
        ("testing", "check_tests_passed"),
        ("deploy-staging", "check_branch_mergeable"),
    ],
)
def test_a_gate_that_judges_the_branch_sends_it_back(
    feature: World, stage: str, check: str
) -> None:
    engine = feature.engine(**{check: bad})
    task = feature.at_stage(engine, feature.submit(engine, "f1"), stage)
    result = advance_stage(task.id, engine=engine)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert (result.to_stage, result.reason, result.advanced) == ("development", "bad", False)
    [job] = feature.jobs(engine)
    assert (job.kind, job.state, feature.task(engine, task.id).job_id) == (
        "developer",
        JobState.PENDING,
        job.id,
    )


@pytest.mark.parametrize("check", ["check_staging_status", "check_staging_image_fresh"])
def test_a_gate_that_judges_staging_makes_the_task_wait(feature: World, check: str) -> None:
    engine = feature.engine(**{check: bad})
    task = feature.at_stage(engine, feature.submit(engine, "f1"), "deploy-staging")
    result = advance_stage(task.id, engine=engine)
    assert (result.waiting, result.rolled_back_to, result.reason) == (True, None, "bad")
    assert feature.lease_holder(engine) is None
    assert feature.jobs(engine) == ()


GATES = [
    ("development", "check_ci_green"),
    ("review", "check_security_gate"),
    ("testing", "check_tests_passed"),
    ("deploy-staging", "check_staging_status"),
    ("deploy-staging", "check_branch_mergeable"),
    ("deploy-staging", "check_coverage_gate"),
    ("deploy-staging", "check_staging_image_fresh"),
]


@pytest.mark.parametrize(("stage", "check"), GATES)
def test_a_gate_that_is_missing_blocks(feature: World, stage: str, check: str) -> None:
    engine = feature.engine()
    checks = {name: found for name, found in engine.checks.items() if name != check}
    engine = feature.with_checks(engine, checks)
    task = feature.at_stage(engine, feature.submit(engine, "f1"), stage)
    result = advance_stage(task.id, engine=engine)
    assert (result.waiting, result.to_stage) == (True, stage)
    assert result.reason == f"{check} is configured but missing in QG_CHECKS: it blocks"
    assert feature.lease_holder(engine) is None


@pytest.mark.parametrize(("stage", "check"), [gate for gate in GATES if "coverage" not in gate[1]])
def test_a_gate_that_raises_makes_the_task_wait(feature: World, stage: str, check: str) -> None:
    engine = feature.engine(**{check: broken})
    task = feature.at_stage(engine, feature.submit(engine, "f1"), stage)
    result = advance_stage(task.id, engine=engine)
    assert (result.waiting, result.to_stage) == (True, stage)
    assert f"{check} raised ValueError: shopF1f1" in result.reason


def test_a_gate_that_cannot_tell_yet_makes_the_task_wait_and_is_asked_again(
    feature: World,
) -> None:
    engine = feature.engine(check_ci_green=undecided)
    task = feature.at_stage(engine, feature.submit(engine, "f1"), "development")
    assert advance_stage(task.id, engine=engine).reason == "not yet"
    waiting = feature.task(engine, task.id)
    assert (waiting.status, waiting.reason) == (TaskStatus.WAITING, "not yet")
    result = advance_stage(task.id, engine=feature.engine(check_ci_green=good))
    assert (result.to_stage, feature.task(engine, task.id).reason) == ("review", "")


def test_a_step_that_is_tried_again_counts_its_attempts(feature: World) -> None:
    engine = feature.engine(check_ci_green=undecided)
    task = feature.at_stage(engine, feature.submit(engine, "f1"), "development")
    for _ in range(2):
        advance_stage(task.id, engine=engine)
    steps = [step for step in feature.steps(engine, task.id) if step.step == "check_ci_green"]
    assert [(step.attempt, step.status, step.error) for step in steps] == [
        (1, StepStatus.WAITING, "not yet"),
        (2, StepStatus.WAITING, "not yet"),
    ]


def test_after_the_retry_limit_a_task_is_parked_and_another_goes_on(feature: World) -> None:
    feature.set(DEVELOPER_RETRY_LIMIT="1")
    engine = feature.engine(check_ci_green=bad)
    task = feature.at_stage(
        engine, feature.submit(engine, "f1"), "development", developer_retries=1
    )
    result = advance_stage(task.id, engine=engine)
    assert (result.parked, result.rolled_back_to, result.enqueued_agent) == (
        True,
        "development",
        None,
    )
    feature.feature("f2", {"tests/test_f2.py": ""})
    other = feature.submit(engine, "f2")
    assert advance_task(other.id, engine=feature.engine()).to_stage == "done"


def test_a_parked_task_ends_its_run_and_stays_parked(feature: World) -> None:
    feature.set(DEVELOPER_RETRY_LIMIT="0")
    engine = feature.engine(check_ci_green=bad)
    task = feature.at_stage(engine, feature.submit(engine, "f1"), "development")
    advance_stage(task.id, engine=engine)
    result = advance_stage(task.id, engine=feature.engine())
    [run] = feature.runs(engine)
    assert (result.parked, result.reason, result.to_stage) == (True, "bad", "development")
    assert (run.status, run.error) == (TaskStatus.PARKED, "bad")


def test_a_parked_task_that_is_resumed_goes_on_in_a_new_run(feature: World) -> None:
    feature.set(DEVELOPER_RETRY_LIMIT="0")
    engine = feature.engine(check_ci_green=bad)
    task = feature.at_stage(engine, feature.submit(engine, "f1"), "development")
    advance_stage(task.id, engine=engine)
    resumed = resume_task(engine, task.id, host="h1")
    assert (resumed.status, resumed.developer_retries) == (TaskStatus.ACTIVE, 0)
    assert [job.host for job in feature.jobs(engine)] == ["h1"]
    assert advance_task(task.id, engine=feature.engine()).to_stage == "done"
    assert [run.source for run in feature.runs(engine)] == ["resume", "submit"]


def test_only_a_parked_task_can_be_resumed(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    with pytest.raises(TaskError, match="is active, not parked"):
        resume_task(engine, task.id)


def test_a_branch_that_was_deleted_is_told_and_can_be_made_again(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    head = feature.head("f1")
    feature.repo.git("update-ref", "-d", "refs/heads/f1")
    result = advance_stage(task.id, engine=engine)
    assert result.waiting
    assert result.reason.startswith(f"the branch f1 is gone (it was at {head})")
    feature.repo.git("branch", "f1", head)
    assert advance_task(task.id, engine=engine).to_stage == "done"


def test_a_repository_that_is_gone_makes_the_task_wait_with_the_error(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    feature.repo.path.rename(feature.folder / "aside")
    result = advance_stage(task.id, engine=engine)
    [run] = feature.runs(engine)
    assert result.waiting
    assert "RepositoryError" in run.error
    assert "location.py" in run.trace


def test_a_task_that_another_process_works_on_is_left_alone(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    with engine.exclusive(task.id):
        result = advance_stage(task.id, engine=engine)
    assert (result.waiting, result.reason) == (True, "another process works on this task")
    assert feature.steps(engine, task.id) == []


def test_a_task_that_somebody_changes_meanwhile_is_not_overwritten(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")

    def meddle(repo: str, work_item: str, branch: str) -> Answer:
        feature.at_stage(engine, task, "testing")
        return good(repo, work_item, branch)

    feature.at_stage(engine, task, "review")
    result = advance_stage(task.id, engine=feature.engine(check_security_gate=meddle))
    assert result.waiting
    assert "changed by somebody else" in result.reason
    assert feature.task(engine, task.id).stage == "testing"


def test_a_step_that_nobody_ended_is_marked_when_the_task_goes_on(feature: World) -> None:
    class Killed(BaseException):
        pass

    def die(repo: str, work_item: str, branch: str) -> Answer:
        raise Killed(repo, work_item, branch)

    engine = feature.engine(check_ci_green=die)
    task = feature.at_stage(engine, feature.submit(engine, "f1"), "development")
    with pytest.raises(Killed):
        advance_stage(task.id, engine=engine)
    advance_stage(task.id, engine=feature.engine())
    steps = [step for step in feature.steps(engine, task.id) if step.step == "check_ci_green"]
    assert [step.status for step in steps] == [StepStatus.INTERRUPTED, StepStatus.PASSED]


@pytest.mark.parametrize(
    ("work_item", "branch"), [("", "f1"), ("F1", " "), ("F\ud800", "f1"), ("F1", "f\0")]
)
def test_a_name_that_cannot_be_kept_is_refused(world: World, work_item: str, branch: str) -> None:
    with pytest.raises(TaskError):
        submit_task(world.engine(), repo=REPO, work_item=work_item, branch=branch)


def test_a_repository_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(RepositoryError):
        submit_task(world.engine(), repo="nope", work_item="F1", branch="f1")


@pytest.mark.parametrize(("host", "jobs"), [(None, []), ("", [""]), ("h1", ["h1"])])
def test_a_job_for_a_worker_is_queued_with_the_task_if_wished(
    world: World, host: str | None, jobs: list[str]
) -> None:
    engine = world.engine()
    for _ in range(2):
        submit_task(engine, repo=REPO, work_item="F1", branch="f1", host=host)
    assert [job.host for job in world.jobs(engine)] == jobs


def test_submitting_a_finished_task_again_begins_nothing(feature: World) -> None:
    engine = feature.engine()
    advance_task(feature.submit(engine, "f1").id, engine=engine)
    feature.submit(engine, "f1")
    assert len(feature.runs(engine)) == 1


def test_many_at_once_advance_a_task_once(feature: World) -> None:
    engine = feature.engine()
    task = feature.submit(engine, "f1")
    results: list[AdvanceResult] = []
    work = [
        threading.Thread(target=lambda: results.append(advance_stage(task.id, engine=engine)))
        for _ in range(4)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    stages = [stage for stage in STAGE_TRANSITIONS if stage != "done"]
    advanced = sum(result.advanced for result in results)
    assert stages.index(feature.task(engine, task.id).stage) == advanced


def test_nothing_is_left_in_the_folder_of_the_repository(feature: World, tmp_path: Path) -> None:
    engine = feature.engine()
    advance_task(feature.submit(engine, "f1").id, engine=engine)
    assert sorted(path.name for path in (tmp_path / "repos").iterdir()) == [REPO, "shop.files"]
