"""GitHub, Gitea and GitLab on loopback: statuses, requests and their comments of one owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from coverage_gate.testing.servers.loopback import Asked, Loopback, Reply

TOKEN = "forge-fake-token-of-a-test"  # noqa: S105 - of a fake
OWNER = "acme"
REPO = "shop"
BRANCH = "feature/postage"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

_CREATED, _BAD, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 201, 400, 401, 403, 404
_UNPROCESSABLE = 422
_US, _OTHERS = "gate", "somebody"


@dataclass(slots=True, kw_only=True)
class ForgeComment:
    """A comment.

    Attributes:
        number: Of the comment.
        request: Under which request.
        body: What it says.
        author: Who may edit it.
    """

    number: int
    request: int
    body: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeStatus:
    """A status of a commit.

    Attributes:
        commit: Whose.
        state: As the forge calls it.
        context: Whose status it is.
        description: What it says.
    """

    commit: str
    state: str
    context: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An open pull or merge request.

    Attributes:
        number: Its number.
        branch: What wants to be merged.
    """

    number: int
    branch: str


@dataclass(slots=True, kw_only=True)
class Desk:
    """What a forge keeps.

    Attributes:
        requests: Those that are open.
        comments: In order.
        statuses: In order.
        commits: Those that were pushed; None: all that are named.
    """

    requests: list[Request] = field(default_factory=lambda: [Request(number=7, branch=BRANCH)])
    comments: list[ForgeComment] = field(default_factory=list)
    statuses: list[ForgeStatus] = field(default_factory=list)
    commits: set[str] | None = field(default_factory=lambda: {COMMIT})

    def write(self, request: int, body: str, author: str = _OTHERS) -> ForgeComment:
        """Write a comment; not as us, unless said so."""
        number = len(self.comments) + 1
        comment = ForgeComment(number=number, request=request, body=body, author=author)
        self.comments.append(comment)
        return comment

    def comment(self, number: str) -> ForgeComment | None:
        """The comment of this number."""
        return next((each for each in self.comments if str(each.number) == number), None)

    def under(self, request: str) -> list[ForgeComment]:
        """The comments of a request."""
        return [each for each in self.comments if str(each.request) == request]

    def holds(self, commit: str) -> bool:
        """Whether a commit was pushed."""
        return self.commits is None or commit in self.commits

    def knows(self, request: str) -> bool:
        """Whether there is such a request."""
        return any(str(each.number) == request for each in self.requests)


