"""The courier: who gets what when, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from tests.notify_world import HandClock, courier_for

from coverage_gate.core.outbox import DIGEST, FAILURE, MOST_ATTEMPTS, RECOVERY, Message
from coverage_gate.core.records import OutboxState
from coverage_gate.notifying import Courier, Round
from coverage_gate.ports import DeliveryError
from coverage_gate.testing.stores import MemoryStore

_EVERYTHING = tuple(OutboxState)


@dataclass(slots=True, kw_only=True)
class Ear:
    """A receiver that fails as it is told to."""

    topic: str = "chat"
    is_chat: bool = True
    faults: list[Exception] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    remark: str = ""

    def deliver(self, message: Message) -> str:
        if self.faults:
            raise self.faults.pop(0)
        self.heard.append(message)
        return self.remark

    def check(self) -> str:
        return "hears"


@dataclass(slots=True, kw_only=True)
class Scene:
    ear: Ear = field(default_factory=Ear)
    other: Ear = field(default_factory=lambda: Ear(topic="tracker", is_chat=False))
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: HandClock = field(default_factory=HandClock)
    pauses: list[float] = field(default_factory=list)

    def courier(self) -> Courier:
        return courier_for((self.ear, self.other), self.store, self.clock, self.pauses)

    def leave(
        self, topic: str = "chat", kind: str = FAILURE, item: str = "S-1", **facts: object
    ) -> None:
        payload = {"kind": kind, "repo": "shop", "work_item": item, **facts}
        at = self.clock.now_iso()
        self.store.enqueue(topic=topic, payload=payload, dedup_key=None, at=at)

    def states(self) -> list[str]:
        return [
            str(row.state) for row in reversed(self.store.messages(states=_EVERYTHING, limit=99))
        ]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_is_due_is_delivered_once(scene: Scene) -> None:
    scene.leave()
    scene.leave("tracker", kind="comment")
    courier = scene.courier()
    assert courier.deliver() == Round(delivered=2)
    assert courier.deliver().is_empty
    assert scene.states() == ["delivered", "delivered"]
    assert (len(scene.ear.heard), len(scene.other.heard)) == (1, 1)


def test_messages_to_nobody_stay_where_they_are(scene: Scene) -> None:
    scene.leave("elsewhere")
    assert scene.courier().deliver().is_empty
    assert scene.states() == ["pending"]


def test_a_receiver_that_fails_stops_no_other_one(scene: Scene) -> None:
    scene.leave()
    scene.leave("tracker")
    scene.ear.faults = [DeliveryError("silent")]
    done = scene.courier().deliver()
    assert done == Round(delivered=1, later=1, remarks=("message 1: silent",))


def test_a_receiver_that_fails_is_left_alone_for_a_while(scene: Scene) -> None:
    scene.leave()
    scene.leave(item="S-2")
    scene.ear.faults = [DeliveryError("silent")]
    courier = scene.courier()
    courier.deliver()
    assert courier.deliver().is_empty  # not even the second message is tried
    scene.clock.pass_by(11)
    assert courier.deliver().delivered == 2
    assert [message.subject[1] for message in scene.ear.heard] == ["S-1", "S-2"]


def test_a_message_that_fails_by_itself_holds_up_no_other(scene: Scene) -> None:
    scene.leave()
    scene.leave(item="S-2")
    scene.ear.faults = [DeliveryError("no such chat", is_wide=False, status=404)]
    done = scene.courier().deliver()
    assert (done.delivered, done.later) == (1, 1)


def test_what_would_be_refused_again_is_dead_at_once(scene: Scene) -> None:
    scene.leave()
    scene.ear.faults = [DeliveryError("no sense", is_final=True, is_wide=False, status=400)]
    assert scene.courier().deliver() == Round(dead=1, remarks=("message 1: no sense",))
    assert scene.states() == ["dead"]


def test_an_error_of_our_own_is_a_dead_letter_and_no_end_of_the_courier(scene: Scene) -> None:
    scene.leave()
    scene.leave(item="S-2")
    scene.ear.faults = [KeyError("ours")]
    done = scene.courier().deliver()
    assert (done.dead, done.delivered) == (1, 1)
    assert "KeyError" in done.remarks[0]


def test_attempts_end(scene: Scene) -> None:
    scene.leave()
    scene.ear.faults = [DeliveryError("silent") for _ in range(MOST_ATTEMPTS)]
    courier = scene.courier()
    for _ in range(MOST_ATTEMPTS - 1):
        assert courier.deliver().later == 1
        scene.clock.pass_by(3601)
    assert courier.deliver().dead == 1


def test_what_is_over_in_a_moment_is_waited_for(scene: Scene) -> None:
    scene.leave()
    scene.ear.faults = [
        DeliveryError("busy", status=429, retry_s=3.0),
        DeliveryError("broken", status=502),
    ]
    assert scene.courier().deliver() == Round(delivered=1)
    assert scene.pauses == [3.0, 2.0]


@pytest.mark.parametrize(
    "error",
    [
        DeliveryError("busy", status=429, retry_s=60.0),
        DeliveryError("bad token", status=401),
        DeliveryError("nobody knows whether it arrived"),
        DeliveryError("unknown", status=404, is_wide=False),
    ],
    ids=str,
)
def test_what_is_not_over_in_a_moment_is_put_off(scene: Scene, error: DeliveryError) -> None:
    scene.leave()
    scene.ear.faults = [error]
    assert scene.courier().deliver().later == 1
    assert scene.pauses == []


def test_a_receiver_that_asks_for_time_gets_it(scene: Scene) -> None:
    scene.leave()
    scene.ear.faults = [DeliveryError("busy", status=429, retry_s=300.0)]
    courier = scene.courier()
    courier.deliver()
    scene.clock.pass_by(299)
    assert courier.deliver().is_empty
    scene.clock.pass_by(1)
    assert courier.deliver().delivered == 1


def test_another_courier_meets_the_same_wait(scene: Scene) -> None:
    scene.leave()
    scene.ear.faults = [DeliveryError("silent")]
    scene.courier().deliver()
    assert scene.courier().deliver().is_empty


def test_while_somebody_else_has_the_receiver_nothing_is_sent(scene: Scene) -> None:
    scene.leave()
    scene.store.acquire_lease("/notify/chat", holder="x", ttl_ms=9000, now_ms=0, boot="boot")
    assert scene.courier().deliver().is_empty
    scene.clock.pass_by(10)
    assert scene.courier().deliver().delivered == 1


def test_a_courier_that_lost_the_lease_stops(scene: Scene) -> None:
    scene.leave()
    scene.leave(item="S-2")

    class Thief(Ear):
        def deliver(self, message: Message) -> str:
            scene.clock.pass_by(121)
            now = scene.clock.now_ms()
            fence = scene.store.acquire_lease(
                "/notify/chat", holder="x", ttl_ms=9_000_000, now_ms=now, boot="boot"
            )
            assert fence == 2
            return Ear.deliver(self, message)

    scene.ear = Thief()
    assert scene.courier().deliver().delivered == 1
    assert scene.states() == ["delivered", "pending"]


def test_a_message_that_somebody_else_took_meanwhile_is_left_to_them(scene: Scene) -> None:
    scene.leave()
    scene.leave(item="S-2")

    class Rival(Ear):
        def deliver(self, message: Message) -> str:
            scene.store.claim_messages(
                at=scene.clock.now_iso(), retry_at="2026-02-01T00:00:00Z", limit=1, only=[2]
            )
            return Ear.deliver(self, message)

    scene.ear = Rival()
    assert scene.courier().deliver().delivered == 1
    assert len(scene.ear.heard) == 1


def test_a_courier_that_died_leaves_the_message_to_the_next(scene: Scene) -> None:
    scene.leave()
    at = scene.clock.now_iso()
    scene.store.claim_messages(at=at, retry_at="2026-01-01T00:02:00Z", limit=1, only=[1])
    assert scene.courier().deliver().is_empty
    scene.clock.pass_by(120)
    assert scene.courier().deliver().delivered == 1


def test_what_nobody_can_read_is_dead_and_stops_nothing(scene: Scene) -> None:
    at = scene.clock.now_iso()
    scene.store.enqueue(topic="chat", payload={"no": "kind"}, dedup_key=None, at=at)
    scene.leave()
    done = scene.courier().deliver()
    assert (done.dead, done.delivered) == (1, 1)
    assert done.remarks == ("message 1: nothing can be read from it",)


def test_what_is_a_day_old_is_told_to_nobody(scene: Scene) -> None:
    scene.leave()
    scene.clock.pass_by(86_401)
    assert scene.courier().deliver() == Round(
        dead=1, remarks=("message 1: not delivered within 24 h",)
    )


def test_a_remark_is_kept_and_told(scene: Scene) -> None:
    scene.leave()
    scene.ear.remark = "the chat moved"
    assert scene.courier().deliver().remarks == ("message 1: the chat moved",)
    (row,) = scene.store.messages(states=[OutboxState.DELIVERED], limit=9)
    assert row.last_error == "the chat moved"


def test_people_hear_each_change_once_and_trackers_hear_everything(scene: Scene) -> None:
    courier = scene.courier()
    for _ in range(3):
        scene.leave(check="gate", reason="low")
        scene.leave("tracker", check="gate", reason="low")
        courier.deliver()
    scene.leave(kind=RECOVERY, check="gate", reason="fine")
    scene.leave(check="gate", reason="low")
    assert courier.deliver().delivered == 2
    assert [message.kind for message in scene.ear.heard] == [FAILURE, RECOVERY, FAILURE]
    assert len(scene.other.heard) == 3


def test_many_failures_reach_people_as_one_message_that_settles_all(scene: Scene) -> None:
    for number in range(6):
        scene.leave(item=f"S-{number}", check="gate", reason="low")
    assert scene.courier().deliver() == Round(delivered=6)
    assert [message.kind for message in scene.ear.heard] == [DIGEST]
