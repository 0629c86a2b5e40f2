"""What an attack on the host is: a program that runs where tests would.

It gets the facts of a world that stands for the host, see `world`, and ends with THROUGH where it
reached what it tried; what only the host can see is looked for there. Beside each stands its honest
twin: what suites do that looks like it, which must work in every cage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: The exit status of an attack that got through.
THROUGH = 42

_START = """\
import contextlib, ctypes, json, mmap, os, resource, signal, socket, subprocess, sys, time
host = json.loads(sys.argv[1])
mega = bytes(1024 * 1024)
libc = ctypes.CDLL(None, use_errno=True)


def through(is_through):
    sys.stdout.flush()
    os._exit(42 if is_through else 0)


def written(path):
    try:
        with open(path, "a") as file:
            file.write("x")
    except OSError:
        return False
    return True


def read(path, size=1 << 20):
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        return b""


def reached(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as client:
        client.settimeout(2)
        try:
            client.connect(address)
        except OSError:
            return False
    return True


"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAttack:
    """One attack on the host.

    Attributes:
        name: Of it.
        tries: For people: what it would reach.
        code: The program, after a few functions that all share.
        twin_is: For people: the honest thing that looks like it.
        twin: The honest program; it ends with 0 where it works.
        seen: What the host sees afterwards, given the folder of the world: whether it was harmed.
    """

    name: str
    tries: str
    code: str
    twin_is: str
    twin: str
    seen: Callable[[Path], bool] | None = None

    def program(self) -> str:
        """The attack, to be run by Python with the world as JSON."""
        return _START + self.code

    def twin_program(self) -> str:
        """Its twin, in the same way."""
        return _START + self.twin
