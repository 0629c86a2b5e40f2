"""A small HTTP server on loopback whose faults are written beforehand."""

from __future__ import annotations

import json
import socket
import struct
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


class Fault(StrEnum):
    """What a request meets instead of the server's answer. The request then has no effect."""

    SILENCE = "silence"
    RESET = "reset"
    DRIP = "drip"
    HTML = "html"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    TOO_MANY = "429"
    BROKEN = "500"


#: Each fault once.
ALL_FAULTS = tuple(Fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it arrived.

    Attributes:
        method: As in "POST".
        path: Without the query, decoded.
        query: What follows it.
        headers: By lower-case name.
        body: JSON, or the fields of a form.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answers.

    Attributes:
        status: Of HTTP.
        value: Sent as JSON.
        headers: Beside those of every answer.
    """

    status: int = 200
    value: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Loopback(ABC):
    """A server on a free port of 127.0.0.1, from `with` to its end.

    Attributes:
        asked: Every request that was answered, in order.
        faults: What the next requests meet.
        losing: Parts of paths: the next POST to one of each is obeyed, and its answer lost.
        retry_after_s: What a 429 asks to wait.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: deque[Fault] = deque()
        self.losing: list[str] = []
        self.retry_after_s = 1
        self._lock = Lock()
        self._is_closing = Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, *faults: Fault) -> None:
        """Have the next requests fail, one fault each."""
        self.faults.extend(faults)

    def lose(self, part: str) -> None:
        """Obey the next POST to a path with this part, and have its sender never know."""
        self.losing.append(part)

    @abstractmethod
    def reply(self, asked: Asked) -> Reply:
        """What the server answers; one after another."""

    def refusal(self, status: int) -> Reply:
        """How this server words a status that is no success."""
        headers = {"Retry-After": str(self.retry_after_s)} if status == _TOO_MANY else {}
        return Reply(status=status, value={"message": f"refused with {status}"}, headers=headers)

    def answer(self, asked: Asked) -> Reply | Fault:
        """The fault that is next, else the answer."""
        with self._lock:
            self.asked.append(asked)
            if not self.faults:
                return self._obeyed(asked)
            fault = self.faults.popleft()
        return self.refusal(int(fault)) if fault.value.isdigit() else fault

    def _obeyed(self, asked: Asked) -> Reply | Fault:
        reply = self.reply(asked)
        lost = next((part for part in self.losing if part in asked.path), None)
        if lost is None or asked.method != "POST":
            return reply
        self.losing.remove(lost)
        return Fault.RESET

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the server closes, or so long. Returns whether it closes."""
        return self._is_closing.wait(seconds)


_TOO_MANY = 429
_DRIP_S = 0.02
_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: Loopback

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: whoever asks may go at any time."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(
            method=self.command,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=_fields(self.headers.get("Content-Type", ""), body),
        )
        outcome = self.server.owner.answer(asked)
        if isinstance(outcome, Reply):
            text = json.dumps(outcome.value).encode()
            self._send(outcome.status, "application/json", text, outcome.headers)
        else:
            _FAULTS[outcome](self)

    def _send(self, status: int, kind: str, text: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _html(self) -> None:
        self._send(200, "text/html", _HTML, {})

    def _silence(self) -> None:
        self.close_connection = True
        self.server.owner.wait()

    def _reset(self) -> None:
        # Closing without lingering sends RST.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _drip(self) -> None:
        self.close_connection = True
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        with suppress(OSError):
            while not self.server.owner.wait(_DRIP_S):
                self.connection.sendall(b"x")


_FAULTS: Mapping[Fault, Callable[[_Handler], None]] = {
    Fault.SILENCE: _Handler._silence,  # noqa: SLF001 - of this module
    Fault.RESET: _Handler._reset,  # noqa: SLF001
    Fault.DRIP: _Handler._drip,  # noqa: SLF001
    Fault.HTML: _Handler._html,  # noqa: SLF001
}


def _fields(kind: str, body: bytes) -> Mapping[str, Any]:
    if "json" not in kind:
        return dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
