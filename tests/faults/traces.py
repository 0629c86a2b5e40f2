"""What a call of the gate may leave behind: nothing."""

from __future__ import annotations

import gc
import os
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.sandbox.supervisor import children_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """The state of this process and of the gate's folder for private things."""

    descriptors: frozenset[str]
    children: frozenset[int]
    scratch: frozenset[str]


def traces(scratch: Path) -> Traces:
    """What is there now."""
    return Traces(
        descriptors=frozenset(_descriptors()),
        children=frozenset(children_of(os.getpid())),
        scratch=frozenset(path.name for path in scratch.iterdir()),
    )


def _descriptors() -> list[str]:
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are numbers
        try:
            found.append(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")  # noqa: PTH115
        except OSError:  # the one that lists
            continue
    return found


def rows(db: Path, table: str) -> list[tuple[object, ...]]:
    """All rows of a table."""
    with closing(sqlite3.connect(db)) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608


def settled(scratch: Path, before: Traces) -> Traces:
    """The traces once what is ending has ended; a killed process needs a moment to go."""
    deadline = time.monotonic() + 5
    while (now := traces(scratch)) != before and time.monotonic() < deadline:
        # What an exception's traceback holds is closed when it is collected.
        gc.collect()
        time.sleep(0.01)
    return now
