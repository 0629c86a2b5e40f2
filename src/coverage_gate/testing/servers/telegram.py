"""A Bot API on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from coverage_gate.testing.servers.loopback import Asked, Loopback, Reply

TOKEN = "12345:fake-bot-token-of-a-test"  # noqa: S105 - of a fake
CHAT = "-100200300"

_LIMIT = 4096
_BOT = {"id": 12345, "is_bot": True, "first_name": "Gate", "username": "gate_bot"}
_TAGS = frozenset({"b", "strong", "i", "em", "u", "s", "code", "pre", "a"})
_BAD, _UNAUTHORIZED, _NOT_FOUND, _TOO_MANY = 400, 401, 404, 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that arrived.

    Attributes:
        chat_id: Where.
        text: As it is read, without marks.
        thread_id: In which topic of the chat; None for none.
        parse_mode: "HTML", or empty.
    """

    chat_id: str
    text: str
    thread_id: int | None
    parse_mode: str


class FakeTelegram(Loopback):
    """Speaks getMe, getChat and sendMessage; checks marks and length as the real one does.

    Attributes:
        messages: What arrived.
        moved: Old chat → the one that it became.
        refuses_html: Whether every text with marks is refused.
    """

    def __init__(self, *, token: str = TOKEN, chats: tuple[str, ...] = (CHAT,)) -> None:
        super().__init__()
        self.token = token
        self.chats = set(chats)
        self.messages: list[Sent] = []
        self.moved: dict[str, str] = {}
        self.refuses_html = False

    def refusal(self, status: int, description: str = "", **parameters: int) -> Reply:
        """An error as the Bot API words it."""
        if status == _TOO_MANY:
            parameters["retry_after"] = self.retry_after_s
            description = f"Too Many Requests: retry after {self.retry_after_s}"
        text = description or f"refused with {status}"
        value: dict[str, Any] = {"ok": False, "error_code": status, "description": text}
        more = {"parameters": parameters} if parameters else {}
        return Reply(status=status, value=value | more)

    def reply(self, asked: Asked) -> Reply:
        """One call of a method."""
        _, bot, method = (asked.path + "//").split("/", 3)[:3]
        if not bot.startswith("bot"):
            return self.refusal(_NOT_FOUND, "Not Found")
        if bot != f"bot{self.token}":
            return self.refusal(_UNAUTHORIZED, "Unauthorized")
        return _ok(_BOT) if method == "getMe" else self._in_chat(method, asked)

    def _in_chat(self, method: str, asked: Asked) -> Reply:
        chat = str(asked.body.get("chat_id", ""))
        if chat in self.moved:
            to = int(self.moved[chat])
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            return self.refusal(_BAD, text, migrate_to_chat_id=to)
        if chat not in self.chats:
            return self.refusal(_BAD, "Bad Request: chat not found")
        if method == "getChat":
            return _ok({"id": int(chat), "type": "supergroup", "title": "people"} | _CHAT_FACTS)
        return self._take(chat, asked) if method == "sendMessage" else self.refusal(_NOT_FOUND)

    def _take(self, chat: str, asked: Asked) -> Reply:
        mode = str(asked.body.get("parse_mode") or "")
        text, problem = str(asked.body.get("text", "")), ""
        if mode == "HTML":
            text, problem = _read(text)
        if self.refuses_html and mode:
            problem = "can't parse entities"
        if not text:
            problem = problem or "message text is empty"
        if len(text.encode("utf-16-le", "surrogatepass")) > 2 * _LIMIT:
            problem = problem or "message is too long"
        if problem:
            return self.refusal(_BAD, f"Bad Request: {problem}")
        thread = asked.body.get("message_thread_id")
        thread_id = None if thread is None else int(thread)
        self.messages.append(Sent(chat_id=chat, text=text, thread_id=thread_id, parse_mode=mode))
        message = {"message_id": len(self.messages), "date": 0, "text": text}
        return _ok(message | {"chat": {"id": int(chat), "type": "supergroup"}})


_CHAT_FACTS = {"accent_color_id": 0, "max_reaction_count": 1}


def _ok(result: dict[str, Any]) -> Reply:
    return Reply(value={"ok": True, "result": result})


class _Marks(HTMLParser):
    """Reads the HTML of a message as Telegram does: few tags, each closed."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.open: list[str] = []
        self.problem = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        del attrs
        self.open.append(tag)
        if tag not in _TAGS:
            self.problem = f"can't parse entities: unsupported start tag {tag}"

    def handle_endtag(self, tag: str) -> None:
        """A tag closes, the last one that is open."""
        if not self.open or self.open.pop() != tag:
            self.problem = f"can't parse entities: unexpected end tag {tag}"

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        self.text.append(data)


def _read(text: str) -> tuple[str, str]:
    marks = _Marks()
    marks.feed(text)
    marks.close()
    problem = marks.problem or ("can't parse entities: a tag is open" if marks.open else "")
    return "".join(marks.text), problem
