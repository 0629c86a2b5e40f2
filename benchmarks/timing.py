"""What a process and everything that it waited for has cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: No run of a benchmark is waited for longer.
LIMIT_S = 900.0
_SHOWN_BYTES = 4_000
_STARTER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("starter.py")))


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
        told = _started(command, cwd=cwd, env=env, limit_s=limit_s, streams=(out, err))
        said = _text(out)
        return Run(
            cost=Cost(cpu_s=told["cpu_s"], wall_s=told["wall_s"], rss_mib=told["kib"] / 1024),
            status=int(told["status"]),
            out=said,
            end=(said + _text(err))[-_SHOWN_BYTES:],
        )


def _started(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    limit_s: float,
    streams: tuple[IO[bytes], IO[bytes]],
) -> dict[str, float]:
    """What the small program beside this one tells of the command."""
    mine, its = os.pipe()
    words = [*_STARTER, str(its), str(limit_s), json.dumps(dict(env)), *command]
    with os.fdopen(mine) as answer:
        try:
            process = subprocess.Popen(  # noqa: S603 - a list of arguments that this program made
                words,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=streams[0],
                stderr=streams[1],
                pass_fds=[its],
            )
        finally:
            os.close(its)
        with process:
            told: dict[str, float] = json.load(answer)
    if "errno" in told:
        number = int(told["errno"])
        raise OSError(number, os.strerror(number), command[0])
    return told


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
