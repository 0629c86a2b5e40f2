"""Stands between the gate and a foreign process and ends with everything that it started.

A script of its own, standard library only, started as `python -I -S supervisor.py REPORT GRACE_S
LIMIT_S LINGER_S FILE_BYTES ENTRY PROGRAM [ARG …]`. It makes itself the "child subreaper": whatever
is orphaned below it becomes its child, so a daemon that left its process group and session, or
wiped its environment, is still found, and nothing else can be hit. When it has no child any more,
nothing that the program started is left; that needs no list and no guess.

A program of the same user may kill its supervisor. So there are two processes of this script, one
the child of the other and both such subreapers: the outer one, which does nothing but wait, ends
what is left when the inner one is killed. Only who kills both, one by one, gets away.

REPORT is the number of a descriptor, with a comma before each further one that is just kept open
until the end: a lock stays taken until everything is gone, also when its owner was killed.

ENTRY says whether the program is a cage that tells itself when what it holds runs, see `inside`;
else it runs when it is started.

Its standard input is the line to the gate. The end of it says that the gate wants an end or was
killed. Through REPORT it says "+" when the program runs (else why not), and "." when all is gone.
"""

import ctypes
import fcntl
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

STARTED = b"+"
ALL_GONE = b"."
STOPPED = 128 + signal.SIGTERM
NOT_STARTED = 127
CONTROL = 0
ENTRY = 3
KILL_S = 5.0
_PR_SET_CHILD_SUBREAPER = 36
_FILES = 65536
_ENTRY_S = 30.0
#: How much longer the outer process waits for the inner one; the gate waits a little longer still.
_PATIENCE_S = 0.5
_RESET = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)


class Asked(NamedTuple):
    """The arguments, see the module.

    Attributes:
        report: A descriptor.
        held: Further descriptors, which are kept open until the end.
        grace_s: How long the program may take to end once it is told to.
        limit_s: How long it may run.
        linger_s: How long what it left behind may take to end.
        file_bytes: The size of a file that it may write.
        is_cage: Whether the program tells itself when what it holds runs.
        program: The program with its arguments.
    """

    report: int
    held: list[int]
    grace_s: float
    limit_s: float
    linger_s: float
    file_bytes: int
    is_cage: bool
    program: Sequence[str]


def asked_of(argv: Sequence[str]) -> Asked:
    """The arguments by their names. Raises ValueError for others than the module says."""
    descriptors, grace_s, limit_s, linger_s, file_bytes, entry, *program = argv
    report, *held = map(int, descriptors.split(","))
    return Asked(
        report=report,
        held=held,
        grace_s=float(grace_s),
        limit_s=float(limit_s),
        linger_s=float(linger_s),
        file_bytes=int(file_bytes),
        is_cage=entry == "1",
        program=program,
    )


def adopt_orphans(*, load: Callable[[None], Any] = ctypes.CDLL) -> bool:
    """Become the parent of every orphan below; False where the system has no such thing."""
    try:
        return bool(load(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except AttributeError:
        return False


def limit_resources(file_bytes: int) -> None:
    """No core dumps, files of at most `file_bytes`, a bounded number of open files."""
    for kind, wanted in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        soft, hard = resource.getrlimit(kind)
        top = _lower(hard, wanted)
        resource.setrlimit(kind, (_lower(soft, top), top))


def _lower(limit: int, wanted: int) -> int:
    return wanted if limit == resource.RLIM_INFINITY else min(limit, wanted)


def spawn(argv: Sequence[str], entry: int | None = None) -> int:
    """Start the program in a session of its own, deaf to the gate's input. Raises OSError.

    Args:
        argv: The program.
        entry: A descriptor that it gets as `ENTRY`.
    """
    actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, CONTROL, os.devnull, os.O_RDONLY, 0)
    ]
    if entry is not None:
        actions.append((os.POSIX_SPAWN_DUP2, entry, ENTRY))
    return os.posix_spawnp(
        argv[0],
        list(argv),
        os.environ,  # noqa: TID251 - the gate made this environment for the program
        file_actions=actions,
        setsid=True,
        setsigmask=[],
        setsigdef=_RESET,
    )


