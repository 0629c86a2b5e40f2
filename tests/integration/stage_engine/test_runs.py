"""Running a definition: what passes, fails, waits, is skipped, and is not done twice."""

import json
import shlex
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine_world import REPO, World

from stage_engine.definitions import Definition, default_definition, read_definition
from stage_engine.engine import Engine, advance_task
from stage_engine.errors import InputError
from stage_engine.foreground import own_hands
from stage_engine.journey import Journey, NodeResult, NodeStatus
from stage_engine.nodes import run_node
from stage_engine.payloads import Payload
from stage_engine.qg import Answer
from stage_engine.runs import Request, RunResult, run_definition
from stage_engine.stage_node import leave_stage
from stage_engine.values import StepStatus, TaskStatus

GIT = "git -c user.name=dev -c user.email=dev@example.invalid -c core.hooksPath=/dev/null"
WRITE = f"mkdir -p tests && touch tests/test_new.py && git add -A && {GIT} commit -qm tests"


def node(name: str, kind: str, config: Mapping[str, object], *following: str) -> dict[str, Any]:
    return {"id": name, "type": kind, "config": config, "next": following}


def stage(name: str, *following: str) -> dict[str, Any]:
    return node(name, "stage", {"stage": name}, *following)


def command(name: str, script: str, *following: str) -> dict[str, Any]:
    return node(name, "command", {"argv": ["sh", "-ec", script]}, *following)


def note(name: str, when: str = "success", *following: str) -> dict[str, Any]:
    config = {"channels": ["telegram", "plane"], "message": "look", "when": when}
    return node(name, "notify", config, *following)


def defined(*nodes: dict[str, Any]) -> Definition:
    return read_definition(json.dumps({"version": 1, "nodes": nodes}).encode(), name="d")


def request(
    branch: str, definition: Definition | None = None, *, only: tuple[str, ...] = ()
) -> Request:
    return Request(
        payload=Payload(repo=REPO, work_item=branch.upper(), branch=branch),
        name="d",
        definition=definition or default_definition(),
        only=frozenset(only),
    )


def statuses(result: RunResult) -> dict[str, str]:
    return {one.id: str(one.status) for one in result.nodes}


@pytest.fixture
def engine(world: World) -> Engine:
    """An engine, and a tested branch f1."""
    world.feature("f1", {"tests/test_f1.py": ""})
    return world.engine()


def test_the_built_in_definition_brings_a_task_into_main(world: World, engine: Engine) -> None:
    result = run_definition(engine, request("f1"))
    assert set(statuses(result).values()) == {"passed"}
    assert (result.status, result.last_error) == (NodeStatus.PASSED, None)
    assert world.holds("f1")


def test_each_result_is_heard_when_it_is_there(engine: Engine) -> None:
    heard: list[NodeResult] = []
    result = run_definition(engine, request("f1"), hear=heard.append)
    assert tuple(heard) == result.nodes


def test_a_run_that_is_repeated_does_nothing_again(world: World, engine: Engine) -> None:
    first = run_definition(engine, request("f1"))
    main = world.head()
    again = run_definition(engine, request("f1"))
    assert (again.run_id, world.head()) == (first.run_id, main)
    assert {one.reason for one in again.nodes} == {"left before; the task is in done"}


def test_the_run_keeps_the_trace_id_that_the_payload_brought(engine: Engine) -> None:
    asked = request("f1", defined(stage("created")))
    payload = asked.payload.model_copy(update={"trace_id": "abc"})
    assert run_definition(engine, replace(asked, payload=payload)).trace_id == "abc"


def test_a_task_that_is_sent_back_fails_its_node_and_skips_the_rest(world: World) -> None:
    world.untested("f1")
    result = run_definition(world.engine(), request("f1"))
    assert statuses(result) | {"deploy-staging": "failed", "deploy": "skipped"} == statuses(result)
    assert result.last_error is not None
    assert result.last_error.reason.startswith("measured ")
    assert result.nodes[-1].reason == "deploy-staging: failed"


