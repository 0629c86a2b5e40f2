"""What a forge shows of a verdict: a status at the commit, and one comment that is kept up to date.

The comment goes first: it is found again by its mark, so that a second attempt changes it, while a
second status would be one more line in the history of the commit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from coverage_gate.adapters.web import Web
from coverage_gate.boundary import visible
from coverage_gate.core.outbox import VERDICT, Message, fact
from coverage_gate.ports import DeliveryError

CONTEXT = "coverage-gate"
#: By it our comment is found, whoever wrote it: the same as in `render.markdown_verdict`.
MARK = "<!-- coverage-gate -->"

NOTHING: Mapping[str, str] = MappingProxyType({})
#: GitHub takes 140 characters, and 65,536 in a comment.
DESCRIPTION = 140
_BODY = 60_000
_PAGES = 20

_FORBIDDEN, _NOT_FOUND, _UNPROCESSABLE = 403, 404, 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A verdict to be shown.

    Attributes:
        repo: Name of the repository.
        branch: Whose pull request gets the comment, where there is one.
        commit: Gets the status; empty: no status.
        passed: Whether the gate is open.
        description: One line.
        body: Markdown.
    """

    repo: str
    branch: str
    commit: str
    passed: bool
    description: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge(ABC):
    """Fits `ports.Receiver`; a forge says how it lists, writes and edits.

    Attributes:
        web: The address of the API, version included.
        owner: Whom the repositories belong to.
    """

    web: Web
    owner: str

    @property
    @abstractmethod
    def topic(self) -> str:
        """See `ports.Receiver.topic`."""

    @property
    def is_chat(self) -> bool:
        """See `ports.Receiver.is_chat`."""
        return False

    def deliver(self, message: Message) -> str:
        """See `ports.Receiver.deliver`."""
        if message.kind != VERDICT:
            return f"nothing to show of a {visible(message.kind)}"
        post = read_post(message)
        request = self.find_request(post.repo, post.branch)
        if request is not None:
            self._keep_comment(post, request)
        if post.commit:
            self._set_status(post)
        return "" if request else f"no open request of {visible(post.branch)}: the status alone"

    def check(self) -> str:
        """See `ports.Receiver.check`."""
        found = self.web.ask("GET", "/user")
        names = [found.get(name) for name in ("login", "username")] if _is_object(found) else []
        name = next((visible(str(name)) for name in names if name), "somebody")
        return f"the token is {name}'s"

    @abstractmethod
    def find_request(self, repo: str, branch: str) -> str | None:
        """Number of the open pull or merge request of a branch; None where there is none."""

    @abstractmethod
    def comments_path(self, repo: str, request: str) -> str:
        """Where the comments of a request are listed, and new ones go."""

    @abstractmethod
    def comment_path(self, repo: str, request: str, comment: str) -> str:
        """Where one comment is edited."""

    @abstractmethod
    def put_status(self, post: Post) -> None:
        """Set the status of the commit. Raises DeliveryError."""

    def edit_method(self) -> str:
        """How a comment is edited."""
        return "PATCH"

    @property
    def paging(self) -> tuple[str, int]:
        """How the size of a page is asked for, and the largest one."""
        return "per_page", 100

    @property
    def comment_pages(self) -> int:
        """On how many pages comments are looked for."""
        return _PAGES

    def listed(
        self, path: str, query: Mapping[str, str] = NOTHING, *, pages: int = _PAGES
    ) -> Iterator[dict[str, Any]]:
        """Everything that a list holds, page by page, up to a bound."""
        name, size = self.paging
        for number in range(1, pages + 1):
            asked = {**query, name: str(size), "page": str(number)}
            found = self.web.ask("GET", path, query=asked)
            page = found if isinstance(found, list) else []
            yield from (each for each in page if _is_object(each))
            if len(page) < size:
                return

    def _keep_comment(self, post: Post, request: str) -> None:
        body = {"body": comment_body(post)}
        path = self.comments_path(post.repo, request)
        found = self.listed(path, pages=self.comment_pages)
        ours = [each for each in found if MARK in str(each.get("body", ""))]
        for comment in ours:
            where = self.comment_path(post.repo, request, _part(str(comment.get("id"))))
            answer = self.web.call(self.edit_method(), where, body=body)
            # Anybody may write our mark; what is not ours cannot be edited.
            if answer.status not in (_FORBIDDEN, _NOT_FOUND) or answer.wait_s() is not None:
                self.web.succeeded(answer)
                return
        self.web.ask("POST", path, body=body)

    def _set_status(self, post: Post) -> None:
        try:
            self.put_status(post)
        except DeliveryError as error:
            # A commit that has not been pushed there yet may come.
            error.is_final = error.is_final and error.status != _UNPROCESSABLE
            raise

    def place(self, repo: str) -> str:
        """Owner and repository within a path."""
        return f"{_part(self.owner)}/{_part(repo)}"


def read_post(message: Message) -> Post:
    """The verdict in a message."""
    facts = message.facts
    return Post(
        repo=fact(facts, "repo"),
        branch=fact(facts, "branch"),
        commit=fact(facts, "commit"),
        passed=facts.get("passed") is True,
        description=visible(fact(facts, "reason"), limit=DESCRIPTION),
        body=fact(facts, "body"),
    )


def comment_body(post: Post) -> str:
    """The comment: our mark, then what the message brings, cut at a line's border."""
    head = f"# Coverage gate: {'PASS' if post.passed else 'FAIL'}"
    body = post.body.removeprefix(MARK).lstrip() or f"{head}\n\n{post.description}"
    text = f"{MARK}\n{_unnamed(body)}"
    if len(text) <= _BODY:
        return text
    return text[:_BODY].rpartition("\n")[0] + "\n\n… the rest is in the report."


def _unnamed(text: str) -> str:
    """The text with nobody called: a name after @ would be told of each change."""
    return text.replace("@", "@\u200b")


def _is_object(found: object) -> bool:
    return isinstance(found, dict)


def _part(text: str) -> str:
    return quote(text, safe="", errors="replace")
