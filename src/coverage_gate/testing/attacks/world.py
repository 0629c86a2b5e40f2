"""A host in small, for attacks to reach, and whether they did."""

from __future__ import annotations

import ctypes
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

from coverage_gate.adapters.sandbox.bounds import Bounds
from coverage_gate.adapters.sandbox.caged import own_places
from coverage_gate.ports import Launch, Premises, ProcessResult, RunLimits, Sandbox
from coverage_gate.scratch import private_folder
from coverage_gate.testing.attacks.host import THROUGH, HostAttack

_MB = 1024 * 1024
#: What a run may have, small enough that an attack on it is quick.
BOUNDS = Bounds(processes=64, memory_bytes=256 * _MB, disk_bytes=64 * _MB, linger_s=0.5)

_LIMITS = RunLimits(timeout_s=30.0)
_SLEEPER = ("/bin/sleep", "120")
_OWN = ("store.db", "packages/python", "home/.bashrc", "repository/.git/hooks/sample")
_FOLDERS = ("packages", "home", "repository/.git/hooks", "other", "tree", "work/home", "work/tmp")
_SHARED = Path("/dev/shm")  # noqa: S108 - that very folder
_REMOVE = 0
#: A run that ended cannot take longer: what is left behind has half a second.
_SOON_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attack and its twin ended.

    Attributes:
        attack: Which.
        is_held: Whether it reached nothing.
        twin_works: Whether its honest twin did.
        said: What the twin printed, where it did not work.
    """

    attack: HostAttack
    is_held: bool
    twin_works: bool
    said: str = ""


def attempt(attack: HostAttack, sandbox: Sandbox) -> Outcome:
    """Run an attack and its twin, each in a world of its own.

    Raises:
        SandboxError: If the cage cannot be built.
    """
    with _world() as world:
        result = world.run(sandbox, attack.program())
        is_held = not world.is_harmed(attack, result)
    with _world() as world:
        twin = world.run(sandbox, attack.twin_program())
    return Outcome(
        attack=attack,
        is_held=is_held,
        twin_works=twin.exit_status == 0,
        said=twin.output.decode(errors="replace")[-500:],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    top: Path
    facts: Mapping[str, object]
    datagrams: socket.socket
    victim: subprocess.Popen[bytes]
    secret: str

    def run(self, sandbox: Sandbox, code: str) -> ProcessResult:
        """Run a program where tests would run."""
        tree, work = self.top / "tree", self.top / "work"
        python = Path(sys.executable).resolve()
        launch = Launch(
            argv=[str(python), "-I", "-S", "-B", "-c", code, json.dumps(self.facts)],
            cwd=tree,
            env={
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "HOME": str(work / "home"),
                "TMPDIR": str(work / "tmp"),
            },
            premises=Premises(
                writable=(tree, work),
                readable=(*own_places(), self.top / "packages"),
                emptied=(work / "home", work / "tmp"),
            ),
            limits=_LIMITS,
        )
        return sandbox.run(launch)

    def is_harmed(self, attack: HostAttack, result: ProcessResult) -> bool:
        """Whether the attack says so, or the host sees it."""
        return (
            result.exit_status == THROUGH
            or result.seconds > _SOON_S
            or len(result.output) > _LIMITS.output_bytes + _MB
            or self._has_left()
            or (attack.seen is not None and attack.seen(self.top))
        )

    def _has_left(self) -> bool:
        return (
            (_SHARED / self.secret).exists()
            or _segment(self.facts) >= 0
            or self.victim.poll() is not None
            or _has_arrived(self.datagrams)
            or _is_held(self.top / "tree" / "lock")
        )


@contextmanager
def _world() -> Iterator[_World]:
    secret = secrets.token_hex(12)
    with (
        private_folder() as top,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        _victim(secret) as victim,
    ):
        try:
            _lay_out(top, secret)
            abstract.bind(f"\0{secret}")
            abstract.listen()
            named.bind(str(top / "home" / "s"))
            named.listen()
            datagrams.bind(("127.0.0.1", 0))
            datagrams.setblocking(False)  # noqa: FBT003 - it takes no keyword
            facts = {
                "secret": secret,
                "token": str(top / "token"),
                "victim": victim.pid,
                "pids": str(Path("/proc/self/ns/pid").readlink()),
                "tcp": server.getsockname()[1],
                "udp": datagrams.getsockname()[1],
                "socket": str(top / "home" / "s"),
                "database": str(top / "store.db"),
                "key": int(secret[:7], 16),
                **{name: str(top / name) for name in ("packages", "home", "repository", "other")},
            }
            yield _World(top=top, facts=facts, datagrams=datagrams, victim=victim, secret=secret)
            _remove_segment(facts)
        finally:
            victim.kill()
            (_SHARED / secret).unlink(missing_ok=True)


def _victim(secret: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_SLEEPER, env={"SECRET": secret}, stdin=subprocess.DEVNULL)  # noqa: S603 - our own words


def _lay_out(top: Path, secret: str) -> None:
    for name in _FOLDERS:
        (top / name).mkdir(parents=True)
    for name in _OWN:
        (top / name).write_text("own\n")
    (top / "token").write_text(secret)
    (top / "token").chmod(0o600)


def _segment(facts: Mapping[str, object]) -> int:
    return int(ctypes.CDLL(None).shmget(facts["key"], 0, 0))


def _remove_segment(facts: Mapping[str, object]) -> None:
    segment = _segment(facts)
    if segment >= 0:
        ctypes.CDLL(None).shmctl(segment, _REMOVE, None)


def _has_arrived(datagrams: socket.socket) -> bool:
    try:
        return datagrams.recv(16) != b""
    except BlockingIOError:
        return False


def _is_held(lock: Path) -> bool:
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
