"""A Plane on loopback, with one project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coverage_gate.testing.servers.loopback import Asked, Loopback, Reply

TOKEN = "plane_api_fake-token-of-a-test"  # noqa: S105 - of a fake
WORKSPACE = "acme"
PROJECT = "11111111-2222-4333-8444-555555555555"

_CREATED, _UNAUTHORIZED, _NOT_FOUND, _CONFLICT = 201, 401, 404, 409
_STATES = (
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("Development", "started"),
    ("Done", "completed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneComment:
    """A comment that arrived.

    Attributes:
        work_item: Under which, as in "SHOP-7".
        html: What it says.
        external_id: The key under which it was written.
    """

    work_item: str
    html: str
    external_id: str


class FakePlane(Loopback):
    """Speaks work items by identifier, their state and comments, and the states of the project.

    Attributes:
        comments: What arrived.
        states: Work item → name of its state.
    """

    def __init__(self, *, token: str = TOKEN, work_items: tuple[str, ...] = ("SHOP-1",)) -> None:
        super().__init__()
        self.token = token
        self.comments: list[PlaneComment] = []
        self.states = dict.fromkeys(work_items, "Todo")

    def refusal(self, status: int) -> Reply:
        """An error as Plane words it."""
        found = super().refusal(status)
        return Reply(
            status=status, value={"error": f"refused with {status}"}, headers=found.headers
        )

    def reply(self, asked: Asked) -> Reply:
        """One call of the API."""
        if asked.headers.get("x-api-key") != self.token:
            return self.refusal(_UNAUTHORIZED)
        match asked.path.strip("/").split("/"):
            case ["api", "v1", "workspaces", workspace, "work-items", name] if (
                workspace == WORKSPACE and name in self.states
            ):
                return Reply(value=self._item(name))
            case ["api", "v1", "workspaces", workspace, "projects", project, *rest] if (
                workspace,
                project,
            ) == (WORKSPACE, PROJECT):
                return self._in_project(asked, rest)
        return self.refusal(_NOT_FOUND)

    def _in_project(self, asked: Asked, rest: list[str]) -> Reply:
        match asked.method, rest:
            case "GET", ["states"]:
                return Reply(value=_page([_state(name, group) for name, group in _STATES]))
            case "PATCH", ["work-items", number] if number in self._ids():
                name = self._ids()[number]
                known = {_id_of(state): state for state, _ in _STATES}
                self.states[name] = known[str(asked.body["state"])]
                return Reply(value=self._item(name))
            case "POST", ["work-items", number, "comments"] if number in self._ids():
                return self._comment(self._ids()[number], asked)
            case "GET", ["work-items", number, "comments"] if number in self._ids():
                kept = [one for one in self.comments if one.work_item == self._ids()[number]]
                return Reply(value=_page([_comment(one) for one in kept]))
        return self.refusal(_NOT_FOUND)

    def _comment(self, name: str, asked: Asked) -> Reply:
        key = str(asked.body.get("external_id") or "")
        if key and any(one.external_id == key for one in self.comments):
            return self.refusal(_CONFLICT)
        html = str(asked.body.get("comment_html", ""))
        comment = PlaneComment(work_item=name, html=html, external_id=key)
        self.comments.append(comment)
        return Reply(status=_CREATED, value=_comment(comment))

    def _ids(self) -> dict[str, str]:
        return {_id_of(name): name for name in self.states}

    def _item(self, name: str) -> dict[str, Any]:
        sequence = int(name.rpartition("-")[2])
        state = _id_of(self.states[name])
        about = {"project": PROJECT, "state": state, "assignees": [], "labels": []}
        return {"id": _id_of(name), "name": name, "sequence_id": sequence, **about}


def _id_of(name: str) -> str:
    return f"id-of-{name.casefold().replace(' ', '-')}"


def _state(name: str, group: str) -> dict[str, Any]:
    return {"id": _id_of(name), "name": name, "group": group, "color": "#888888"}


def _comment(comment: PlaneComment) -> dict[str, Any]:
    return {
        "id": _id_of(comment.html),
        "comment_html": comment.html,
        "external_id": comment.external_id,
    }


def _page(results: list[dict[str, Any]]) -> dict[str, Any]:
    count = len(results)
    return {
        "results": results,
        "count": count,
        "total_count": count,
        "total_results": count,
        "total_pages": 1,
        "next_cursor": "1000:1:0",
        "prev_cursor": "1000:-1:1",
        "next_page_results": False,
        "prev_page_results": False,
        "extra_stats": None,
    }
