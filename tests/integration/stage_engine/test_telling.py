"""What the engine leaves for people, tracker and forges, and who delivers it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine_world import REPO, World, make_world
from tests.notify_world import STANDS

from coverage_gate.core.records import OutboxState
from coverage_gate.notifying import Courier, Round
from coverage_gate.ports import StoreError
from coverage_gate.testing.servers import forges, telegram
from coverage_gate.testing.servers.loopback import ALL_FAULTS, Fault
from stage_engine.cli.main import run
from stage_engine.engine import Engine, advance_stage, advance_task
from stage_engine.overview import queue_block
from stage_engine.signals import Signals
from stage_engine.telling import told
from stage_engine.worker import Worker, WorkerOptions

_EVERYTHING = tuple(OutboxState)


@pytest.fixture
def chat(world: World) -> Iterator[telegram.FakeTelegram]:
    with telegram.FakeTelegram() as server:
        lead(world, "telegram", server.url)
        yield server


def lead(world: World, topic: str, url: str) -> None:
    for name, value in STANDS[topic].variables(url).items():
        world.patch.setenv(name, value)


def judged(world: World, branch: str) -> tuple[Engine, int]:
    """A task at the edge where the coverage gate is."""
    engine = world.engine()
    task = world.submit(engine, branch)
    world.at_stage(engine, task, "deploy-staging")
    return engine, task.id


def left(engine: Engine, topic: str) -> list[dict[str, Any]]:
    rows = engine.store.shared.messages(states=_EVERYTHING, topic=topic, limit=99)
    return [json.loads(row.payload) for row in reversed(rows)]


def worker(engine: Engine, heard: list[str]) -> Worker:
    options = WorkerOptions(host="h1", poll_s=0.01, is_draining=True, tidy_s=None)
    return Worker(engine=engine, options=options, signals=Signals(), tell=heard.append)


def test_a_verdict_is_left_for_each_forge_with_its_report(world: World) -> None:
    lead(world, "gitea", "http://127.0.0.1:9")
    lead(world, "github", "http://127.0.0.1:9")
    world.untested("bad")
    engine, number = judged(world, "bad")
    advance_stage(number, engine=engine)
    for topic in ("gitea", "github"):
        (verdict,) = left(engine, topic)
        assert (verdict["kind"], verdict["passed"], verdict["repo"]) == ("verdict", False, REPO)
        assert verdict["commit"] == world.judged[-1]
        assert verdict["body"].startswith("# Coverage gate: FAIL")
    assert left(engine, "gitlab") == []


def test_a_report_of_another_verdict_is_not_shown(world: World) -> None:
    lead(world, "gitea", "http://127.0.0.1:9")
    world.feature("good")
    engine, number = judged(world, "good")
    engine = replace(engine, checks={**engine.checks, "check_coverage_gate": lambda *_: (True, "")})
    advance_stage(number, engine=engine)
    (verdict,) = left(engine, "gitea")
    assert (verdict["passed"], verdict["body"]) == (True, "")


def test_a_report_that_an_older_verdict_left_is_not_shown(world: World) -> None:
    lead(world, "gitea", "http://127.0.0.1:9")
    world.untested("bad")
    engine, number = judged(world, "bad")
    advance_stage(number, engine=engine)
    world.at_stage(engine, world.task(engine, number), "deploy-staging", status="active")
    engine = replace(engine, checks={**engine.checks, "check_coverage_gate": lambda *_: (True, "")})
    advance_stage(number, engine=engine)
    assert [bool(verdict["body"]) for verdict in left(engine, "gitea")] == [True, False]


def test_people_hear_of_a_pass_only_after_a_failure(world: World) -> None:
    world.untested("late")
    engine, number = judged(world, "late")
    advance_stage(number, engine=engine)
    world.commit("late", {"tests/test_late.py": "def test_x(): pass\n"})
    world.at_stage(engine, world.task(engine, number), "deploy-staging", status="active")
    advance_stage(number, engine=engine)
    told_of = [message for message in left(engine, "telegram") if message["kind"] != "stage-change"]
    assert [message["kind"] for message in told_of] == ["qg-failure", "qg-recovery"]
    assert [told_of[0][name] for name in ("attempt", "parked")] == [1, False]


def test_a_task_that_stops_says_so(world: World) -> None:
    world.set(DEVELOPER_RETRY_LIMIT="0")
    world.untested("bad")
    engine, number = judged(world, "bad")
    advance_stage(number, engine=engine)
    (failure,) = [one for one in left(engine, "telegram") if one["kind"] == "qg-failure"]
    assert failure["parked"] is True


def test_the_worker_delivers_what_its_jobs_leave(world: World, chat: telegram.FakeTelegram) -> None:
    world.untested("bad")
    engine, number = judged(world, "bad")
    advance_stage(number, engine=engine)
    heard: list[str] = []
    worker(engine, heard).work()
    (sent,) = chat.messages
    assert sent.text.startswith("FAIL BAD of shop: check_coverage_gate\nbad deploy-staging → dev")


def test_what_is_over_in_a_moment_is_waited_for(world: World, chat: telegram.FakeTelegram) -> None:
    chat.retry_after_s = 0
    chat.fail(Fault.TOO_MANY)
    world.untested("bad")
    engine, number = judged(world, "bad")
    advance_stage(number, engine=engine)
    worker(engine, []).work()
    assert len(chat.messages) == 1


def test_where_nobody_is_to_be_told_nothing_runs(world: World) -> None:
    before = threading.active_count()
    with told(world.engine(), every_s=0.01, tell=lambda _: None):
        assert threading.active_count() == before


def test_a_receiver_that_is_silent_holds_up_no_job(
    world: World, chat: telegram.FakeTelegram
) -> None:
    chat.fail(*[Fault.SILENCE] * 9)
    world.untested("bad")
    engine, number = judged(world, "bad")
    is_done = threading.Event()
    with told(engine, every_s=0.01, tell=lambda _: None, last_s=0.0):
        advance_stage(number, engine=engine)
        while not chat.asked:
            is_done.wait(0.01)
        # It hangs now, and the gate goes on.
        result = advance_task(number, engine=engine)
    assert result.waiting or result.parked
    assert chat.messages == []
    assert len(world.judged) == 1


def test_what_does_not_arrive_is_told_by_the_worker_and_seen_in_the_overview(
    world: World, chat: telegram.FakeTelegram, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.fail(Fault.UNAUTHORIZED)
    world.untested("bad")
    engine, number = judged(world, "bad")
    advance_stage(number, engine=engine)
    heard: list[str] = []
    worker(engine, heard).work()
    assert any("Telegram answered 401" in line for line in heard)
    assert telegram.TOKEN not in "".join(heard)
    block = queue_block(engine)["messages"]
    assert block["telegram"] == {"is_configured": True, "pending": 2, "dead": 0}
    assert block["plane"]["is_configured"] is False
    capsys.readouterr()
    assert run(["queue"]) == 0
    shown = capsys.readouterr().out
    assert "telegram: 2 wait, 0 dead" in shown
    assert "plane (not configured): 3 wait, 0 dead" in shown


def test_a_pipeline_without_messages_says_none(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert queue_block(world.engine())["messages"] == {}
    assert run(["queue"]) == 0
    assert "messages\n  none" in capsys.readouterr().out


def stages(world: World, engine: Engine) -> list[tuple[str, str, str]]:
    """Two tasks from the edge on: a good one and an untested one."""
    world.untested("bad")
    world.feature("good", {"tests/test_good.py": "def test_x(): pass\n"})
    found = []
    for branch in ("good", "bad"):
        task = world.submit(engine, branch)
        world.at_stage(engine, task, "deploy-staging")
        advance_task(task.id, engine=engine)
        end = world.task(engine, task.id)
        found.append((end.stage, str(end.status), end.reason))
    return found


def test_receivers_that_all_fail_change_no_verdict_and_no_secret_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = make_world(tmp_path / "quiet", monkeypatch)
    expected = stages(quiet, quiet.engine())
    world = make_world(tmp_path / "loud", monkeypatch)
    heard: list[str] = []
    with ExitStack() as stack:
        servers = {topic: stack.enter_context(stand.open()) for topic, stand in STANDS.items()}
        for topic, server in servers.items():
            lead(world, topic, server.url)
            server.fail(*ALL_FAULTS)
        engine = world.engine()
        with told(engine, every_s=0.01, tell=heard.append, last_s=0.0):
            assert stages(world, engine) == expected
    kept = b"".join(path.read_bytes() for path in (tmp_path / "loud").rglob("*") if path.is_file())
    for stand in STANDS.values():
        assert stand.secret.encode() not in kept
        assert stand.secret not in "".join(heard)


def test_a_store_that_is_busy_stops_no_telling(
    world: World, chat: telegram.FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.untested("bad")
    engine, number = judged(world, "bad")
    advance_stage(number, engine=engine)
    looks = iter([StoreError("busy")])
    kept = Courier.deliver

    def busy_once(courier: Courier) -> Round:
        for error in looks:
            raise error
        return kept(courier)

    monkeypatch.setattr(Courier, "deliver", busy_once)
    with told(engine, every_s=0.01, tell=lambda _: None):
        while not chat.messages:
            threading.Event().wait(0.01)
    assert len(chat.messages) == 1


def test_the_engine_s_verdict_reaches_the_forge(world: World) -> None:
    with forges.FakeGitea() as forge:
        forge.desk.commits = None
        forge.desk.requests = [forges.Request(number=1, branch="good")]
        lead(world, "gitea", forge.url)
        world.feature("good")
        engine, number = judged(world, "good")
        advance_stage(number, engine=engine)
        worker(engine, []).work()
        (comment,), (status,) = forge.desk.comments, forge.desk.statuses
        assert "# Coverage gate: PASS" in comment.body
        assert (status.state, status.commit) == ("success", world.judged[-1])


def test_nothing_is_left_for_people_of_a_pass_that_follows_nothing(world: World) -> None:
    world.feature("good")
    engine, number = judged(world, "good")
    advance_stage(number, engine=engine)
    assert [one["kind"] for one in left(engine, "telegram")] in ([], ["stage-change"])
