"""What the fakes answer to requests that no client of ours sends."""

from __future__ import annotations

from typing import Any

import pytest

from coverage_gate.adapters.web import Web
from coverage_gate.testing.servers import forges, plane, telegram

GITHUB = {"Authorization": f"Bearer {forges.TOKEN}"}
GITEA = {"Authorization": f"token {forges.TOKEN}"}
GITLAB = {"PRIVATE-TOKEN": forges.TOKEN}
PLANE = {"X-API-Key": plane.TOKEN}
_BOT, _IN_REPO = f"/bot{telegram.TOKEN}", f"/repos/{forges.OWNER}/{forges.REPO}"
_PROJECT = f"/api/v4/projects/{forges.OWNER}%2F{forges.REPO}"


@pytest.mark.parametrize(
    ("make", "headers", "method", "path", "status"),
    [
        (telegram.FakeTelegram, {}, "GET", "/", 404),
        (telegram.FakeTelegram, {}, "POST", "/bot1:x/getMe", 401),
        (telegram.FakeTelegram, {}, "POST", f"{_BOT}/getMe", 200),
        (telegram.FakeTelegram, {}, "POST", f"{_BOT}/nothing", 400),
        (plane.FakePlane, {}, "GET", "/", 401),
        (plane.FakePlane, PLANE, "GET", "/", 404),
        (plane.FakePlane, PLANE, "GET", "/api/v1/workspaces/acme/projects/x/states/", 404),
        (
            plane.FakePlane,
            PLANE,
            "GET",
            f"/api/v1/workspaces/acme/projects/{plane.PROJECT}/nothing/",
            404,
        ),
        (forges.FakeGitHub, {}, "GET", "/user", 401),
        (forges.FakeGitHub, GITHUB, "GET", "/nothing", 404),
        (forges.FakeGitHub, GITHUB, "GET", f"{_IN_REPO}/nothing", 404),
        (forges.FakeGitHub, GITHUB, "GET", f"{_IN_REPO}/pulls/7", 200),
        (forges.FakeGitHub, GITHUB, "GET", f"{_IN_REPO}/issues/9", 404),
        (forges.FakeGitHub, GITHUB, "POST", f"{_IN_REPO}/nothing", 404),
        (forges.FakeGitHub, GITHUB, "PATCH", f"{_IN_REPO}/issues/comments/9", 404),
        (forges.FakeGitHub, GITHUB, "POST", f"{_IN_REPO}/statuses/{forges.COMMIT}", 422),
        (forges.FakeGitea, GITEA, "GET", "/user", 404),
        (forges.FakeGitea, GITHUB, "GET", "/api/v1/user", 401),
        (forges.FakeGitLab, {}, "GET", "/api/v4/user", 401),
        (forges.FakeGitLab, GITLAB, "GET", "/api/v4/nothing", 404),
        (forges.FakeGitLab, GITLAB, "GET", _PROJECT, 200),
        (forges.FakeGitLab, GITLAB, "GET", f"{_PROJECT}/nothing", 404),
        (forges.FakeGitLab, GITLAB, "GET", f"{_PROJECT}/merge_requests/7", 200),
        (forges.FakeGitLab, GITLAB, "POST", f"{_PROJECT}/nothing", 404),
        (forges.FakeGitLab, GITLAB, "PUT", f"{_PROJECT}/merge_requests/7/notes/9", 404),
    ],
)
def test_what_is_not_there_is_refused(
    make: Any,  # noqa: ANN401 - one of the fakes
    headers: dict[str, str],
    method: str,
    path: str,
    status: int,
) -> None:
    with make() as server:
        there = Web(name="There", base=server.url, headers=headers)
        assert there.call(method, path, body={"x": 1}).status == status


def test_an_unknown_method_of_a_bot_is_refused() -> None:
    with telegram.FakeTelegram() as server:
        there = Web(name="There", base=server.url)
        answer = there.call("POST", f"{_BOT}/nothing", body={"chat_id": telegram.CHAT})
        assert answer.status == 404


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_body_that_is_none_has_no_fields(kind: str) -> None:
    with telegram.FakeTelegram() as server:
        there = Web(name="There", base=server.url, headers={"Content-Type": kind})
        there.call("POST", "/", body=[1])
        assert server.asked[0].body == {}
