"""Receivers on loopback behind one face, a clock that is moved by hand, and a courier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from coverage_gate.boundary import redactor
from coverage_gate.core.outbox import COMMENT, FAILURE, VERDICT, later
from coverage_gate.notifying import Courier
from coverage_gate.ports import Receiver, Store
from coverage_gate.receiving import receivers_of
from coverage_gate.settings import Settings, load_settings
from coverage_gate.testing.servers import forges, plane, telegram
from coverage_gate.testing.servers.loopback import Loopback
from coverage_gate.testing.stores import MemoryStore

AT = "2026-01-01T00:00:00Z"
DEADLINE_S = 0.25


@dataclass(slots=True, kw_only=True)
class HandClock:
    """Moves when it is told to."""

    seconds: float = 0.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds

    def now_iso(self) -> str:
        return later(AT, self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def now_ms(self) -> int:
        return int(self.seconds * 1000)

    def boot_id(self) -> str:
        return "boot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One kind of receiver.

    Attributes:
        open: Makes its server.
        variables: The variables that lead to it.
        secret: Its token.
        payload: A message that it takes.
        arrived: What arrived there.
    """

    open: Callable[[], Any]
    variables: Callable[[str], dict[str, str]]
    secret: str
    payload: Mapping[str, object]
    arrived: Callable[[Any], list[str]]


FAILED: Mapping[str, object] = {
    "kind": FAILURE,
    "repo": "shop",
    "work_item": "SHOP-1",
    "check": "check_coverage_gate",
    "reason": "3 statements <uncovered>",
}
JUDGED: Mapping[str, object] = {
    "kind": VERDICT,
    "repo": forges.REPO,
    "work_item": "SHOP-1",
    "branch": forges.BRANCH,
    "commit": forges.COMMIT,
    "passed": False,
    "reason": "3 statements uncovered",
    "body": "## What is missing\n\nask @ana",
}


def _forge_arrived(server: Any) -> list[str]:  # noqa: ANN401 - one of three
    desk = server.desk
    return [each.body for each in desk.comments] + [each.state for each in desk.statuses]


STANDS = {
    "telegram": Stand(
        open=telegram.FakeTelegram,
        variables=lambda url: {
            "ORCH_TELEGRAM_API_URL": url,
            "ORCH_TELEGRAM_BOT_TOKEN": telegram.TOKEN,
            "ORCH_TELEGRAM_CHAT_ID": telegram.CHAT,
        },
        secret=telegram.TOKEN,
        payload=FAILED,
        arrived=lambda server: [sent.text for sent in server.messages],
    ),
    "plane": Stand(
        open=plane.FakePlane,
        variables=lambda url: {
            "ORCH_PLANE_API_URL": url,
            "ORCH_PLANE_API_TOKEN": plane.TOKEN,
            "ORCH_PLANE_WORKSPACE": plane.WORKSPACE,
            "ORCH_PLANE_PROJECT": plane.PROJECT,
        },
        secret=plane.TOKEN,
        payload={"kind": COMMENT, "repo": "shop", "work_item": "SHOP-1", "comment": "a < b\n\nc"},
        arrived=lambda server: [comment.html for comment in server.comments],
    ),
    "gitea": Stand(
        open=forges.FakeGitea,
        variables=lambda url: {
            "ORCH_GITEA_URL": url,
            "ORCH_GITEA_TOKEN": forges.TOKEN,
            "ORCH_GITEA_OWNER": forges.OWNER,
        },
        secret=forges.TOKEN,
        payload=JUDGED,
        arrived=_forge_arrived,
    ),
    "github": Stand(
        open=forges.FakeGitHub,
        variables=lambda url: {
            "ORCH_GITHUB_API_URL": url,
            "ORCH_GITHUB_TOKEN": forges.TOKEN,
            "ORCH_GITHUB_OWNER": forges.OWNER,
        },
        secret=forges.TOKEN,
        payload=JUDGED,
        arrived=_forge_arrived,
    ),
    "gitlab": Stand(
        open=forges.FakeGitLab,
        variables=lambda url: {
            "ORCH_GITLAB_URL": url,
            "ORCH_GITLAB_TOKEN": forges.TOKEN,
            "ORCH_GITLAB_OWNER": forges.OWNER,
        },
        secret=forges.TOKEN,
        payload=JUDGED,
        arrived=_forge_arrived,
    ),
}


def settings_for(**variables: str) -> Settings:
    """Settings by these variables alone."""
    return load_settings(env={"HOME": "/nowhere", **variables})


@dataclass(slots=True, kw_only=True)
class Post:
    """A receiver with its courier.

    Attributes:
        topic: Of the receiver.
        stand: What it is.
        server: It.
        receiver: Our way to it.
        courier: Delivers to it.
        clock: Of the courier.
        store: Holds the messages.
        pauses: What the courier waited.
    """

    topic: str
    stand: Stand
    server: Any
    receiver: Receiver
    courier: Courier
    clock: HandClock
    store: Store
    pauses: list[float] = field(default_factory=list)

    @property
    def arrived(self) -> list[str]:
        return self.stand.arrived(self.server)

    def leave(self, **changes: object) -> None:
        payload = {**self.stand.payload, **changes}
        at = self.clock.now_iso()
        self.store.enqueue(topic=self.topic, payload=payload, dedup_key=None, at=at)


def courier_for(
    receivers: tuple[Receiver, ...], store: Store, clock: HandClock, pauses: list[float]
) -> Courier:
    """A courier that waits by hand."""
    return Courier(
        store=store,
        clock=clock,
        receivers=receivers,
        pause=pauses.append,
        redact=redactor([stand.secret for stand in STANDS.values()]),
    )


@contextmanager
def posted(topic: str, **more: str) -> Iterator[Post]:
    """A receiver of this topic with everything around it."""
    stand = STANDS[topic]
    server: Loopback = stand.open()
    with server:
        settings = settings_for(**{**stand.variables(server.url), **more})
        (receiver,) = receivers_of(settings, deadline_s=DEADLINE_S)
        store, clock, pauses = MemoryStore(), HandClock(), list[float]()
        yield Post(
            topic=topic,
            stand=stand,
            server=server,
            receiver=receiver,
            courier=courier_for((receiver,), store, clock, pauses),
            clock=clock,
            store=store,
            pauses=pauses,
        )
