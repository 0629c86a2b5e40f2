"""Tries to get out of a cage. A script of its own, run inside; it prints what it got through.

Started as `python -I -S tries.py SPEC`, where SPEC is JSON: what lies outside and would be reached.
What is seen better from outside, whoever started it looks for himself.
"""

import fcntl
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

Spec = Mapping[str, Any]


def network(spec: Spec) -> bool:
    """A server and a socket of the host, by three kinds of address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.sendto(b"out", ("127.0.0.1", spec["udp"]))
    for family, address in (
        (socket.AF_INET, ("127.0.0.1", spec["tcp"])),
        (socket.AF_UNIX, "\0" + spec["abstract"]),
    ):
        with socket.socket(family) as client, suppress(OSError):
            client.settimeout(1)
            client.connect(address)
            return True
    return False


def processes(spec: Spec) -> bool:
    """A signal to a process outside."""
    if os.readlink("/proc/self/ns/pid") != spec["pids"]:  # noqa: PTH115 - no pathlib: start-up
        return False
    try:
        os.kill(spec["process"], 0)
    except OSError:
        return False
    return True


def secrets(spec: Spec) -> bool:
    """The environment of any process that is seen."""
    names = [name for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - see above
    return any(spec["secret"].encode() in _read(f"/proc/{name}/environ") for name in names)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - see above
            return file.read(1_000_000)
    except OSError:
        return b""


def files(spec: Spec) -> bool:
    """A file that only the gate's user may read."""
    return _read(spec["file"]) != b""


def leave(path: str) -> None:
    """Leave a file; who started us sees whether it is there."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def forks(_: Spec) -> bool:
    """A process beyond the limit of processes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard == resource.RLIM_INFINITY:
        return True
    resource.setrlimit(resource.RLIMIT_NPROC, (0, hard))
    try:
        child = os.fork()
    except OSError:
        return False
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def loopback(_: Spec) -> bool:
    """A server and a client of one's own: this one has to work."""
    with socket.socket() as server, socket.socket() as client:
        try:
            server.bind(("127.0.0.1", 0))
            server.listen()
            client.settimeout(5)
            client.connect(server.getsockname())
        except OSError:
            return False
    return True


def daemonise(spec: Spec) -> None:
    """Leave a process that holds a lock, in a session of its own and with nothing of ours."""
    told, teller = os.pipe()
    if os.fork():
        os.read(told, 1)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    held = os.open(spec["lock"], os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    os.write(teller, b"+")
    signal.pause()


TRIES: Mapping[str, Callable[[Spec], bool]] = {
    "network": network,
    "processes": processes,
    "secrets": secrets,
    "files": files,
    "forks": forks,
    "loopback": loopback,
}


def main(text: str) -> None:
    """Try each and print what came through."""
    spec = json.loads(text)
    for path in (spec["written"], spec["shared"]):
        leave(path)
    found = {name: attempt(spec) for name, attempt in TRIES.items()}
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    daemonise(spec)


if __name__ == "__main__":
    main(sys.argv[1])
