"""Plane: comments under a work item, and its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from coverage_gate.adapters.web import Web
from coverage_gate.boundary import visible
from coverage_gate.core.outbox import COMMENT, IN_PROGRESS, NOTE, STAGE, Message, fact
from coverage_gate.ports import DeliveryError

TOPIC = "plane"

_SOURCE = "coverage-gate"
_IN_PROGRESS = "in progress"
_STARTED = "started"
_CONFLICT = 409
_LONGEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Fits `ports.Receiver`. A work item is called as Plane calls it, as in "SHOP-7".

    Attributes:
        web: The address of the API, version included.
        workspace: The workspace's short name.
        project: The project's id.
    """

    web: Web
    workspace: str
    project: str

    @property
    def topic(self) -> str:
        """See `ports.Receiver.topic`."""
        return TOPIC

    @property
    def is_chat(self) -> bool:
        """See `ports.Receiver.is_chat`."""
        return False

    def deliver(self, message: Message) -> str:
        """See `ports.Receiver.deliver`."""
        facts, kind = message.facts, message.kind
        item = fact(facts, "work_item")
        if kind in (COMMENT, NOTE):
            return self._comment(
                item, fact(facts, "comment" if kind == COMMENT else "message"), key=message.key
            )
        if kind == STAGE:
            return self._move(item, fact(facts, "stage"))
        if kind == IN_PROGRESS:
            return self._move(item, _IN_PROGRESS, group=_STARTED)
        return f"nothing to tell Plane of a {visible(kind)}"

    def check(self) -> str:
        """See `ports.Receiver.check`."""
        names = ", ".join(visible(str(state.get("name"))) for state in self._states())
        return f"the project {visible(self.project)} has the states {names}"

    def _comment(self, item: str, text: str, *, key: str) -> str:
        body = {
            "comment_html": _paragraphs(text),
            "external_source": _SOURCE,
            "external_id": key,
        }
        path = f"{self._project()}/work-items/{self._id_of(item)}/comments/"
        answer = self.web.call("POST", path, body=body)
        if answer.status != _CONFLICT:  # else: it arrived before, and the answer was lost
            self.web.succeeded(answer)
        return ""

    def _move(self, item: str, name: str, *, group: str = "") -> str:
        """Give a work item the state of this name, else one of the group; else leave it."""
        state = _chosen(self._states(), name, group)
        if state is None:
            return f"Plane has no state {visible(name)}: left as it is"
        path = f"{self._project()}/work-items/{self._id_of(item)}/"
        self.web.ask("PATCH", path, body={"state": state})
        return ""

    def _id_of(self, item: str) -> str:
        path = f"/workspaces/{_part(self.workspace)}/work-items/{_part(item)}/"
        return _part(str(_object(self.web.ask("GET", path), self.web).get("id", "")))

    def _states(self) -> list[Mapping[str, Any]]:
        found = _object(self.web.ask("GET", f"{self._project()}/states/"), self.web)
        results = found.get("results")
        states = results if isinstance(results, list) else []
        return [state for state in states if isinstance(state, dict)]

    def _project(self) -> str:
        return f"/workspaces/{_part(self.workspace)}/projects/{_part(self.project)}"


def _chosen(states: list[Mapping[str, Any]], name: str, group: str) -> str | None:
    named = (state for state in states if str(state.get("name", "")).casefold() == name.casefold())
    grouped = (state for state in states if group and state.get("group") == group)
    state = next((*named, *grouped).__iter__(), None)
    return None if state is None else str(state.get("id"))


def _object(found: object, web: Web) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise DeliveryError(f"{web.name} answered as no Plane does", is_wide=False)
    return found


def _paragraphs(text: str) -> str:
    lines = (visible(line, limit=_LONGEST) for line in text[:_LONGEST].splitlines())
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line.strip())


def _part(text: str) -> str:
    return quote(text, safe="", errors="replace")
