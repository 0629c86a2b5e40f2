"""At most one process works on a task: a lock that the kernel lets go when its process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coverage_gate.adapters.stores.target import sqlite_path


def locks_folder(store_target: str) -> Path:
    """Where the locks are: beside the database whose tasks they guard."""
    path = sqlite_path(store_target)
    return path.with_name(f"{path.name}.locks")


@contextmanager
def exclusive(folder: Path, task_id: int) -> Iterator[int | None]:
    """Have a task for the length of the block: the descriptor of its lock. It never waits.

    None: somebody else has the task. Whoever is given the descriptor keeps the task, too: see
    `PlainSandbox.held`.

    The files stay: removing one could leave two processes with a lock each.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(folder / f"task-{task_id:d}", flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield descriptor
    finally:
        os.close(descriptor)
