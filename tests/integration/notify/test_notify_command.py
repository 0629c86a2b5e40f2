"""`coverage-gate notify`, `check --notify` and what the doctor says of receivers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.notify_world import FAILED, STANDS

from coverage_gate.cli.main import run
from coverage_gate.cli.receiver_examinations import check_letters, check_receiver
from coverage_gate.clock import SystemClock
from coverage_gate.core.records import OutboxState
from coverage_gate.ports import StoreError
from coverage_gate.receiving import RECEIVERS
from coverage_gate.settings import load_settings
from coverage_gate.testing.repositories import RepositoryBuilder
from coverage_gate.testing.servers import forges, telegram
from coverage_gate.testing.servers.loopback import Fault
from coverage_gate.wiring import store_of

AT = "2026-01-01T00:00:00Z"


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[telegram.FakeTelegram]:
    with telegram.FakeTelegram() as server:
        for name, value in STANDS["telegram"].variables(server.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("ORCH_DB_PATH", str(tmp_path / "gate.db"))
        yield server


def leave(topic: str = "telegram", **changes: object) -> None:
    store = store_of(load_settings())
    at = SystemClock().now_iso()
    store.enqueue(topic=topic, payload={**FAILED, **changes}, dedup_key=None, at=at)


def last_object(text: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(text.splitlines()[-1])
    return found


def test_what_waits_is_delivered(
    chat: telegram.FakeTelegram, capsys: pytest.CaptureFixture[str]
) -> None:
    leave()
    assert run(["notify"]) == 0
    assert capsys.readouterr().out == "1 delivered, 0 told before, 0 to be tried again, 0 dead\n"
    assert len(chat.messages) == 1
    assert run(["notify", "--format", "json"]) == 0
    assert last_object(capsys.readouterr().out) == {
        "schema_version": 1,
        "delivered": 0,
        "repeated": 0,
        "later": 0,
        "dead": 0,
    }


def test_what_does_not_arrive_is_told_without_the_token_and_is_no_failure(
    chat: telegram.FakeTelegram, capsys: pytest.CaptureFixture[str]
) -> None:
    leave()
    chat.fail(Fault.UNAUTHORIZED)
    assert run(["notify", "--debug"]) == 0
    told = capsys.readouterr()
    assert "coverage-gate: message 1: Telegram answered 401" in told.err
    assert "1 to be tried again" in told.out
    assert telegram.TOKEN not in told.out + told.err


def test_without_anybody_to_tell_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ORCH_DB_PATH", str(tmp_path / "gate.db"))
    assert run(["notify"]) == 0
    assert "nobody is to be told" in capsys.readouterr().err


def test_what_waits_and_what_is_dead_is_listed(
    chat: telegram.FakeTelegram, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["notify", "--list"]) == 0
    assert capsys.readouterr().out == "nothing waits, and nothing is dead\n"
    leave()
    leave(work_item="S\x1b-2")
    leave("plane")
    store = store_of(load_settings())
    store.settle_message(1, state=OutboxState.DEAD, error="gone")
    store.enqueue(topic="telegram", payload={}, dedup_key=None, at=AT)
    assert run(["notify", "--list"]) == 0
    fourth, third, second, first = capsys.readouterr().out.splitlines()
    assert first == "1  telegram  qg-failure of SHOP-1 (shop): dead after 0 attempts: gone"
    assert second.startswith("2  telegram  qg-failure of S\\x1b-2 (shop): 0 attempts, next 20")
    assert third == "3  plane  qg-failure of SHOP-1 (shop): plane is not configured"
    assert fourth.startswith("4  telegram   of  ():")
    assert run(["notify", "--list", "--format", "json"]) == 0
    messages = last_object(capsys.readouterr().out)["messages"]
    assert isinstance(messages, list)
    assert messages[-1]["state"] == "dead"
    assert messages[1] | {"created_at": "", "next_attempt_at": ""} == {
        "number": 3,
        "topic": "plane",
        "is_configured": False,
        "state": "pending",
        "kind": "qg-failure",
        "repo": "shop",
        "work_item": "SHOP-1",
        "attempts": 0,
        "created_at": "",
        "next_attempt_at": "",
        "error": "",
    }
    assert chat.messages == []


def test_a_dead_message_is_tried_anew(
    chat: telegram.FakeTelegram, capsys: pytest.CaptureFixture[str]
) -> None:
    leave()
    store_of(load_settings()).settle_message(1, state=OutboxState.DEAD, error="gone")
    assert run(["notify", "--retry", "1"]) == 0
    assert len(chat.messages) == 1
    assert run(["notify", "--retry", "1", "--retry", "9"]) == 2
    assert "not dead: 1, 9" in capsys.readouterr().err


def test_all_dead_messages_are_tried_anew(
    chat: telegram.FakeTelegram, capsys: pytest.CaptureFixture[str]
) -> None:
    leave()
    store_of(load_settings()).settle_message(1, state=OutboxState.DEAD, error="gone")
    assert run(["notify", "--retry-dead"]) == 0
    assert len(chat.messages) == 1
    assert "1 dead messages are tried anew" in capsys.readouterr().err
    assert run(["notify", "--retry-dead"]) == 0
    assert "0 dead messages are tried anew" in capsys.readouterr().err


def test_a_watcher_goes_on_until_it_is_interrupted(
    chat: telegram.FakeTelegram,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            leave()
        if len(naps) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    assert run(["notify", "--watch", "--interval", "0.5"]) == 130
    assert naps == [0.5] * 4
    assert len(chat.messages) == 1
    assert len(capsys.readouterr().out.splitlines()) == 2  # the first look, and what was delivered


# check --notify


@pytest.fixture
def shop(tmp_path: Path) -> RepositoryBuilder:
    repo = RepositoryBuilder.create(tmp_path / forges.REPO)
    files = {
        "app.py": "x = 1\n",
        "test_app.py": "import app\n\n\ndef test_x():\n    assert app.x\n",
    }
    repo.commit("first", files)
    repo.branch(forges.BRANCH)
    repo.commit("untested", {"app.py": "x = 1\n\n\ndef f():\n    return 2\n    return 3\n"})
    return repo


def judge(repo: RepositoryBuilder, *more: str) -> int:
    where = ["--repo", str(repo.path), "--branch", forges.BRANCH, "--base", "main"]
    reports = ["--reports", str(repo.path.parent / "reports")]
    return run(["check", *where, *reports, "--notify", *more])


def test_a_verdict_is_told_to_people_and_forges_and_changes_nothing(
    chat: telegram.FakeTelegram, shop: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forges.FakeGitea() as forge:
        variables = STANDS["gitea"].variables(forge.url) | STANDS["plane"].variables(forge.url)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        forge.desk.commits = None
        assert judge(shop) == 1
        assert chat.asked == forge.asked == []  # nobody is asked on the gate's path
        run(["notify"])
        shop.commit("less", {"app.py": "x = 1\n"})
        assert judge(shop) == 0
        run(["notify"])
        assert [sent.text.partition(" ")[0] for sent in chat.messages] == ["FAIL", "PASS"]
        (comment,) = forge.desk.comments
        assert "# Coverage gate: PASS" in comment.body
        assert [status.state for status in forge.desk.statuses] == ["failure", "success"]


def test_a_store_that_cannot_keep_the_message_changes_no_verdict(
    chat: telegram.FakeTelegram,
    shop: RepositoryBuilder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreError("full")

    monkeypatch.setattr("coverage_gate.adapters.stores.store.SqlStore.enqueue", broken)
    assert judge(shop, "--policy", "absolute", "--rules", "") == 0
    assert "nobody will be told: StoreError: full" in capsys.readouterr().err
    assert chat.asked == []


def test_a_gate_that_is_off_tells_nobody(
    chat: telegram.FakeTelegram, shop: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "false")
    assert judge(shop) == 0
    assert run(["notify"]) == 0
    assert chat.messages == []


# doctor


@pytest.mark.parametrize("topic", STANDS)
def test_the_doctor_asks_each_receiver_and_says_how_to_mend_it(
    topic: str,
) -> None:
    stand = STANDS[topic]
    with stand.open() as server:
        env = {"HOME": "/nowhere", **stand.variables(server.url)}
        settings = load_settings(env=env)
        assert check_receiver(topic, settings).health == "ok"
        for fault in (Fault.UNAUTHORIZED, Fault.FORBIDDEN, Fault.NOT_FOUND, Fault.BROKEN):
            server.fail(fault)
            found = check_receiver(topic, settings)
            assert found.health == "warn"
            assert found.mend
            assert stand.secret not in found.detail + found.mend
        assert stand.arrived(server) == []
    assert check_receiver(topic, settings).health == "warn"  # nobody is there any more


@pytest.mark.parametrize("topic", RECEIVERS)
def test_a_receiver_that_nobody_wants_is_fine_and_half_of_one_is_not(topic: str) -> None:
    assert check_receiver(topic, load_settings(env={"HOME": "/nowhere"})).health == "ok"
    variables = STANDS[topic].variables("http://127.0.0.1:9")
    token = next(name for name in variables if name.endswith("_TOKEN"))
    half = load_settings(env={"HOME": "/nowhere", token: "t"})
    found = check_receiver(topic, half)
    assert (found.health, found.mend.startswith("set ORCH_")) == ("warn", True)
    assert token not in found.mend


def test_the_doctor_tells_of_dead_letters(chat: telegram.FakeTelegram) -> None:
    settings = load_settings()
    assert check_letters(settings).detail == "none was left yet"
    leave()
    leave("plane")
    assert (
        check_letters(settings).detail == "none is dead; those to plane wait until it is configured"
    )
    store_of(settings).settle_message(1, state=OutboxState.DEAD, error="gone")
    found = check_letters(settings)
    assert (found.health, found.detail) == ("warn", "1 messages could not be delivered")
    assert chat.asked == []


def test_the_doctor_s_table_has_a_line_for_each(
    chat: telegram.FakeTelegram, capsys: pytest.CaptureFixture[str], shop: RepositoryBuilder
) -> None:
    run(["doctor", "--repo", str(shop.path), "--format", "json"])
    told = capsys.readouterr()
    checks = last_object(told.out)["checks"]
    assert isinstance(checks, list)
    by_name = {check["name"]: check["detail"] for check in checks}
    assert by_name["telegram"] == "the bot gate_bot sees the chat people"
    assert by_name["github"] == "not wanted"
    assert by_name["messages"] == "none was left yet"
    assert telegram.TOKEN not in told.out + told.err
    assert len(chat.asked) == 2
