"""What each receiver does with what it is told, and with what is answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.notify_world import STANDS, Post, posted

from coverage_gate.adapters.forge.posts import MARK, comment_body, read_post
from coverage_gate.adapters.notify.letters import LIMIT, units
from coverage_gate.adapters.render.markdown_verdict import MARKER
from coverage_gate.core.outbox import (
    FAILURE,
    IN_PROGRESS,
    NOTE,
    RECOVERY,
    STAGE,
    VERDICT,
    Message,
)
from coverage_gate.ports import DeliveryError
from coverage_gate.testing.servers import forges, telegram
from coverage_gate.testing.servers.loopback import Fault, Reply

FORGES = pytest.mark.parametrize("topic", ["gitea", "github", "gitlab"])


def message(post: Post, kind: str = "", key: str = "k", **facts: object) -> Message:
    payload: dict[str, Any] = {**post.stand.payload, **facts}
    own = payload.pop("kind")
    return Message(kind=kind or own, facts=payload, key=key, seqs=(1,))


@pytest.fixture
def chat() -> Iterator[Post]:
    with posted("telegram", ORCH_TELEGRAM_THREAD_ID="17") as post:
        yield post


# Telegram


def test_a_letter_reaches_the_topic_of_the_chat(chat: Post) -> None:
    assert not chat.receiver.deliver(message(chat))
    (sent,) = chat.server.messages
    assert (sent.chat_id, sent.thread_id, sent.parse_mode) == (telegram.CHAT, 17, "HTML")
    assert sent.text.splitlines()[-1] == "3 statements <uncovered>"


def test_a_chat_without_topics_is_asked_for_none() -> None:
    with posted("telegram") as post:
        post.receiver.deliver(message(post))
        assert "message_thread_id" not in post.server.asked[-1].body


@pytest.mark.parametrize("reason", ["x" * 9000, "\n".join("😀" * 99 for _ in range(99))])
def test_a_letter_that_is_too_long_is_cut_and_arrives(chat: Post, reason: str) -> None:
    chat.receiver.deliver(message(chat, reason=reason))
    (text,) = chat.arrived
    assert units(text) <= LIMIT
    assert "…" in text


def test_what_is_refused_with_marks_is_told_without(chat: Post) -> None:
    chat.server.refuses_html = True
    chat.receiver.deliver(message(chat))
    (sent,) = chat.server.messages
    assert (sent.parse_mode, sent.text.splitlines()[-1]) == ("", "3 statements <uncovered>")


def test_what_is_refused_without_marks_too_is_final(chat: Post) -> None:
    chat.server.chats.clear()
    with pytest.raises(DeliveryError, match="chat not found") as caught:
        chat.receiver.deliver(message(chat))
    assert caught.value.is_final


def test_a_group_that_moved_is_followed_and_the_operator_is_told(chat: Post) -> None:
    chat.server.moved[telegram.CHAT] = "-100999"
    chat.server.chats.add("-100999")
    for _ in range(2):
        remark = chat.receiver.deliver(message(chat))
        assert remark.endswith("set ORCH_TELEGRAM_CHAT_ID=-100999")
    assert [sent.chat_id for sent in chat.server.messages] == ["-100999"] * 2
    assert len(chat.server.asked) == 3  # it is not asked where it was again


def test_a_group_that_moves_in_circles_is_given_up(chat: Post) -> None:
    chat.server.moved |= {telegram.CHAT: "-5", "-5": telegram.CHAT}
    with pytest.raises(DeliveryError, match="upgraded"):
        chat.receiver.deliver(message(chat))


@pytest.mark.parametrize(("asked", "waited"), [(7, 7.0), (10**9, 3600.0)])
def test_a_flood_is_waited_for_as_long_as_is_asked(chat: Post, asked: int, waited: float) -> None:
    chat.server.retry_after_s = asked
    chat.server.fail(Fault.TOO_MANY)
    with pytest.raises(DeliveryError) as caught:
        chat.receiver.deliver(message(chat))
    assert caught.value.retry_s == waited


def test_who_is_no_bot_api_is_recognised() -> None:
    with posted("plane") as other, posted("telegram", ORCH_TELEGRAM_API_URL=other.server.url) as p:
        with pytest.raises(DeliveryError, match="answered 401"):
            p.receiver.check()
        with pytest.raises(DeliveryError, match="401"):
            p.receiver.deliver(message(p))


def test_json_that_is_no_answer_of_a_bot_api_is_recognised(
    chat: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([5, {}, {"ok": True}, {"ok": True, "result": [1]}])
    monkeypatch.setattr(chat.server, "reply", lambda _: Reply(value=next(answers)))
    for _ in range(2):
        with pytest.raises(DeliveryError, match="no Bot API"):
            chat.receiver.deliver(message(chat))
    for _ in range(2):
        assert not chat.receiver.deliver(message(chat))


def test_a_user_s_own_chat_has_a_name_too(chat: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    results = iter([{"username": "gate_bot"}, {"username": "ana"}, {}, {}])
    monkeypatch.setattr(
        chat.server,
        "reply",
        lambda _: Reply(value={"ok": True, "result": next(results)}),
    )
    assert chat.receiver.check() == "the bot gate_bot sees the chat ana"
    assert chat.receiver.check() == f"the bot ? sees the chat {telegram.CHAT}"


# Plane


def test_a_comment_is_text_and_is_written_once() -> None:
    with posted("plane") as post:
        for key in ("k", "k", "other"):
            assert not post.receiver.deliver(message(post, key=key))
        assert post.arrived == ["<p>a &lt; b</p><p>c</p>"] * 2
        post.receiver.deliver(message(post, NOTE, key="n", message="hello"))
        assert post.arrived[-1] == "<p>hello</p>"


@pytest.mark.parametrize(
    ("kind", "stage", "state"),
    [(IN_PROGRESS, "", "In Progress"), (STAGE, "development", "Development"), (STAGE, "x", "Todo")],
)
def test_a_work_item_moves_to_the_state_of_that_name(kind: str, stage: str, state: str) -> None:
    with posted("plane") as post:
        remark = post.receiver.deliver(message(post, kind, stage=stage))
        assert post.server.states == {"SHOP-1": state}
        assert bool(remark) == (stage == "x")


def test_a_project_without_that_name_has_a_state_that_means_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from coverage_gate.testing.servers import plane  # noqa: PLC0415 - its states are replaced

    monkeypatch.setattr(plane, "_STATES", (("Todo", "unstarted"), ("Arbeit", "started")))
    with posted("plane") as post:
        post.receiver.deliver(message(post, IN_PROGRESS))
        assert post.server.states == {"SHOP-1": "Arbeit"}


def test_plane_is_told_nothing_of_what_it_does_not_know() -> None:
    with posted("plane") as post:
        assert "nothing to tell" in post.receiver.deliver(message(post, FAILURE))
        assert post.server.asked == []


@pytest.mark.parametrize("answer", [[], {}, {"results": 5}, {"results": [5]}])
def test_an_answer_of_another_form_moves_nothing(
    answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with posted("plane") as post:
        monkeypatch.setattr(post.server, "reply", lambda _: Reply(value=answer))
        if isinstance(answer, list):
            with pytest.raises(DeliveryError, match="as no Plane does"):
                post.receiver.deliver(message(post, IN_PROGRESS))
        else:
            assert "left as it is" in post.receiver.deliver(message(post, IN_PROGRESS))


def test_a_work_item_that_is_not_there_holds_up_no_other() -> None:
    with posted("plane") as post, pytest.raises(DeliveryError, match="404") as caught:
        post.receiver.deliver(message(post, work_item="../../x"))
    assert not caught.value.is_wide
    assert not caught.value.is_final


# Forges


@FORGES
def test_one_comment_is_kept_up_to_date(topic: str) -> None:
    with posted(topic) as post:
        desk = post.server.desk
        desk.write(7, "a person's own words")
        for passed, text in ((False, "first"), (True, "second")):
            assert not post.receiver.deliver(message(post, passed=passed, body=text))
        assert [each.body for each in desk.comments] == [
            "a person's own words",
            f"{MARK}\nsecond",
        ]
        words = {"github": "failure", "gitea": "failure", "gitlab": "failed"}
        assert [status.state for status in desk.statuses] == [words[topic], "success"]
        assert {status.context for status in desk.statuses} == {"coverage-gate"}
        assert {status.commit for status in desk.statuses} == {forges.COMMIT}


@FORGES
def test_our_comment_is_found_behind_many_others(topic: str) -> None:
    with posted(topic) as post:
        for number in range(230):
            post.server.desk.write(7, f"comment {number}")
        post.receiver.deliver(message(post, body="first"))
        post.receiver.deliver(message(post, body="second"))
        assert len(post.server.desk.comments) == 231


@FORGES
def test_a_comment_with_our_mark_that_is_not_ours_is_left_alone(topic: str) -> None:
    with posted(topic) as post:
        desk = post.server.desk
        desk.write(7, f"{MARK} forged: PASS")
        for text in ("first", "second"):
            post.receiver.deliver(message(post, body=text))
        assert [each.body for each in desk.comments] == [
            f"{MARK} forged: PASS",
            f"{MARK}\nsecond",
        ]


@FORGES
def test_a_branch_without_a_request_gets_the_status_alone(topic: str) -> None:
    with posted(topic) as post:
        remark = post.receiver.deliver(message(post, branch="other"))
        assert "the status alone" in remark
        assert (len(post.server.desk.comments), len(post.server.desk.statuses)) == (0, 1)


@FORGES
def test_a_request_is_found_behind_many_others(topic: str) -> None:
    with posted(topic) as post:
        found = post.server.desk.requests[0]
        others = [forges.Request(number=100 + n, branch=f"b{n}") for n in range(120)]
        post.server.desk.requests = [*others, found]
        assert not post.receiver.deliver(message(post))


@FORGES
def test_a_verdict_without_a_commit_is_a_comment_alone(topic: str) -> None:
    with posted(topic) as post:
        post.receiver.deliver(message(post, commit=""))
        assert (len(post.server.desk.comments), len(post.server.desk.statuses)) == (1, 0)


@FORGES
def test_a_commit_that_is_not_pushed_yet_is_waited_for(topic: str) -> None:
    with posted(topic) as post:
        post.server.desk.commits.clear()
        post.leave()
        assert post.courier.deliver().later == 1
        post.server.desk.commits.add(forges.COMMIT)
        post.clock.pass_by(11)
        assert post.courier.deliver().delivered == 1
        assert (len(post.server.desk.comments), len(post.server.desk.statuses)) == (1, 1)


@FORGES
def test_what_is_no_verdict_is_not_shown(topic: str) -> None:
    with posted(topic) as post:
        assert "nothing to show" in post.receiver.deliver(message(post, RECOVERY))
        assert post.server.asked == []


@FORGES
def test_long_texts_fit(topic: str) -> None:
    with posted(topic) as post:
        body = "\n".join("x" * 99 for _ in range(2000))
        post.receiver.deliver(message(post, reason="y" * 500, body=body))
        (comment,), (status,) = post.server.desk.comments, post.server.desk.statuses
        assert len(comment.body) < 65_536
        assert comment.body.endswith("\n\n… the rest is in the report.")
        assert len(status.description) == 140


def test_the_same_state_again_is_no_fault_on_gitlab() -> None:
    with posted("gitlab") as post:
        for _ in range(2):
            post.receiver.deliver(message(post))
        assert len(post.server.desk.statuses) == 1


def test_another_refusal_of_a_status_is_one_on_gitlab(monkeypatch: pytest.MonkeyPatch) -> None:
    with posted("gitlab") as post:
        refused = Reply(status=400, value={"message": "no"})
        monkeypatch.setattr(post.server, "_status", lambda *_: refused)
        with pytest.raises(DeliveryError, match="400: no"):
            post.receiver.deliver(message(post))


def test_a_list_that_is_none_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with posted("github") as post:
        monkeypatch.setattr(post.server, "page", lambda *_: {"no": "list"})
        assert "no open request" in post.receiver.deliver(message(post))


def test_a_request_without_a_head_is_no_request_of_the_branch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with posted("gitea") as post:
        monkeypatch.setattr(post.server, "pull", lambda _: {"number": 7, "head": None})
        assert "no open request" in post.receiver.deliver(message(post))


def test_nobody_is_called_by_a_comment() -> None:
    told = Message(kind=VERDICT, facts={"reason": "ask @ana", "passed": True}, key="k", seqs=(1,))
    text = comment_body(read_post(told))
    assert text == f"{MARK}\n# Coverage gate: PASS\n\nask @\u200bana"
    assert comment_body(replace(read_post(told), body="all")) == f"{MARK}\nall"


def test_a_comment_of_a_workflow_is_the_same_comment() -> None:
    assert MARK == MARKER
    told = Message(kind=VERDICT, facts={"body": f"{MARKER}\n\nall"}, key="k", seqs=(1,))
    assert comment_body(read_post(told)) == f"{MARK}\nall"


def test_a_limit_that_is_used_up_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "4102444800",
        "Date": "Thu, 31 Dec 2099 23:59:30 GMT",
    }
    with posted("github") as post:
        refused = Reply(status=403, value={"message": "limit"}, headers=headers)
        monkeypatch.setattr(post.server, "reply", lambda _: refused)
        with pytest.raises(DeliveryError, match="limit") as caught:
            post.receiver.deliver(message(post))
    assert caught.value.is_wide
    assert caught.value.retry_s is not None


def test_tokens_belong_to_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    with posted("gitea") as post:
        assert post.receiver.check() == "the token is gate's"
        monkeypatch.setattr(post.server, "person", lambda _: {"id": 1})
        assert post.receiver.check() == "the token is somebody's"
        monkeypatch.setattr(post.server, "person", lambda _: [])
        assert post.receiver.check() == "the token is somebody's"


def test_every_receiver_has_a_stand() -> None:
    from coverage_gate.receiving import RECEIVERS  # noqa: PLC0415 - for this test alone

    assert set(STANDS) == set(RECEIVERS)
