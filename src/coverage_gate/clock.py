"""The only reader of clocks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_WALL = "wall"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemClock:
    """The machine's clocks; fits `ports.Clock`.

    Attributes:
        boot_id_file: Where the kernel tells which boot this is.
    """

    boot_id_file: Path = _BOOT_ID

    def now_iso(self) -> str:
        """Now, ISO 8601 in UTC, to the second, as in "2026-01-31T12:00:00Z"."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def monotonic(self) -> float:
        """Seconds that only go forward, for durations within this process."""
        return time.monotonic()

    def now_ms(self) -> int:
        """Milliseconds for leases: only comparable between equal `boot_id()`.

        Counts the time that the machine slept and is not moved when somebody sets the date.
        Where the kernel names no boot, it is the wall clock.
        """
        clock = time.CLOCK_REALTIME if self.boot_id() == _WALL else time.CLOCK_BOOTTIME
        return time.clock_gettime_ns(clock) // 1_000_000

    def boot_id(self) -> str:
        """Which boot of the machine this is; "wall" where the kernel does not say."""
        try:
            return self.boot_id_file.read_text(encoding="ascii").strip() or _WALL
        except (OSError, ValueError):
            return _WALL
