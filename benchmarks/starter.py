"""Starts a command and tells what it has cost: `starter.py DESCRIPTOR LIMIT_S ENV COMMAND...`.

The peak memory of a process begins with that of whoever started it. This program is small, so
that what it tells is the command's own, whatever the benchmark holds. It imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

#: What Python ignores, and a program of its own may not.
_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)


def main() -> None:
    """Write JSON to the descriptor: an error number, or wall and CPU seconds, KiB and status."""
    descriptor, limit_s, env, *command = sys.argv[1:]
    os.set_inheritable(int(descriptor), False)  # noqa: FBT003 - takes no name
    with os.fdopen(int(descriptor), "w") as answer:
        json.dump(_started(command, json.loads(env), float(limit_s)), answer)


def _started(command: list[str], env: dict[str, str], limit_s: float) -> dict[str, float]:
    started = time.perf_counter()
    try:
        # Not os.environ: Python sets a variable in there where it finds no locale.
        pid = os.posix_spawnp(command[0], command, env, setsigdef=_IGNORED)
    except OSError as error:
        return {"errno": error.errno}
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    # Not os.waitpid: only this call tells the usage of this process alone.
    _, status, usage = os.wait4(pid, 0)
    return {
        "wall_s": time.perf_counter() - started,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "kib": usage.ru_maxrss,
        "status": os.waitstatus_to_exitcode(status),
    }


if __name__ == "__main__":
    main()
