"""One HTTP exchange with a receiver: bounded in time and size, its secrets in no text and no log.

httpx2 is loaded with the first exchange: it is an extra, and costs a third of a second.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache, partial
from threading import Thread
from types import ModuleType
from typing import TYPE_CHECKING, Any

from coverage_gate.boundary import REDACTED, Redactor, describe_error, keep_text, never_raises
from coverage_gate.boundary import visible as shown
from coverage_gate.ports import DeliveryError

if TYPE_CHECKING:
    import ssl

    import httpx2

#: How long an exchange may take, from its first byte to its last.
DEADLINE_S = 10.0
#: How much of an answer is read.
LONGEST = 4 * 1024 * 1024
#: However long a receiver asks to wait, it is asked again after this.
LONGEST_WAIT_S = 3600.0

_WORDS = 300
_BOT = re.compile(r"/bot[^/\s]+")
_INSTALL = "httpx2 is not installed: pip install 'coverage-gate[notify]'"
_NOT_JSON = "what answers there is another program, or a proxy: look at the address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        status: Of HTTP.
        headers: By lower-case name.
        text: The body.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def value(self) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON of the body; None where it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    def wait_s(self) -> float | None:
        """How long the receiver asks to wait; None where it does not ask."""
        asked = _seconds(self.headers.get("retry-after", ""))
        return _until_reset(self.headers) if asked is None else min(asked, LONGEST_WAIT_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A receiver's address, and how we present ourselves there.

    Attributes:
        name: What to call it, as in "Telegram".
        base: What each path is appended to; may hold a secret.
        headers: Sent with each request; may hold a secret.
        redact: Blanks secrets.
        deadline_s: How long an exchange may take.
    """

    name: str
    base: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    redact: Redactor = field(default=keep_text, repr=False)
    deadline_s: float = DEADLINE_S

    def call(
        self, method: str, path: str, *, body: object = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and read its answer, whatever its status.

        Raises:
            DeliveryError: If there is no whole answer in time.
        """
        client = self._client()
        outcome: list[Answer | str] = []
        exchange = never_raises(str, last="the exchange broke", redact=self.redact)(
            partial(_exchanged, client, method, self.base + path, body, query)
        )
        # A deadline for the whole: a timeout of the client is one for each byte, and only ends a
        # thread that nobody waits for any more.
        thread = Thread(target=lambda: outcome.append(exchange()), daemon=True, name="exchange")
        thread.start()
        thread.join(self.deadline_s)
        client.close()
        if not outcome:
            raise DeliveryError(f"{self.name} gave no whole answer within {self.deadline_s:g} s")
        if isinstance(outcome[0], str):
            raise DeliveryError(f"{self.name}: {shown(self.redact(outcome[0]), limit=_WORDS)}")
        return outcome[0]

    def ask(
        self, method: str, path: str, *, body: object = None, query: Mapping[str, str] | None = None
    ) -> Any:  # noqa: ANN401 - JSON is anything
        """Send a request that must succeed. Returns the JSON of its answer.

        Raises:
            DeliveryError: If it did not.
        """
        return self.succeeded(self.call(method, path, body=body, query=query))

    def succeeded(self, answer: Answer) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON of an answer. Raises DeliveryError for one that is no success."""
        if answer.status not in range(200, 300):
            raise self.refusal(answer)
        found = answer.value()
        if found is None:
            raise DeliveryError(f"{self.name} answered without JSON: {_NOT_JSON}")
        return found

    def refusal(self, answer: Answer) -> DeliveryError:
        """What an answer that is no success means."""
        words = shown(self.redact(_reason(answer)), limit=_WORDS)
        text = f"{self.name} answered {answer.status}" + (f": {words}" if words else "")
        wait = answer.wait_s()
        if answer.status == _FORBIDDEN and wait is not None:
            return DeliveryError(text, retry_s=wait)
        if answer.status in _WIDE or answer.status >= _SERVER_ERROR:
            return DeliveryError(text, retry_s=wait, status=answer.status)
        is_final = answer.status in _FINAL
        return DeliveryError(text, is_final=is_final, is_wide=False, status=answer.status)

    def _client(self) -> httpx2.Client:
        make: type[httpx2.Client] = _httpx2().Client
        # An authentication of ours, or a .netrc would replace the headers.
        return make(
            headers=dict(self.headers),
            auth=lambda request: request,
            timeout=2 * self.deadline_s,
            verify=_trust(),
        )


_FORBIDDEN, _SERVER_ERROR = 403, 500
#: Everything that is sent there will fare alike: token, rate, address.
_WIDE = frozenset({301, 302, 303, 307, 308, 401, 407, 408, 425, 429})
#: The same again would be refused again.
_FINAL = frozenset({400, 413, 422})


def _httpx2() -> ModuleType:
    try:
        import httpx2  # noqa: PLC0415 - see above
    except ImportError:
        raise DeliveryError(_INSTALL) from None
    logger = logging.getLogger("httpx2")
    if _without_tokens not in logger.filters:
        logger.addFilter(_without_tokens)
    return httpx2


@cache
def _trust() -> ssl.SSLContext:
    """Which certificates are trusted; reading them takes longer than an exchange."""
    context: ssl.SSLContext = _httpx2().create_ssl_context()
    return context


def _without_tokens(record: logging.LogRecord) -> bool:
    """A filter of httpx2's own log, which tells addresses: Telegram's hold the token."""
    record.msg, record.args = _BOT.sub(f"/bot{REDACTED}", record.getMessage()), ()
    return True


def _exchanged(
    client: httpx2.Client, method: str, url: str, body: object, query: Mapping[str, str] | None
) -> Answer | str:
    errors = (_httpx2().HTTPError, _httpx2().StreamError, _httpx2().InvalidURL)
    try:
        return _exchange(client, method, url, body, query)
    except errors as error:
        return describe_error(error)


def _exchange(
    client: httpx2.Client, method: str, url: str, body: object, query: Mapping[str, str] | None
) -> Answer:
    with client.stream(method, url, json=body, params=query) as response:
        chunks, size = [], 0
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > LONGEST:
                break
        headers = {name.lower(): value for name, value in response.headers.items()}
        text = b"".join(chunks)[:LONGEST].decode("utf-8", "replace")
        return Answer(status=response.status_code, headers=headers, text=text)


def _reason(answer: Answer) -> str:
    """The receiver's own words, where it has some for us."""
    found = answer.value()
    if not isinstance(found, dict):
        return ""
    words = (found.get(name) for name in ("description", "message", "error", "detail"))
    return next((str(word) for word in words if word), "")


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """GitHub and GitLab name the second when a limit ends, by their own clock."""
    if headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining")) != "0":
        return None
    reset = _seconds(headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", "")))
    now = _date(headers.get("date", ""))
    if reset is None or now is None:
        return None
    return min(max(reset - now, 1.0), LONGEST_WAIT_S)


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None