class FakeGitHub(Loopback):
    """Speaks GitHub's REST API.

    Attributes:
        desk: What it keeps.
    """

    scheme: ClassVar[tuple[str, ...]] = ("Bearer ", "token ")
    root: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.desk = Desk()

    def reply(self, asked: Asked) -> Reply:
        """One call of the API."""
        if asked.headers.get("authorization") not in {f"{how}{self.token}" for how in self.scheme}:
            return self.refusal(_UNAUTHORIZED)
        parts = asked.path.strip("/").split("/")
        head, rest = parts[: len(self.root)], parts[len(self.root) :]
        if tuple(head) == self.root and rest[:3] == ["repos", OWNER, REPO]:
            serve = self._read if asked.method == "GET" else self._write
            found = serve(asked, rest[3:])
        else:
            found = self._about().get("/".join(rest)) if tuple(head) == self.root else None
        return found or self.refusal(_NOT_FOUND)

    def _about(self) -> dict[str, Reply]:
        rate = {"limit": 5000, "remaining": 4999, "used": 1, "reset": 4_000_000_000}
        return {
            "user": Reply(value=self.person(_US)),
            "rate_limit": Reply(value={"resources": {"core": rate}, "rate": rate}),
            "version": Reply(value={"version": "1.24.0"}),
        }

    def _read(self, asked: Asked, rest: list[str]) -> Reply | None:
        desk = self.desk
        match rest:
            case []:
                return Reply(value=self.repository())
            case ["pulls"]:
                wanted = asked.query.get("head", "").partition(":")[2]
                found = [one for one in desk.requests if wanted in ("", one.branch)]
                return Reply(value=self.page(asked, [self.pull(one) for one in found]))
            case ["issues" | "pulls", number] if desk.knows(number):
                (one,) = [each for each in desk.requests if str(each.number) == number]
                return Reply(value=self.pull(one))
            case ["issues", number, "comments"] if desk.knows(number):
                listed = [self.shown(each) for each in desk.under(number)]
                return Reply(value=self.comments_page(asked, listed))
        return self._read_commit(rest)

    def _read_commit(self, rest: list[str]) -> Reply | None:
        match rest:
            case ["commits", commit]:
                return Reply(value={"sha": commit, "url": self._url(f"commits/{commit}")})
            case ["commits" | "statuses", commit, *_]:
                kept = [one for one in self.desk.statuses if one.commit == commit]
                return Reply(value=[_status_object(one) for one in kept])
            case _:
                return None

    def _write(self, asked: Asked, rest: list[str]) -> Reply | None:
        match asked.method, rest:
            case "POST", ["issues", number, "comments"] if self.desk.knows(number):
                made = self.desk.write(int(number), str(asked.body["body"]), _US)
                return Reply(status=_CREATED, value=self.shown(made))
            case "PATCH", ["issues", "comments", number]:
                return self._edit(number, asked)
            case "POST", ["statuses", commit]:
                return self._status(commit, asked)
            case _:
                return None

    def _edit(self, number: str, asked: Asked) -> Reply:
        found = self.desk.comment(number)
        if found is None:
            return self.refusal(_NOT_FOUND)
        if found.author != _US:
            return self.refusal(_FORBIDDEN)
        found.body = str(asked.body["body"])
        return Reply(value=self.shown(found))

    def _status(self, commit: str, asked: Asked) -> Reply:
        if not self.desk.holds(commit):
            return self.refusal(_UNPROCESSABLE)
        told = {name: str(asked.body.get(name, "")) for name in ("state", "context", "description")}
        if told["state"] not in _STATES or len(told["description"]) > _DESCRIPTION:
            return self.refusal(_UNPROCESSABLE)
        status = ForgeStatus(commit=commit, **told)
        self.desk.statuses.append(status)
        return Reply(status=_CREATED, value=_status_object(status))

    def page(self, asked: Asked, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The part of a list that was asked for."""
        size, number = int(asked.query.get("per_page", "30")), int(asked.query.get("page", "1"))
        return found[(number - 1) * size : number * size]

    def comments_page(self, asked: Asked, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The part of the comments that was asked for."""
        return self.page(asked, found)

    def person(self, name: str) -> dict[str, Any]:
        """Somebody."""
        return {"id": 1, "login": name, "username": name, "type": "User"}

    def repository(self) -> dict[str, Any]:
        """The one repository."""
        about = {"id": 1, "name": REPO, "full_name": f"{OWNER}/{REPO}", "url": self._url("")}
        return {**about, "owner": self.person(OWNER), "default_branch": "main"}

    def pull(self, request: Request) -> dict[str, Any]:
        """A request as it is shown."""
        number = request.number
        head = {"ref": request.branch, "sha": COMMIT, "label": f"{OWNER}:{request.branch}"}
        place = {"url": self._url(f"pulls/{number}"), "issue_url": self._url(f"issues/{number}")}
        return {"id": number, "number": number, "state": "open", "head": head, **place}

    def shown(self, comment: ForgeComment) -> dict[str, Any]:
        """A comment as it is shown."""
        url = self._url(f"issues/comments/{comment.number}")
        author = self.person(comment.author)
        return {"id": comment.number, "body": comment.body, "user": author, "url": url}

    def _url(self, path: str) -> str:
        root = "/".join(("", *self.root))
        return f"{self.url}{root}/repos/{OWNER}/{REPO}/{path}".rstrip("/")


class FakeGitea(FakeGitHub):
    """Speaks Gitea's API: requests are not found by branch, and comments come all at once."""

    scheme = ("token ",)
    root = ("api", "v1")

    def page(self, asked: Asked, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """See `FakeGitHub.page`."""
        size, number = int(asked.query.get("limit", "30")), int(asked.query.get("page", "1"))
        return found[(number - 1) * size : number * size]

    def comments_page(self, asked: Asked, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """See `FakeGitHub.comments_page`."""
        del asked
        return found


class FakeGitLab(Loopback):
    """Speaks GitLab's REST API.

    Attributes:
        desk: What it keeps.
    """

    def __init__(self, *, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.desk = Desk()

    def reply(self, asked: Asked) -> Reply:
        """One call of the API."""
        if asked.headers.get("private-token") != self.token:
            return self.refusal(_UNAUTHORIZED)
        path = asked.path.removeprefix("/api/v4/")
        place = f"projects/{OWNER}/{REPO}"
        about = {"user": {"id": 1, "username": _US}, place: {"id": 1, "path": REPO}}
        if path in about:
            return Reply(value=about[path])
        if not path.startswith(f"{place}/"):
            return self.refusal(_NOT_FOUND)
        rest = path.removeprefix(f"{place}/").split("/")
        serve = self._read if asked.method == "GET" else self._write
        return serve(asked, rest) or self.refusal(_NOT_FOUND)

    def _read(self, asked: Asked, rest: list[str]) -> Reply | None:
        desk = self.desk
        match rest:
            case ["merge_requests"]:
                wanted = asked.query.get("source_branch", "")
                found = [one for one in desk.requests if wanted in ("", one.branch)]
                return Reply(value=_gitlab_page(asked, [_merge_request(one) for one in found]))
            case ["merge_requests", number] if desk.knows(number):
                (one,) = [each for each in desk.requests if str(each.number) == number]
                return Reply(value=_merge_request(one))
            case ["merge_requests", number, "notes"] if desk.knows(number):
                return Reply(value=_gitlab_page(asked, [_note(one) for one in desk.under(number)]))
            case ["repository", "commits", commit]:
                return Reply(value={"id": commit})
            case ["repository", "commits", commit, "statuses"]:
                kept = [one for one in desk.statuses if one.commit == commit]
                return Reply(value=[_gitlab_status(one) for one in kept])
            case _:
                return None

    def _write(self, asked: Asked, rest: list[str]) -> Reply | None:
        match asked.method, rest:
            case "POST", ["merge_requests", number, "notes"] if self.desk.knows(number):
                made = self.desk.write(int(number), str(asked.body["body"]), _US)
                return Reply(status=_CREATED, value=_note(made))
            case "PUT", ["merge_requests", number, "notes", note] if self.desk.knows(number):
                return self._edit(note, asked)
            case "POST", ["statuses", commit]:
                return self._status(commit, asked)
            case _:
                return None

    def _edit(self, number: str, asked: Asked) -> Reply:
        found = self.desk.comment(number)
        if found is None or found.author != _US:
            return self.refusal(_NOT_FOUND if found is None else _FORBIDDEN)
        found.body = str(asked.body["body"])
        return Reply(value=_note(found))

    def _status(self, commit: str, asked: Asked) -> Reply:
        state = str(asked.body.get("state", ""))
        if not self.desk.holds(commit) or state not in _GITLAB_STATES:
            return self.refusal(_NOT_FOUND)
        now = [one.state for one in self.desk.statuses if one.commit == commit]
        if now and now[-1] == state:
            words = f"Cannot transition status via :{state} from :{state} (Reason(s): ...)"
            return Reply(status=_BAD, value={"message": words})
        told = {"context": "name", "description": "description"}
        texts = {ours: str(asked.body.get(theirs, "")) for ours, theirs in told.items()}
        status = ForgeStatus(commit=commit, state=state, **texts)
        self.desk.statuses.append(status)
        return Reply(status=_CREATED, value=_gitlab_status(status))


_STATES = frozenset({"success", "failure", "error", "pending"})
_GITLAB_STATES = frozenset({"success", "failed", "pending", "running", "canceled"})
_DESCRIPTION = 140


def _status_object(status: ForgeStatus) -> dict[str, Any]:
    facts = {"id": 1, "state": status.state, "status": status.state, "context": status.context}
    return {**facts, "description": status.description, "target_url": None}


def _gitlab_status(status: ForgeStatus) -> dict[str, Any]:
    facts = {"id": 1, "sha": status.commit, "status": status.state, "name": status.context}
    return {**facts, "description": status.description}


def _merge_request(request: Request) -> dict[str, Any]:
    number = request.number
    return {"id": number, "iid": number, "source_branch": request.branch, "state": "opened"}


def _note(comment: ForgeComment) -> dict[str, Any]:
    return {"id": comment.number, "body": comment.body, "author": {"username": comment.author}}


def _gitlab_page(asked: Asked, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    size, number = int(asked.query.get("per_page", "20")), int(asked.query.get("page", "1"))
    return found[(number - 1) * size : number * size]
