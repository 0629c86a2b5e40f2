"""The fakes speak what clients of other people expect."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import telegram
from gitea import Gitea
from github import Auth, Github
from gitlab import Gitlab
from plane.client import PlaneClient
from plane.errors import HttpError
from plane.models.work_items import CreateWorkItemComment, UpdateWorkItem

from coverage_gate.testing.servers import forges
from coverage_gate.testing.servers import plane as planes
from coverage_gate.testing.servers import telegram as chats
from coverage_gate.testing.servers.loopback import Fault


@pytest.fixture
def chat() -> Iterator[chats.FakeTelegram]:
    with chats.FakeTelegram() as server:
        yield server


def _bot(server: chats.FakeTelegram, token: str = chats.TOKEN) -> telegram.Bot:
    return telegram.Bot(token, base_url=f"{server.url}/bot")


def _send(server: chats.FakeTelegram, text: str, chat: str = chats.CHAT) -> None:
    async def send() -> None:
        async with _bot(server) as bot:
            await bot.send_message(chat, text, parse_mode="HTML", message_thread_id=5)

    asyncio.run(send())


def test_python_telegram_bot_is_understood(chat: chats.FakeTelegram) -> None:
    _send(chat, "<b>hello</b> &lt;you&gt;")
    (sent,) = chat.messages
    assert (sent.text, sent.thread_id) == ("hello <you>", 5)


def test_python_telegram_bot_knows_each_refusal(
    chat: chats.FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    chat.fail(Fault.TOO_MANY)
    with pytest.raises(telegram.error.RetryAfter):
        _send(chat, "hello")
    with pytest.raises(telegram.error.BadRequest, match="too long"):
        _send(chat, "😀" * 2049)
    for broken in ("<b>open", "<script>x</script>", "</b>"):
        with pytest.raises(telegram.error.BadRequest, match="parse entities"):
            _send(chat, broken)
    with pytest.raises(telegram.error.BadRequest, match="empty"):
        _send(chat, "")
    chat.moved["-1"] = "-1002"
    with pytest.raises(telegram.error.ChatMigrated):
        _send(chat, "hello", chat="-1")
    with pytest.raises(telegram.error.BadRequest, match="Chat not found"):
        _send(chat, "hello", chat="-9")
    chat.fail(Fault.FORBIDDEN)
    with pytest.raises(telegram.error.Forbidden):
        _send(chat, "hello")
    assert chat.messages == []


def test_python_telegram_bot_is_told_of_a_bad_token(chat: chats.FakeTelegram) -> None:
    async def ask() -> None:
        async with _bot(chat, "1:wrong"):
            pass

    with pytest.raises(telegram.error.InvalidToken):
        asyncio.run(ask())


def test_the_client_of_plane_is_understood() -> None:
    with planes.FakePlane() as server:
        client = PlaneClient(base_url=server.url, api_key=planes.TOKEN)
        where = (planes.WORKSPACE, planes.PROJECT)
        item = client.work_items.retrieve_by_identifier(planes.WORKSPACE, "SHOP", 1)
        states = {state.name: state.id for state in client.states.list(*where).results}
        change = UpdateWorkItem(state=states["In Progress"])
        client.work_items.update(*where, str(item.id), change)
        comment = CreateWorkItemComment(comment_html="<p>x</p>", external_id="k")
        client.work_items.comments.create(*where, str(item.id), comment)
        listed = client.work_items.comments.list(*where, str(item.id)).results
        with pytest.raises(HttpError, match="409"):
            client.work_items.comments.create(*where, str(item.id), comment)
        with pytest.raises(HttpError, match="404"):
            client.work_items.retrieve_by_identifier(planes.WORKSPACE, "SHOP", 9)
        stranger = PlaneClient(base_url=server.url, api_key="wrong")
        with pytest.raises(HttpError, match="401"):
            stranger.states.list(*where)
        assert [each.comment_html for each in listed] == ["<p>x</p>"]
        assert server.states == {"SHOP-1": "In Progress"}


def test_pygithub_is_understood() -> None:
    with forges.FakeGitHub() as server:
        client = Github(base_url=server.url, auth=Auth.Token(forges.TOKEN), retry=None)
        assert client.get_user().login == "gate"
        assert client.get_rate_limit().rate.remaining > 0
        repo = client.get_repo(f"{forges.OWNER}/{forges.REPO}")
        (pull,) = repo.get_pulls(state="open", head=f"{forges.OWNER}:{forges.BRANCH}")
        made = pull.create_issue_comment("first")
        made.edit("second")
        assert [comment.body for comment in pull.get_issue_comments()] == ["second"]
        commit = repo.get_commit(forges.COMMIT)
        commit.create_status("success", description="fine", context="coverage-gate")
        (status,) = commit.get_statuses()
        assert (status.state, status.context) == ("success", "coverage-gate")
        client.close()


def test_python_gitlab_is_understood() -> None:
    with forges.FakeGitLab() as server:
        client = Gitlab(server.url, private_token=forges.TOKEN, retry_transient_errors=False)
        client.auth()
        project = client.projects.get(f"{forges.OWNER}/{forges.REPO}", lazy=True)
        (found,) = project.mergerequests.list(source_branch=forges.BRANCH, state="opened")
        note = found.notes.create({"body": "first"})
        note.body = "second"
        note.save()
        assert [each.body for each in found.notes.list(get_all=True)] == ["second"]
        commit = project.commits.get(forges.COMMIT)
        commit.statuses.create({"state": "success", "name": "coverage-gate"})
        assert [each.status for each in commit.statuses.list(get_all=True)] == ["success"]
        client.session.close()


def test_the_client_of_gitea_is_understood() -> None:
    with forges.FakeGitea() as server:
        client = Gitea(server.url, forges.TOKEN)
        place = f"/repos/{forges.OWNER}/{forges.REPO}"
        assert client.get_version() == "1.24.0"
        assert client.get_user().username == "gate"
        (pull,) = client.requests_get_paginated(f"{place}/pulls", params={"limit": 50})
        assert pull["head"]["ref"] == forges.BRANCH
        where = f"{place}/issues/{pull['number']}/comments"
        made = client.requests_post(where, {"body": "first"})
        client.requests_patch(f"{place}/issues/comments/{made['id']}", {"body": "second"})
        assert [each["body"] for each in client.requests_get(where)] == ["second"]
        client.requests_post(f"{place}/statuses/{forges.COMMIT}", {"state": "success"})
        (status,) = client.requests_get(f"{place}/statuses/{forges.COMMIT}")
        assert status["status"] == "success"
        client.requests.close()
