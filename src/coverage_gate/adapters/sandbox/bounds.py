"""How much a run in a cage may have, as the operator says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of a cage, and what an operator opened.

    Attributes:
        processes: Of all the run's processes and threads together.
        memory_bytes: Of each process: what it asks for to write to.
        disk_bytes: Of what it leaves on disk, and of each folder in memory.
        is_closed: Whether the network is closed.
        is_frozen: Whether the tree is read-only.
        readable: Further files and folders that it may read.
        linger_s: Seconds that what the program left behind may take to end by itself.
    """

    processes: int = 1024
    memory_bytes: int = 8192 * _MB
    disk_bytes: int = 2048 * _MB
    is_closed: bool = True
    is_frozen: bool = False
    readable: tuple[Path, ...] = ()
    linger_s: float = 2.0
