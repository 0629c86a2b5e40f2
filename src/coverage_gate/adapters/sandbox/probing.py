"""What a level closes on this host: it is tried from inside, and never taken from a manual."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.sandbox import tries
from coverage_gate.adapters.sandbox.caged import own_places
from coverage_gate.core.cage import Cage, Way
from coverage_gate.ports import (
    Launch,
    Premises,
    ProcessResult,
    RunLimits,
    Sandbox,
    SandboxError,
)
from coverage_gate.scratch import private_folder

_LIMITS = RunLimits(timeout_s=30.0)
_SLEEPER = ("/bin/sleep", "60")
_SHARED = Path("/dev/shm")  # noqa: S108 - that very folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a level is worth here.

    Attributes:
        cage: What it closes.
        is_usable: Whether programs run in it, and reach each other over the loopback.
        remark: Why it is not usable, or what does not work in it; empty for nothing.
    """

    cage: Cage
    is_usable: bool
    remark: str = ""


def probe(sandbox: Sandbox) -> Found:
    """Run a program in the cage that tries to get out. Never raises for what it meets."""
    try:
        with private_folder() as folder, _outside(folder) as world:
            result = _run(sandbox, folder, world.spec)
            return _judged(sandbox.name, result, world)
    except (SandboxError, OSError) as error:
        return Found(cage=Cage(level=sandbox.name), is_usable=False, remark=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """What lies outside of the cage, to be reached."""

    spec: Mapping[str, object]
    datagrams: socket.socket
    written: Path
    shared: Path
    lock: Path


@contextmanager
def _outside(folder: Path) -> Iterator[_World]:
    secret = secrets.token_hex(16)
    hidden, room, beyond = folder / "hidden", folder / "room", folder / "beyond"
    room.mkdir()
    beyond.mkdir()
    hidden.write_text(secret)
    written, shared, lock = beyond / "written", _SHARED / f"gate-{secret}", room / "lock"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        _sleeper(secret) as sleeper,
    ):
        try:
            abstract.bind(f"\0{secret}")
            abstract.listen()
            datagrams.bind(("127.0.0.1", 0))
            datagrams.setblocking(False)  # noqa: FBT003 - it takes no keyword
            spec = {
                "tcp": server.getsockname()[1],
                "udp": datagrams.getsockname()[1],
                "abstract": secret,
                "pids": str(Path("/proc/self/ns/pid").readlink()),
                "process": sleeper.pid,
                "secret": secret,
                "file": str(hidden),
                "written": str(written),
                "shared": str(shared),
                "lock": str(lock),
            }
            yield _World(spec=spec, datagrams=datagrams, written=written, shared=shared, lock=lock)
        finally:
            sleeper.kill()
            shared.unlink(missing_ok=True)


def _sleeper(secret: str) -> subprocess.Popen[bytes]:
    """A process outside, with something to be read in its environment."""
    return subprocess.Popen(_SLEEPER, env={"PROBED": secret}, stdin=subprocess.DEVNULL)  # noqa: S603 - our own words


def _run(sandbox: Sandbox, folder: Path, spec: Mapping[str, object]) -> ProcessResult:
    room = folder / "room"
    python = str(Path(sys.executable).resolve())
    launch = Launch(
        argv=[python, "-I", "-S", "-B", str(tries.__file__), json.dumps(spec)],
        cwd=room,
        env={"LANG": "C.UTF-8"},
        premises=Premises(writable=(room,), readable=own_places()),
        limits=_LIMITS,
    )
    return sandbox.run(launch)


def _judged(level: str, result: ProcessResult, world: _World) -> Found:
    try:
        said = json.loads(result.output.decode().strip().splitlines()[-1])
        came_through = {Way(name) for name, through in said.items() if through and name != _WORKS}
        is_usable = said[_WORKS] is True
    except (ValueError, LookupError, AttributeError):
        text = result.output.decode(errors="replace").strip() or "it says nothing"
        return Found(cage=Cage(level=level), is_usable=False, remark=text[-500:])
    came_through |= _seen_from_outside(world)
    closed = tuple(way for way in Way if way not in came_through)
    remark = "" if is_usable else "programs in it cannot reach each other over the loopback"
    return Found(cage=Cage(level=level, closed=closed), is_usable=True, remark=remark)


_WORKS = "loopback"


def _seen_from_outside(world: _World) -> set[Way]:
    seen = {
        Way.WRITES: world.written.exists(),
        Way.SHARED_MEMORY: world.shared.exists(),
        Way.NETWORK: _has_arrived(world.datagrams),
        Way.LEFTOVERS: _is_held(world.lock),
    }
    return {way for way, is_open in seen.items() if is_open}


def _has_arrived(datagrams: socket.socket) -> bool:
    try:
        return datagrams.recv(16) != b""
    except BlockingIOError:
        return False


def _is_held(lock: Path) -> bool:
    """Whether a process that should be gone still holds its lock; one never made is no news."""
    try:
        handle = os.open(lock, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