def enter(argv: Sequence[str]) -> tuple[int, bool]:
    """Start a cage. Returns its process, and whether what it holds runs. Raises OSError."""
    told, teller = os.pipe()
    # Put in its own place, a descriptor would stay one that is closed in the cage.
    beyond = fcntl.fcntl(teller, fcntl.F_DUPFD_CLOEXEC, ENTRY + 1)
    os.close(teller)
    try:
        child = spawn(argv, beyond)
    finally:
        os.close(beyond)
    ready, _, _ = select.select([told, CONTROL], [], [], _ENTRY_S)
    return child, told in ready and os.read(told, 1) == STARTED


def wake_on_child() -> int:
    """A descriptor that becomes readable when a child ends."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader


def wait(child: int, wake: int, *, limit_s: float) -> int | None:
    """Reap orphans until the program ends, the gate asks for an end, or the time is up.

    Returns:
        The program's exit status, negative for a signal; None when it still runs.
    """
    deadline = time.monotonic() + limit_s
    while True:
        left = max(0.0, deadline - time.monotonic())
        ready = pause([CONTROL, wake], wake, limit_s=left)
        status = reap(child).status
        if status is not None or CONTROL in ready or not ready:
            return status


def pause(watched: Sequence[int], wake: int, *, limit_s: float) -> list[int]:
    """Wait until one of the descriptors is readable. Returns those that are."""
    ready, _, _ = select.select(watched, [], [], limit_s)
    if wake in ready:
        os.read(wake, 4096)
    return ready


class Reaped(NamedTuple):
    """What `reap` found: the status of the child that was asked for, and whether others live."""

    status: int | None
    has_children: bool


def reap(child: int) -> Reaped:
    """Take the status of every child that ended, and remember that of `child`."""
    status = None
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                status = os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        return Reaped(status, has_children=False)
    return Reaped(status, has_children=True)


def linger(wake: int, *, limit_s: float) -> None:
    """Give what the program left behind a moment to end by itself.

    Some of it is just ending, as the resource tracker of multiprocessing, and writes its coverage
    data; killed in the middle of that it would leave a broken file.
    """
    deadline = time.monotonic() + limit_s
    ready: list[int] = []
    while reap(0).has_children and CONTROL not in ready and time.monotonic() < deadline:
        ready = pause([CONTROL, wake], wake, limit_s=0.05)


def end_group(child: int, wake: int, *, grace_s: float) -> None:
    """SIGTERM to the program's group, so that it can put away what lies elsewhere; then SIGKILL."""
    # The program is not reaped yet, so its number is still its own.
    with suppress(PermissionError):
        os.killpg(child, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while reap(child).status is None:
        if time.monotonic() >= deadline:
            with suppress(PermissionError):
                os.killpg(child, signal.SIGKILL)
            return
        pause([wake], wake, limit_s=0.05)


def kill_all(*, limit_s: float, kill: Callable[[int, int], None] = os.kill) -> bool:
    """SIGKILL children until none is left: orphans come up to be children in turn.

    Returns:
        Whether none is left; after `limit_s` seconds the rest stays.
    """
    deadline = time.monotonic() + limit_s
    while reap(0).has_children:
        if time.monotonic() >= deadline:
            return False
        for child in children_of(os.getpid()):
            # Not reaped yet, so the number cannot have become another process's. One that became
            # another user may not be killed by this one.
            with suppress(PermissionError):
                kill(child, signal.SIGKILL)
        time.sleep(0.002)
    return True


def children_of(parent: int, *, proc: str = "/proc") -> list[int]:
    """The numbers of a process's children, the dead ones that wait to be reaped included."""
    try:
        names = [name for name in os.listdir(proc) if name.isdecimal()]  # noqa: PTH208 - no pathlib: start-up
    except OSError:
        return []
    return [int(name) for name in names if _parent_of(f"{proc}/{name}/stat") == parent]


def _parent_of(stat: str) -> int:
    try:
        with open(stat, "rb") as file:  # noqa: PTH123 - no pathlib: start-up
            # The name in parentheses may itself hold spaces and parentheses.
            return int(file.read(4096).rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def supervise(argv: Sequence[str], *, adopt: Callable[[], bool] = adopt_orphans) -> int:
    """Run the program to its end. `argv` is as the module says.

    Returns:
        The program's exit status, negative for a signal; STOPPED when it did not end by itself,
        NOT_STARTED when it did not begin.
    """
    asked = asked_of(argv)
    for own in (asked.report, *asked.held):
        os.set_inheritable(own, False)  # noqa: FBT003 - it takes no keyword
    is_parent_of_all = adopt()
    limit_resources(asked.file_bytes)
    wake = wake_on_child()
    try:
        child, is_in = enter(asked.program) if asked.is_cage else (spawn(asked.program), True)
    except OSError as error:
        os.write(asked.report, str(error).encode(errors="replace"))
        return NOT_STARTED
    if not is_in:
        # What it printed says why.
        end_group(child, wake, grace_s=asked.grace_s)
        kill_all(limit_s=KILL_S)
        return NOT_STARTED
    os.write(asked.report, STARTED)
    status = finish(child, wake, asked)
    if kill_all(limit_s=KILL_S) and is_parent_of_all:
        os.write(asked.report, ALL_GONE)
    return STOPPED if status is None else status


def finish(child: int, wake: int, asked: Asked) -> int | None:
    """Let the program run to its end, and what it left behind too, for as long as they may.

    Returns:
        Its exit status, negative for a signal; None when it did not end by itself.
    """
    status = wait(child, wake, limit_s=asked.limit_s)
    if status is None:
        end_group(child, wake, grace_s=asked.grace_s)
    else:
        linger(wake, limit_s=asked.linger_s)
    return status


def guard(argv: Sequence[str], *, adopt: Callable[[], bool] = adopt_orphans) -> int:
    """Supervise in a child; where that is killed, end everything in its place. `argv` as above.

    Returns:
        As `supervise`; in the child always 0.
    """
    if not adopt():
        return supervise(argv, adopt=adopt)
    wake = wake_on_child()
    told, teller = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(teller, b"%d" % supervise(argv, adopt=adopt))
        return 0
    os.close(teller)
    asked = asked_of(argv)
    ended = wait(child, wake, limit_s=asked.limit_s + KILL_S)
    if ended is None:
        ended = hurry(child, wake, limit_s=asked.grace_s + KILL_S + _PATIENCE_S)
    said = os.read(told, 16)
    if said:
        return int(said)
    # The program, or whatever it started, killed the child: what is left is ours now.
    if kill_all(limit_s=KILL_S):
        os.write(asked.report, ALL_GONE)
    return ended


def hurry(child: int, wake: int, *, limit_s: float) -> int:
    """Wait for a child that was told to end, and may have been stopped; kill it when time is up."""
    os.kill(child, signal.SIGCONT)
    deadline = time.monotonic() + limit_s
    while (status := reap(child).status) is None:
        if time.monotonic() >= deadline:
            os.kill(child, signal.SIGKILL)
        pause([wake], wake, limit_s=0.05)
    return status


def end_like(status: int, *, kill: Callable[[int, int], None] = os.kill) -> int:
    """End as the program ended: by the same signal, or answer its exit status."""
    if status < 0:
        if -status not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-status, signal.SIG_DFL)
        kill(os.getpid(), -status)
        return 128 - status
    return status


if __name__ == "__main__":
    sys.exit(end_like(guard(sys.argv[1:])))
