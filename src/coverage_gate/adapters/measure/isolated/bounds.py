"""What a process may use up."""

from __future__ import annotations

import math
import resource


def limit(which: int, value: int) -> None:
    """Lower a soft limit; 0 leaves it."""
    hard = resource.getrlimit(which)[1]
    if value:
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (most, hard))


def limit_cpu(seconds: int) -> None:
    """Let the process die of SIGXCPU after some seconds of CPU from now on; 0 leaves it.

    No handler: it would only run when the compiler, which may be what hangs, comes back.
    """
    if seconds:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        limit(resource.RLIMIT_CPU, math.ceil(usage.ru_utime + usage.ru_stime) + seconds)
