r"""Kills what carries a marker in its environment, wherever in the process tree it is.

The second line of defence, for runs whose supervisor was killed. It cannot hit a process of
somebody else: the marker is 128 random bits, made for one run. It does not find a process that
started another program with an environment of its own, or that became another user.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

VARIABLE = "COVERAGE_GATE_RUN"
_ROUNDS = 20
_ENVIRONMENT_BYTES = 4 * 1024 * 1024


def kill_marked(marker: str, *, proc: Path = Path("/proc")) -> bool:
    """SIGKILL every process of this user that was started with `VARIABLE` = marker.

    Returns:
        Whether none is left. What is forked while we look is found in the next of several rounds.
    """
    entry = f"{VARIABLE}={marker}".encode()
    for _ in range(_ROUNDS):
        if not _kill_round(entry, proc):
            return True
        time.sleep(0.005)  # the killed ones need a moment to go
    return False


def _kill_round(entry: bytes, proc: Path) -> int:
    return sum(_kill_one(int(name), entry, proc) for name in _numbers(proc))


def _numbers(proc: Path) -> list[str]:
    try:
        return [entry.name for entry in proc.iterdir() if entry.name.isdecimal()]
    except OSError:
        return []


def _kill_one(pid: int, entry: bytes, proc: Path) -> bool:
    with suppress(OSError):
        # Opened before the environment is read: if the number is given to another process in
        # between, the signal goes nowhere.
        handle = os.pidfd_open(pid)
        try:
            if entry in _environment(proc / str(pid) / "environ").split(b"\0"):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                return True
        finally:
            os.close(handle)
    return False


def _environment(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_ENVIRONMENT_BYTES)