def test_a_task_that_must_be_elsewhere_first_is_told(engine: Engine) -> None:
    result = run_definition(engine, request("f1", defined(stage("review"))))
    [only] = result.nodes
    assert (only.status, only.reason) == (
        NodeStatus.FAILED,
        "the task is in created and has to come here first",
    )


def test_a_parked_task_fails_with_the_way_to_resume_it(world: World, engine: Engine) -> None:
    task = world.submit(engine, "f1")
    world.at_stage(engine, task, "review", status=TaskStatus.PARKED, reason="too often")
    result = run_definition(engine, request("f1", defined(stage("review"))))
    assert result.nodes[0].reason == "parked: too often; `stage-engine resume 1` lets it go on"


def test_a_wait_for_a_person_ends_the_run_at_once(world: World) -> None:
    result = run_definition(world.engine(), replace(request("new"), wait_s=60))
    assert statuses(result)["development"] == "waiting"
    assert result.status is NodeStatus.WAITING


def test_a_wait_for_something_else_is_looked_at_again(world: World, engine: Engine) -> None:
    asked: list[str] = []

    def slow(*subject: str) -> Answer:
        asked.extend(subject[:1])
        return (None, "not yet") if len(asked) < 2 else (True, "green")

    patient = world.with_checks(engine, {**engine.checks, "check_security_gate": slow})
    result = run_definition(patient, replace(request("f1"), wait_s=60))
    assert (result.status, len(asked)) == (NodeStatus.PASSED, 2)


@pytest.mark.parametrize("wait_s", [0.0, 60.0])
def test_a_wait_ends_with_its_time_or_when_asked_to_stop(
    world: World, engine: Engine, wait_s: float
) -> None:
    def never(*_: str) -> Answer:
        return None, "not yet"

    patient = world.with_checks(engine, {**engine.checks, "check_security_gate": never})
    asked = replace(request("f1"), wait_s=wait_s)
    result = run_definition(patient, asked, should_stop=lambda: wait_s > 0)
    assert (statuses(result)["review"], result.status) == ("waiting", NodeStatus.WAITING)


def test_a_tool_that_breaks_is_an_error_with_its_trace(world: World, engine: Engine) -> None:
    task = world.submit(engine, "f1")
    world.at_stage(engine, task, "deploy-staging")
    (world.folder / "worktrees").write_text("in the way")
    result = run_definition(engine, request("f1", defined(stage("deploy-staging"))))
    assert result.status is NodeStatus.ERROR
    assert "worktrees.py" in result.nodes[0].trace


def test_a_void_verdict_is_judged_again_within_the_node(world: World, engine: Engine) -> None:
    task = world.submit(engine, "f1")
    world.at_stage(engine, task, "deploy", judged_head=world.head("f1"), judged_base="0" * 40)
    journey = Journey(engine=engine, task_id=task.id, run_id=world.runs(engine)[0].run_id)
    assert leave_stage(journey, "deploy")[0] is NodeStatus.PASSED
    assert world.holds("f1")


def test_developer_jobs_are_done_within_a_run_that_has_hands(world: World) -> None:
    world.set(DEVELOPER_COMMAND=shlex.join(["sh", "-ec", WRITE]))
    engine = world.engine()
    result = run_definition(engine, request("new"), hands=own_hands())
    assert (result.status, world.holds("new")) == (NodeStatus.PASSED, True)


def test_without_hands_developer_jobs_are_left_to_workers(world: World) -> None:
    world.set(DEVELOPER_COMMAND="true")
    engine = world.engine()
    result = run_definition(engine, request("new"))
    assert statuses(result)["development"] == "waiting"
    assert [job.kind for job in world.jobs(engine)] == ["developer"]


