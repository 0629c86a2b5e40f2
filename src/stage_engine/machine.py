"""Which process a worker is: so that a dead one is known at once, and a frozen one can be ended.

A worker's name holds its place in the kernel's account: pid namespace, process id, and the time at
which that process started. With the boot that its job names nobody else can ever have all four.

What a worker started needs no account: each command runs under a supervisor that ends all of it as
soon as the worker is gone, see `coverage_gate.adapters.sandbox.supervisor`.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")

_NAME = re.compile(r"[^/]+/([0-9]+)/([0-9]+)/([0-9]+)/[0-9a-f]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
#: Field 22 of /proc/<pid>/stat, counted from the one behind the program's name, which is the third.
_START_FIELD = 22 - 3
_DEAD = b"Z"


def is_host_name(name: str) -> bool:
    """Whether it can name a host: letters, digits, dots and hyphens, at most 63."""
    return _HOST.fullmatch(name) is not None


def own_host(*, told: Callable[[], str] = platform.node) -> str:
    """This machine's name, "localhost" where it has none that can be used."""
    name = told()
    return name if is_host_name(name) else "localhost"


def worker_name(host: str, *, proc: Path = PROC) -> str:
    """A name for a worker of this process that no other one ever has."""
    pid = os.getpid()
    started = _started(pid, proc) or 0
    return f"{host}/{_namespace(proc)}/{pid}/{started}/{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherProcess:
    """The process of a worker that this machine's kernel keeps an account of.

    Attributes:
        pid: Its number.
        started: Clock ticks since the boot at which it started.
        proc: The kernel's account.
    """

    pid: int
    started: int
    proc: Path = PROC

    @property
    def is_gone(self) -> bool:
        """Whether it is certainly dead: there is no such process, or another one of its number."""
        return _started(self.pid, self.proc) != self.started

    def kill(self) -> bool:
        """SIGKILL, if it is this very process. Returns whether it was sent."""
        with suppress(OSError):
            # Opened before the look: if the number is given away in between, nobody is hit.
            handle = os.pidfd_open(self.pid)
            try:
                if not self.is_gone and self.pid != os.getpid():
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                    return True
            finally:
                os.close(handle)
        return False


def process_of(worker: str, *, proc: Path = PROC) -> OtherProcess | None:
    """The process of a worker of this boot; None where this kernel's account says nothing of it."""
    match = _NAME.fullmatch(worker)
    if match is None or int(match[1]) != _namespace(proc):
        return None
    return OtherProcess(pid=int(match[2]), started=int(match[3]), proc=proc)


def _namespace(proc: Path) -> int:
    with suppress(OSError):
        return (proc / "self" / "ns" / "pid").stat().st_ino
    return 0


def _started(pid: int, proc: Path) -> int | None:
    """When a process started; None where there is none that lives."""
    try:
        stat = (proc / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # The program's name in parentheses may itself hold spaces and parentheses.
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] == _DEAD else int(fields[_START_FIELD])
