"""Output of any length in bounded memory: its first and its last part."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class CappedOutput:
    """Takes bytes and keeps the first and the last half of `limit` of them."""

    limit: int
    _head: bytearray = field(default_factory=bytearray)
    _tail: bytearray = field(default_factory=bytearray)
    _dropped: int = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        room = self.limit // 2 - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        surplus = len(self._tail) - (self.limit - self.limit // 2)
        if surplus > 0:
            del self._tail[:surplus]
            self._dropped += surplus

    def kept(self) -> bytes:
        """What was kept; where something is missing, a line says how much."""
        gap = f"\n… {self._dropped} bytes left out …\n".encode() if self._dropped else b""
        return bytes(self._head) + gap + bytes(self._tail)
