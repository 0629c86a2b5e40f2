"""Telegram's Bot API: one method to tell, two to look whether telling would work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from coverage_gate.adapters.notify.letters import as_html, as_plain, letter
from coverage_gate.adapters.web import LONGEST_WAIT_S, Answer, Web
from coverage_gate.core.outbox import Message
from coverage_gate.ports import DeliveryError

TOPIC = "telegram"

_BAD_REQUEST = 400


@dataclass(slots=True, kw_only=True)
class Telegram:
    """Fits `ports.Receiver`.

    Telegram knows no key that would make a message that is sent twice one message: where an
    answer is lost after the message was taken, it is told again.

    Attributes:
        web: The address of the bot; holds its token.
        chat_id: The chat.
        thread_id: The topic within the chat; None for a chat without topics.
    """

    web: Web
    chat_id: str
    thread_id: int | None = None
    _moved: dict[str, str] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        """See `ports.Receiver.topic`."""
        return TOPIC

    @property
    def is_chat(self) -> bool:
        """See `ports.Receiver.is_chat`."""
        return True

    def deliver(self, message: Message) -> str:
        """See `ports.Receiver.deliver`. What HTML cannot say is told without marks."""
        lines = letter(message)
        answer = self._send(as_html(lines), parse_mode="HTML")
        if answer.status == _BAD_REQUEST:
            answer = self._send(as_plain(lines))
        self._result(answer)
        return "; ".join(
            f"the chat {old} moved to {new}: set ORCH_TELEGRAM_CHAT_ID={new}"
            for old, new in self._moved.items()
        )

    def check(self) -> str:
        """See `ports.Receiver.check`."""
        me = self._result(self.web.call("POST", "/getMe"))
        chat = self._result(self.web.call("POST", "/getChat", body={"chat_id": self.chat_id}))
        name = chat.get("title") or chat.get("username") or self.chat_id
        return f"the bot {me.get('username', '?')} sees the chat {name}"

    def _send(self, text: str, **options: str) -> Answer:
        body: dict[str, object] = {
            "chat_id": self._moved.get(self.chat_id, self.chat_id),
            "text": text,
            "link_preview_options": {"is_disabled": True},
            **options,
        }
        if self.thread_id is not None:
            body["message_thread_id"] = self.thread_id
        answer = self.web.call("POST", "/sendMessage", body=body)
        moved = str(_parameters(answer).get("migrate_to_chat_id", ""))
        if not moved or self.chat_id in self._moved:
            return answer
        self._moved[self.chat_id] = moved
        return self._send(text, **options)

    def _result(self, answer: Answer) -> dict[str, Any]:
        """What the API gave. Raises DeliveryError for anything but a success."""
        found = answer.value()
        if not isinstance(found, dict) or "ok" not in found:
            # Not from the Bot API, whatever its status says.
            self.web.succeeded(answer)
            raise DeliveryError(f"{self.web.name} answered as no Bot API does")
        if found["ok"] is not True:
            error = self.web.refusal(answer)
            wait = _parameters(answer).get("retry_after")
            error.retry_s = min(float(wait), LONGEST_WAIT_S) if isinstance(wait, int) else None
            raise error
        result = found.get("result")
        return result if isinstance(result, dict) else {}


def _parameters(answer: Answer) -> dict[str, Any]:
    found = answer.value()
    parameters = found.get("parameters") if isinstance(found, dict) else None
    return parameters if isinstance(parameters, dict) else {}
