"""Gitea's API: GitHub's, but for paging and for how a branch's request is found."""

from __future__ import annotations

from dataclasses import dataclass

from coverage_gate.adapters.forge.github import GitHub
from coverage_gate.adapters.forge.posts import Forge

TOPIC = "gitea"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gitea(GitHub):
    """See `Forge`."""

    @property
    def topic(self) -> str:
        """See `ports.Receiver.topic`."""
        return TOPIC

    def check(self) -> str:
        """See `ports.Receiver.check`."""
        return Forge.check(self)

    @property
    def paging(self) -> tuple[str, int]:
        """See `Forge.paging`."""
        return "limit", 50

    @property
    def comment_pages(self) -> int:
        """See `Forge.comment_pages`. All comments come at once, whatever page is asked for."""
        return 1

    def find_request(self, repo: str, branch: str) -> str | None:
        """See `Forge.find_request`. Requests cannot be asked for by branch."""
        pulls = self.listed(f"/repos/{self.place(repo)}/pulls", {"state": "open"})
        return next((str(each.get("number")) for each in pulls if _branch(each) == branch), None)


def _branch(pull: dict[str, object]) -> object:
    head = pull.get("head")
    return head.get("ref") if isinstance(head, dict) else None
