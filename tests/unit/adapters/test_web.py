"""Exchanges: bounded, and what answers mean."""

from __future__ import annotations

import logging
import sys

import pytest

from coverage_gate.adapters import web
from coverage_gate.adapters.web import Answer, Web
from coverage_gate.ports import DeliveryError
from coverage_gate.testing.servers.loopback import Asked, Fault, Loopback, Reply

WEB = Web(name="There", base="http://127.0.0.1:9/bot1:secret", redact=lambda text: text)


class Echo(Loopback):
    """Answers what it is told to."""

    value: object = None

    def reply(self, asked: Asked) -> Reply:
        return Reply(value=self.value or {"path": asked.path, **asked.query, **asked.body})


def test_a_request_takes_its_parts_along() -> None:
    with Echo() as server:
        there = Web(name="There", base=server.url, headers={"X-Key": "k"})
        answer = there.ask("PUT", "/a%2Fb", body={"c": "ü"}, query={"d": "e f"})
        assert answer == {"path": "/a/b", "c": "ü", "d": "e f"}
        assert server.asked[0].headers["x-key"] == "k"


def test_credentials_of_a_netrc_do_not_replace_ours(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"{tmp_path}/netrc"
    with open(file, "w", encoding="ascii") as netrc:  # noqa: PTH123 - its path is text
        netrc.write("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", file)
    with Echo() as server:
        Web(name="There", base=server.url, headers={"Authorization": "ours"}).ask("GET", "/")
        assert server.asked[0].headers["authorization"] == "ours"


def test_an_answer_is_read_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LONGEST", 1000)
    with Echo() as server:
        server.value = "x" * 100_000
        answer = Web(name="There", base=server.url).call("GET", "/")
        assert len(answer.text) == 1000
        assert answer.value() is None


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.DRIP])
def test_a_deadline_is_one_for_the_whole_answer(fault: Fault) -> None:
    with Echo() as server:
        server.fail(fault)
        with pytest.raises(DeliveryError, match=r"no whole answer within 0\.2 s"):
            Web(name="There", base=server.url, deadline_s=0.2).call("GET", "/")


def test_who_is_not_there_is_named_without_secrets() -> None:
    there = Web(name="There", base=WEB.base, redact=lambda text: text.replace("secret", "***"))
    with pytest.raises(DeliveryError, match="There: ConnectError") as caught:
        there.call("GET", "/")
    assert caught.value.status is None
    assert "secret" not in repr(there)


@pytest.mark.parametrize("base", ["http://[", "http://\udc80", "gopher://x"])
def test_an_address_that_is_none_is_a_delivery_error(base: str) -> None:
    with pytest.raises(DeliveryError, match="There: "):
        Web(name="There", base=base).call("GET", "/")


def test_a_missing_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(DeliveryError, match=r"pip install 'coverage-gate\[notify\]'"):
        WEB.call("GET", "/")


def test_the_library_s_own_log_shows_no_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Echo() as server:
        there = Web(name="There", base=f"{server.url}/bot123:secret")
        for _ in range(2):
            there.ask("GET", "/getMe")
    assert "/bot***/getMe" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("status", "is_wide", "is_final"),
    [
        (301, True, False),
        (400, False, True),
        (401, True, False),
        (403, False, False),
        (404, False, False),
        (409, False, False),
        (422, False, True),
        (429, True, False),
        (500, True, False),
        (503, True, False),
    ],
)
def test_a_status_says_who_is_concerned(status: int, is_wide: bool, is_final: bool) -> None:
    error = WEB.refusal(Answer(status=status))
    assert (error.is_wide, error.is_final, error.status) == (is_wide, is_final, status)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("<html>", ""),
        ("[1]", ""),
        ('{"message": "no\\u001b"}', ": no\\x1b"),
        ('{"description": "", "error": 5}', ": 5"),
        ('{"other": "x"}', ""),
        ("[" * 100_000, ""),
    ],
)
def test_a_refusal_has_the_receiver_s_own_words(text: str, words: str) -> None:
    assert str(WEB.refusal(Answer(status=400, text=text))) == f"There answered 400{words}"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "99999"}, 3600.0),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "9"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}, None),
        ({"x-ratelimit-remaining": "0", "date": "Thu, 01 Jan 1970 00:00:05 GMT"}, None),
        (
            {
                "ratelimit-remaining": "0",
                "ratelimit-reset": "65",
                "date": "Thu, 01 Jan 1970 00:00:05 GMT",
            },
            60.0,
        ),
        (
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1",
                "date": "Thu, 01 Jan 1970 00:00:05 GMT",
            },
            1.0,
        ),
    ],
)
def test_how_long_to_wait_is_read_from_headers(headers: dict[str, str], wait: float | None) -> None:
    assert Answer(status=429, headers=headers).wait_s() == wait