def test_a_developer_job_that_a_worker_does_is_waited_for(world: World) -> None:
    world.set(DEVELOPER_COMMAND="true")
    engine = world.engine()
    world.feature("f9")
    task = world.at_stage(engine, world.submit(engine, "new"), "development")
    advance_task(task.id, engine=engine)
    world.take(engine)
    paused: list[float] = []
    journey = Journey(
        engine=engine,
        task_id=task.id,
        run_id=world.runs(engine)[0].run_id,
        wait_s=60,
        hands=own_hands(),
        should_stop=lambda: len(paused) == 2,
        pause=paused.append,
    )
    status, reason, _ = leave_stage(journey, "development")
    assert (status, reason) == (NodeStatus.WAITING, "developer job 1 runs")
    assert len(paused) == 2


def test_a_developer_job_that_somebody_works_at_is_given_back(world: World) -> None:
    world.set(DEVELOPER_COMMAND="true")
    engine = world.engine()
    task = world.at_stage(engine, world.submit(engine, "new"), "development")
    advance_task(task.id, engine=engine)
    journey = Journey(
        engine=engine,
        task_id=task.id,
        run_id=world.runs(engine)[0].run_id,
        hands=own_hands(),
    )
    with engine.exclusive(task.id):
        status, reason, _ = leave_stage(journey, "development")
    assert (status, reason) == (NodeStatus.WAITING, "another process works on this task")


@pytest.mark.parametrize(("ok", "status"), [(True, "passed"), (False, "failed"), (None, "waiting")])
def test_a_check_is_asked_and_moves_nothing(
    world: World, engine: Engine, ok: bool | None, status: str
) -> None:
    def answer(repo: str, work_item: str, branch: str) -> Answer:
        return ok, f"{repo} {work_item} {branch}"

    with_it = world.with_checks(engine, {**engine.checks, "check_ci_green": answer})
    definition = defined(node("ci", "check", {"check": "check_ci_green"}))
    result = run_definition(with_it, request("f1", definition))
    assert (statuses(result)["ci"], result.nodes[0].reason) == (status, "shop F1 f1")
    assert world.task(engine, 1).stage == "created"
    assert [step.step for step in world.steps(engine, 1)] == ["check_ci_green"]


@pytest.mark.parametrize(
    ("script", "status", "reason"),
    [
        ('echo "$ORCH_BRANCH $ORCH_WORK_ITEM"', "passed", "sh ended with status 0: f1 F1"),
        ("echo no; exit 3", "failed", "sh ended with status 3: no"),
        ("exit 75", "waiting", "sh ended with status 75: it wrote nothing"),
    ],
)
def test_a_command_runs_in_the_worktree_of_the_branch(
    engine: Engine, script: str, status: str, reason: str
) -> None:
    asked = request("f1", defined(command("look", f"test -f tests/test_f1.py; {script}")))
    [only] = run_definition(engine, asked).nodes
    assert (only.status, only.reason) == (status, reason)


def test_a_command_that_cannot_start_is_an_error(engine: Engine) -> None:
    definition = defined(node("x", "command", {"argv": ["no-such-program"]}))
    result = run_definition(engine, request("f1", definition))
    assert result.status is NodeStatus.ERROR
    assert "no-such-program" in result.nodes[0].reason


def test_a_command_that_takes_too_long_fails(engine: Engine) -> None:
    definition = defined(node("x", "command", {"argv": ["sleep", "60"], "timeout_s": 0.1}))
    [only] = run_definition(engine, request("f1", definition)).nodes
    assert (only.status, "its time limit" in only.reason) == (NodeStatus.FAILED, True)


