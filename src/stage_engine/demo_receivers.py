"""The receivers of the demo: a Bot API, a Plane and a Gitea on loopback, and what they got."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count

from coverage_gate.testing.servers import forges, plane, telegram

_NAMES = {"success": "PASS", "failure": "FAIL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """Three servers that run.

    Attributes:
        chat: Where people read.
        tracker: Where work items are.
        forge: Where the code is shown.
    """

    chat: telegram.FakeTelegram
    tracker: plane.FakePlane
    forge: forges.FakeGitea

    def variables(self) -> dict[str, str]:
        """The settings that lead there."""
        return {
            "ORCH_TELEGRAM_API_URL": self.chat.url,
            "ORCH_TELEGRAM_BOT_TOKEN": telegram.TOKEN,
            "ORCH_TELEGRAM_CHAT_ID": telegram.CHAT,
            "ORCH_PLANE_API_URL": self.tracker.url,
            "ORCH_PLANE_API_TOKEN": plane.TOKEN,
            "ORCH_PLANE_WORKSPACE": plane.WORKSPACE,
            "ORCH_PLANE_PROJECT": plane.PROJECT,
            "ORCH_GITEA_URL": self.forge.url,
            "ORCH_GITEA_TOKEN": forges.TOKEN,
            "ORCH_GITEA_OWNER": forges.OWNER,
        }

    def got(self) -> Iterator[str]:
        """What arrived, line by line."""
        yield f"Telegram got {len(self.chat.messages)} messages:"
        for sent in self.chat.messages:
            first, *rest = sent.text.splitlines()
            yield f"  {first}"
            yield from (f"    {line}" for line in rest)
        yield "Plane:"
        for item, state in self.tracker.states.items():
            comments = sum(comment.work_item == item for comment in self.tracker.comments)
            yield f"  {item}: {state}, {comments} comments"
        states = [_NAMES[status.state] for status in self.forge.desk.statuses]
        yield f"Gitea got {len(states)} commit statuses: {', '.join(states)}"
        for request in self.forge.desk.requests:
            yield f"  {request.branch}: {self._shown(request)}"

    def _shown(self, request: forges.Request) -> str:
        desk = self.forge.desk
        comments = desk.under(str(request.number))
        edits = [f"/issues/comments/{comment.number}" for comment in comments]
        updates = sum(asked.path.endswith(edit) for asked in self.forge.asked for edit in edits)
        verdicts = [line for one in comments for line in one.body.splitlines() if line[:1] == "#"]
        shown = verdicts[0].lstrip("# ") if verdicts else "nothing"
        return f"{len(comments)} comment, updated {updates} times: {shown}"


@contextmanager
def receiving(stories: Mapping[str, str]) -> Iterator[Receivers]:
    """Run the servers. `stories` are branches by work item."""
    with ExitStack() as stack:
        yield Receivers(
            chat=stack.enter_context(telegram.FakeTelegram()),
            tracker=stack.enter_context(plane.FakePlane(work_items=tuple(stories))),
            forge=stack.enter_context(_gitea(stories.values())),
        )


def _gitea(branches: Iterable[str]) -> forges.FakeGitea:
    server = forges.FakeGitea()
    numbers = count(1)
    server.desk.requests = [forges.Request(number=next(numbers), branch=name) for name in branches]
    server.desk.commits = None
    return server
