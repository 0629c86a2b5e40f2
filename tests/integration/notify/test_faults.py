"""Each receiver through each fault: nothing is lost, told twice, or told with a secret."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from tests.notify_world import STANDS, posted, settings_for

from coverage_gate.adapters.stores.store import open_store
from coverage_gate.clock import SystemClock
from coverage_gate.core.outbox import MOST_ATTEMPTS, NOTE
from coverage_gate.core.records import OutboxState
from coverage_gate.notifying import Courier
from coverage_gate.receiving import receivers_of
from coverage_gate.testing.servers import telegram
from coverage_gate.testing.servers.loopback import ALL_FAULTS, Fault

EACH = pytest.mark.parametrize("topic", STANDS)
_EVERYTHING = tuple(OutboxState)
_ONCE = {"telegram": 1, "plane": 1, "gitea": 2, "github": 2, "gitlab": 2}


@EACH
def test_a_message_survives_every_fault_and_arrives_once(
    topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with posted(topic) as post:
        post.leave()
        post.server.fail(*ALL_FAULTS)
        remarks: list[str] = []
        for _ in range(len(ALL_FAULTS) + 1):
            remarks += post.courier.deliver().remarks
            post.clock.pass_by(3700)
            if post.arrived:
                break
        (row,) = post.store.messages(states=_EVERYTHING, limit=9)
        assert row.state is OutboxState.DELIVERED
        assert len(post.arrived) == _ONCE[topic]
        assert not post.server.faults
        assert post.courier.deliver().is_empty
        assert len(post.arrived) == _ONCE[topic]
    told = "\n".join([*remarks, row.last_error, caplog.text, repr(post.receiver)])
    assert post.stand.secret not in told


_SAID_AT = {"telegram": "sendMessage", "gitlab": "notes"}


@EACH
def test_what_was_taken_without_an_answer_is_told_twice_by_telegram_alone(topic: str) -> None:
    with posted(topic) as post:
        post.leave()
        post.server.lose(_SAID_AT.get(topic, "comments"))
        rounds = []
        for _ in range(3):
            rounds.append(post.courier.deliver())
            post.clock.pass_by(3700)
        assert [(each.later, each.delivered) for each in rounds] == [(1, 0), (0, 1), (0, 0)]
        assert post.server.losing == []
        # A status of a forge is one word, and set again; a comment is many.
        told = [text for text in post.arrived if " " in text]
        assert len(told) == (2 if topic == "telegram" else 1)


@EACH
@pytest.mark.parametrize("fault", [Fault.RESET, Fault.UNAUTHORIZED, Fault.NOT_FOUND])
def test_a_fault_without_end_leaves_a_dead_letter(topic: str, fault: Fault) -> None:
    with posted(topic) as post:
        post.leave()
        for _ in range(MOST_ATTEMPTS):
            post.server.faults.clear()
            post.server.fail(*[fault] * 5)
            post.courier.deliver()
            post.clock.pass_by(3700)
        (row,) = post.store.messages(states=[OutboxState.DEAD], limit=9)
        assert row.attempts == MOST_ATTEMPTS
        assert row.last_error
        assert post.arrived == []


@EACH
def test_a_dead_letter_is_told_when_it_is_tried_anew(topic: str) -> None:
    with posted(topic) as post:
        post.leave()
        post.store.settle_message(1, state=OutboxState.DEAD, error="gone")
        assert post.courier.deliver().is_empty
        post.store.revive_message(1, at=post.clock.now_iso())
        assert post.courier.deliver().delivered == 1


@EACH
def test_a_receiver_is_looked_at_without_being_told_anything(topic: str) -> None:
    with posted(topic) as post:
        assert post.receiver.check()
        assert post.arrived == []


def test_many_couriers_at_once_tell_each_message_once(tmp_path: Path) -> None:
    with telegram.FakeTelegram() as server:
        settings = settings_for(**STANDS["telegram"].variables(server.url))
        store = open_store(tmp_path / "gate.db", clock=SystemClock())
        at = SystemClock().now_iso()
        for number in range(8):
            payload = {"kind": NOTE, "work_item": "SHOP-1", "message": f"{number}"}
            store.enqueue(topic="telegram", payload=payload, dedup_key=None, at=at)

        def deliver() -> None:
            courier = Courier(
                store=open_store(tmp_path / "gate.db", clock=SystemClock()),
                clock=SystemClock(),
                receivers=receivers_of(settings),
                pause=lambda _: None,
            )
            while courier.store.due_messages("telegram", at=at, limit=1):
                courier.deliver()

        threads = [threading.Thread(target=deliver) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(sent.text[-1] for sent in server.messages) == list("01234567")
