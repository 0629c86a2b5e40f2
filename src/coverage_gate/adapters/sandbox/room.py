"""How much a run may leave on disk, looked at while it goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_POLL_S = 0.25
_BLOCK = 512


class NoRoomError(Exception):
    """The run left more on disk than it may."""


def _free(folder: Path) -> int:
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


def used(folder: Path) -> int:
    """The bytes that a folder takes on disk. What goes away meanwhile takes none."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(f"{place}/{name}").st_blocks * _BLOCK
            except OSError:
                continue
    return total


@dataclass(slots=True, kw_only=True)
class Room:
    """Bounds what lies in some folders.

    Asking the file system what is free costs nothing. Only where that fell by as much as the run
    may take, the folders themselves are looked through: others write to the same disk.

    Attributes:
        folders: Where the run may write; the first one tells which disk it is.
        bytes: How much.
    """

    folders: Sequence[Path]
    bytes: int
    _at_start: int = field(init=False)
    _next: float = 0.0

    def __post_init__(self) -> None:
        self._at_start = _free(self.folders[0]) if self.folders else 0

    def tick(self) -> None:
        """Look, a few times a second at most.

        Raises:
            NoRoomError: If there is too much.
        """
        now = time.monotonic()
        if now < self._next or not self.folders:
            return
        self._next = now + _POLL_S
        if self._at_start - _free(self.folders[0]) < self.bytes:
            return
        if sum(map(used, self.folders)) > self.bytes:
            raise NoRoomError
