"""GitLab's REST API."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from coverage_gate.adapters.forge.posts import CONTEXT, Forge, Post
from coverage_gate.ports import DeliveryError

TOPIC = "gitlab"

_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLab(Forge):
    """See `Forge`. The owner is a user or a group, groups within groups separated by slashes."""

    @property
    def topic(self) -> str:
        """See `ports.Receiver.topic`."""
        return TOPIC

    def place(self, repo: str) -> str:
        """See `Forge.place`: one part of a path."""
        return quote(f"{self.owner}/{repo}", safe="", errors="replace")

    def find_request(self, repo: str, branch: str) -> str | None:
        """See `Forge.find_request`."""
        query = {"state": "opened", "source_branch": branch}
        found = self.listed(f"/projects/{self.place(repo)}/merge_requests", query)
        return next((str(each.get("iid")) for each in found), None)

    def comments_path(self, repo: str, request: str) -> str:
        """See `Forge.comments_path`."""
        return f"/projects/{self.place(repo)}/merge_requests/{request}/notes"

    def comment_path(self, repo: str, request: str, comment: str) -> str:
        """See `Forge.comment_path`."""
        return f"{self.comments_path(repo, request)}/{comment}"

    def edit_method(self) -> str:
        """See `Forge.edit_method`."""
        return "PUT"

    def put_status(self, post: Post) -> None:
        """See `Forge.put_status`."""
        state = "success" if post.passed else "failed"
        body = {"state": state, "name": CONTEXT, "description": post.description}
        path = f"/projects/{self.place(post.repo)}/statuses/{post.commit}"
        try:
            self.web.ask("POST", path, body=body)
        except DeliveryError as error:
            # GitLab refuses to set what is set already.
            is_set = f"from :{state}" in str(error)
            if error.status != _BAD_REQUEST or not is_set:
                raise
