"""What a process and everything that it waited for has cost."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: No run of a benchmark is waited for longer.
LIMIT_S = 900.0
_SHOWN_BYTES = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run has cost.

    Attributes:
        cpu_s: User and system seconds of the process and of its descendants that were waited for.
        wall_s: Seconds from start to end.
        rss_mib: Peak resident memory of the largest single process among them.
    """

    cpu_s: float
    wall_s: float
    rss_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that ended.

    Attributes:
        cost: What it has cost.
        status: Exit status, negative for a signal.
        out: All of stdout.
        end: The last lines of stdout and stderr, for people.
    """

    cost: Cost
    status: int
    out: str
    end: str


def timed(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], limit_s: float = LIMIT_S
) -> Run:
    """Run a command to its end and tell what it has cost. Raises OSError if it cannot start."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - a list of arguments that this program made
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        timer = threading.Timer(limit_s, process.kill)
        timer.start()
        try:
            # Not process.wait(): only this call tells the usage of this process alone.
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said = _text(out)
        return Run(
            cost=Cost(
                cpu_s=usage.ru_utime + usage.ru_stime,
                wall_s=wall,
                rss_mib=usage.ru_maxrss / 1024,
            ),
            status=process.returncode,
            out=said,
            end=(said + _text(err))[-_SHOWN_BYTES:],
        )


def peak_mib() -> float:
    """Peak memory of this process since its program started.

    `ru_maxrss` also knows what whoever started it had at that moment.
    """
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