def test_a_command_that_passed_is_not_repeated_on_the_same_commit(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    asked = request("f1", defined(command("count", f"echo x >>{tmp_path}/count")))
    reasons = [run_definition(engine, asked).nodes[0].reason for _ in range(2)]
    world.commit("f1", {"more.txt": ""})
    reasons.append(run_definition(engine, asked).nodes[0].reason)
    assert (tmp_path / "count").read_text() == "x\nx\n"
    assert reasons[1] == "done before, on the same commit"


def test_a_repository_that_is_gone_is_an_error_of_the_node(world: World, engine: Engine) -> None:
    task = world.submit(engine, "f1")
    world.repo.path.rename(world.folder / "away")
    definition = defined(node("ci", "check", {"check": "check_ci_green"}))
    journey = Journey(engine=engine, task_id=task.id, run_id=world.runs(engine)[0].run_id)
    result = run_node(journey, definition.nodes[0])
    assert (result.status, "RepositoryError" in result.reason) == (NodeStatus.ERROR, True)


def test_a_message_is_left_for_each_channel_once_in_a_run(world: World, engine: Engine) -> None:
    asked = request("f1", defined(note("tell")))
    first, second = (run_definition(engine, asked).nodes[0] for _ in range(2))
    assert first.channels is not None
    assert (first.channels.attempted, first.channels.queued) == (
        ("telegram", "plane"),
        ("telegram", "plane"),
    )
    assert (first.channels.succeeded, first.channels.failed) == ((), {})
    assert second.channels == first.channels
    messages = world.messages(engine)
    assert [message.topic for message in messages] == ["telegram", "plane"]
    assert json.loads(messages[0].payload)["message"] == "look"


def test_a_channel_that_cannot_take_a_message_is_named(world: World, engine: Engine) -> None:
    world.submit(engine, "f1")
    with sqlite3.connect(world.folder / "engine.db") as database:
        database.execute(
            "CREATE TRIGGER deaf BEFORE INSERT ON coverage_outbox WHEN NEW.topic = 'plane'"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    result = run_definition(engine, request("f1", defined(note("tell"))))
    channels = result.nodes[0].channels
    assert channels is not None
    assert (channels.queued, list(channels.failed)) == (("telegram",), ["plane"])
    assert "no room" in channels.failed["plane"]
    assert result.status is NodeStatus.FAILED


@pytest.mark.parametrize(
    ("script", "when", "status"),
    [
        ("exit 1", "failure", "passed"),
        ("exit 1", "always", "passed"),
        ("exit 1", "success", "skipped"),
        ("exit 0", "failure", "skipped"),
        ("exit 0", "always", "passed"),
        ("exit 75", "always", "skipped"),
        ("exit 75", "failure", "skipped"),
    ],
)
def test_a_message_is_left_when_it_is_meant_to_be(
    engine: Engine, script: str, when: str, status: str
) -> None:
    nodes = [command("a", script, "b"), stage("created", "tell"), note("tell", when)]
    nodes[1] = {**nodes[1], "id": "b"}
    result = run_definition(engine, request("f1", defined(*nodes)))
    assert statuses(result)["tell"] == status


def test_nodes_beside_a_failure_run_all_the_same(engine: Engine) -> None:
    nodes = [command("bad", "exit 1", "after"), command("after", "true"), command("good", "true")]
    result = run_definition(engine, request("f1", defined(*nodes)))
    assert statuses(result) == {"bad": "failed", "after": "skipped", "good": "passed"}
    assert result.status is NodeStatus.FAILED


def test_only_the_nodes_that_were_asked_for_run(engine: Engine) -> None:
    nodes = [command("a", "exit 1", "b"), command("b", "true", "c"), command("c", "true")]
    result = run_definition(engine, request("f1", defined(*nodes), only=("b",)))
    assert statuses(result) == {"a": "skipped", "b": "passed", "c": "skipped"}
    assert result.status is NodeStatus.PASSED


def test_a_node_that_is_not_there_is_refused_before_anything_is_done(
    world: World, engine: Engine
) -> None:
    with pytest.raises(InputError, match=r"no node 'deploi' \(did you mean deploy\?\)"):
        run_definition(engine, request("f1", only=("deploi",)))
    assert world.runs(engine) == ()


def test_steps_of_nodes_are_kept_under_the_run(world: World, engine: Engine) -> None:
    nodes = [command("a", "true", "b"), command("b", "exit 1")]
    run_definition(engine, request("f1", defined(*nodes)))
    steps = {step.step: step.status for step in world.steps(engine, 1)}
    assert steps == {"command a": StepStatus.PASSED, "command b": StepStatus.FAILED}
