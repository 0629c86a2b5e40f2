"""Who may change something: whoever knows ORCH_API_TOKEN."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Lock

from coverage_gate.boundary import library_log
from coverage_gate.ports import Clock
from coverage_gate.settings import load_settings

_SCHEME = "bearer "

#: So many wrong tokens are told what is missing; then one a second, the others are turned away.
BURST = 20
_LOG_EVERY_S = 1.0


class Access(Enum):
    """What becomes of a request."""

    GRANTED = auto()
    REFUSED = auto()
    TOO_MANY = auto()


@dataclass(slots=True, kw_only=True)
class Doorkeeper:
    """Compares tokens in constant time. Wrong ones are counted; a right one is never held up.

    Attributes:
        clock: Paces the answers to wrong tokens and the log.
        refused: How many were wrong so far.
    """

    clock: Clock
    refused: int = 0
    _left: float = BURST
    _seen: float = 0.0
    _logged: float | None = None
    _unlogged: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def admit(self, authorization: str | None) -> Access:
        """Judge the header of a request. The token is read anew: it may have been changed.

        Raises:
            SettingsError: If a setting is invalid.
        """
        if _is_token(authorization):
            return Access.GRANTED
        with self._lock:
            return self._refuse()

    def _refuse(self) -> Access:
        now = self.clock.monotonic()
        self.refused += 1
        self._unlogged += 1
        self._left = min(BURST, self._left + (now - self._seen))
        self._seen = now
        if self._logged is None or now - self._logged >= _LOG_EVERY_S:
            library_log().warning("%d requests without the right API token", self._unlogged)
            self._logged, self._unlogged = now, 0
        if self._left < 1:
            return Access.TOO_MANY
        self._left -= 1
        return Access.REFUSED


def _is_token(authorization: str | None) -> bool:
    """Whether the header holds our token. Without a configured one, nothing does."""
    token = load_settings().api_token
    if token is None or authorization is None:
        return False
    if authorization[: len(_SCHEME)].lower() != _SCHEME:
        return False
    given = authorization[len(_SCHEME) :].strip()
    # A header's bytes were read as Latin-1: these are the bytes that were sent.
    return hmac.compare_digest(given.encode("latin-1"), token.get_secret_value().encode())
