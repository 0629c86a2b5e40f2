"""The first thing that runs in a cage: bounds and closes what is left, then starts the program.

A script of its own, standard library only, started by the gate's interpreter as `python -I -S
inside.py NAME=VALUE … -- PROGRAM [ARG …]`. Where it is the first process of its own namespace, it
stays as that: it reaps orphans, gives what is just ending a moment, and its end ends everything.
Elsewhere it becomes the program.

When the program runs, it says "+" through the descriptor ENTRY; until then an end is a failure of
the cage, and what was printed says why.

Names: `uid` the user to become; `processes`, `memory` limits;
`linger` seconds for what the program leaves; `closed` that the network is; `spaces` makes
namespaces, with new folders of `disk` bytes in memory in the places `fresh`; `reads`, `writes`
places that Landlock leaves open. `fresh`, `reads` and `writes` may come more than once.
"""

import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import NoReturn

ENTRY = 3
ENTERED = b"+"
_SIGNALLED = 128
_POLL_S = 0.02
_RESET = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)

Options = Mapping[str, Sequence[str]]


def read_options(argv: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The options, each with all its values, and the program."""
    end = list(argv).index("--")
    options: dict[str, list[str]] = {}
    for option in argv[:end]:
        name, _, value = option.partition("=")
        options.setdefault(name, []).append(value)
    return options, list(argv[end + 1 :])


def limit(options: Options) -> None:
    """Bound the number of processes, and the memory of each."""
    for name, kind in (("processes", resource.RLIMIT_NPROC), ("memory", resource.RLIMIT_DATA)):
        for value in options.get(name, ()):
            _, hard = resource.getrlimit(kind)
            top = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
            resource.setrlimit(kind, (top, top))


def become(options: Options) -> None:
    """Be that user and nothing else."""
    for uid in map(int, options.get("uid", ())):
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def beside(name: str) -> ModuleType:
    """A module beside this script: isolated, Python does not look for it there."""
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - no pathlib: start-up
    return importlib.import_module(name)


def close(options: Options) -> None:
    """What bubblewrap does elsewhere: namespaces, Landlock, no way to more rights."""
    if "spaces" in options:
        beside("kernel").enter(
            closed="closed" in options,
            fresh=options.get("fresh", ()),
            room=int(options["disk"][0]),
            handed=ENTRY,
        )
    limit(options)
    if "reads" in options:
        # Without a network of its own, Landlock keeps it from connecting anywhere.
        beside("kernel").restrict(
            reads=options["reads"],
            writes=options.get("writes", ()),
            closed="closed" in options and "spaces" not in options,
        )
    elif "spaces" in options:
        beside("kernel").give_up_rights()
    become(options)


def start(program: Sequence[str]) -> int:
    """Start the program in a session of its own; a signal to its group does not come here."""
    return os.posix_spawnp(
        program[0],
        list(program),
        os.environ,  # noqa: TID251 - the gate made this environment for the program
        file_actions=[(os.POSIX_SPAWN_CLOSE, ENTRY)],
        setsid=True,
        setsigmask=[],
        setsigdef=_RESET,
    )


def stay(program: Sequence[str], *, linger_s: float) -> int:
    """Be the first process until the program ended. Returns its status, as a shell tells it."""
    child = start(program)
    os.write(ENTRY, ENTERED)
    os.close(ENTRY)
    status = None
    while status is None:
        ended, how = os.waitpid(-1, 0)
        status = os.waitstatus_to_exitcode(how) if ended == child else None
    linger(time.monotonic() + linger_s)
    return status if status >= 0 else _SIGNALLED - status


def linger(deadline: float) -> None:
    """Give what is left a moment: it may be just ending, and writing its coverage data."""
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(_POLL_S)
        except ChildProcessError:
            return


def replace_by(program: Sequence[str]) -> NoReturn:
    """Become the program."""
    os.write(ENTRY, ENTERED)
    os.close(ENTRY)
    os.execvp(program[0], list(program))  # noqa: S606 - that is its purpose


def main(argv: Sequence[str], *, leave: Callable[[int], None] = sys.exit) -> None:
    """Close, bound, start."""
    options, program = read_options(argv)
    close(options)
    if os.getpid() == 1:
        leave(stay(program, linger_s=float(options["linger"][0])))
    replace_by(program)


if __name__ == "__main__":
    main(sys.argv[1:])
