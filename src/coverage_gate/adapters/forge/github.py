"""GitHub's REST API."""

from __future__ import annotations

from dataclasses import dataclass

from coverage_gate.adapters.forge.posts import CONTEXT, Forge, Post

TOPIC = "github"

#: Sent with each request.
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHub(Forge):
    """See `Forge`."""

    @property
    def topic(self) -> str:
        """See `ports.Receiver.topic`."""
        return TOPIC

    def check(self) -> str:
        """See `ports.Receiver.check`. Tokens of apps and workflows belong to no user."""
        self.web.ask("GET", "/rate_limit")
        return "the token is known"

    def find_request(self, repo: str, branch: str) -> str | None:
        """See `Forge.find_request`. "owner:branch" is a fork's: no branch has a colon."""
        head = branch if ":" in branch else f"{self.owner}:{branch}"
        query = {"state": "open", "head": head}
        pulls = self.listed(f"/repos/{self.place(repo)}/pulls", query)
        return next((str(pull.get("number")) for pull in pulls), None)

    def comments_path(self, repo: str, request: str) -> str:
        """See `Forge.comments_path`."""
        return f"/repos/{self.place(repo)}/issues/{request}/comments"

    def comment_path(self, repo: str, request: str, comment: str) -> str:
        """See `Forge.comment_path`."""
        del request
        return f"/repos/{self.place(repo)}/issues/comments/{comment}"

    def put_status(self, post: Post) -> None:
        """See `Forge.put_status`."""
        body = {
            "state": "success" if post.passed else "failure",
            "context": CONTEXT,
            "description": post.description,
        }
        self.web.ask("POST", f"/repos/{self.place(post.repo)}/statuses/{post.commit}", body=body)
