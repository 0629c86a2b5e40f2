"""What a probe tries, on a host where nothing is closed; `test_levels` runs it in cages."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox import tries


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[dict[str, object]]:
    hidden = tmp_path / "hidden"
    hidden.write_text("x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {
            "tcp": server.getsockname()[1],
            "udp": 9,
            "abstract": str(tmp_path),
            "pids": str(Path("/proc/self/ns/pid").readlink()),
            "process": os.getpid(),
            "secret": "PATH=",
            "file": str(hidden),
            "written": str(tmp_path / "written"),
            "shared": "/nowhere/shared",
            "lock": str(tmp_path / "lock"),
        }


def test_where_nothing_is_closed_all_comes_through(spec: dict[str, object], tmp_path: Path) -> None:
    """The daemon is ended by the lock's holder: it is ours to find."""
    printed = tmp_path / "printed"
    # Into a file: the daemon would keep a pipe open.
    with printed.open("w") as output:
        subprocess.run(
            [sys.executable, tries.__file__, json.dumps(spec)], check=True, stdout=output
        )
    said = json.loads(printed.read_text())
    is_root = os.getuid() == 0
    unlimited = resource.getrlimit(resource.RLIMIT_NPROC)[1] == resource.RLIM_INFINITY
    assert said == {**dict.fromkeys(tries.TRIES, True), "forks": is_root or unlimited}
    assert (tmp_path / "written").exists()
    with (tmp_path / "lock").open() as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.kill(int(_holder(tmp_path / "lock")), signal.SIGKILL)


def _holder(lock: Path) -> str:
    number = str(lock.stat().st_ino)
    lines = Path("/proc/locks").read_text().splitlines()
    return next(line.split()[4] for line in lines if line.split()[5].endswith(f":{number}"))


def test_nothing_that_is_not_there_is_reached(spec: dict[str, object]) -> None:
    gone = {**spec, "tcp": 9, "file": "/nowhere", "secret": "no such thing", "process": 2**22 - 1}
    names = ("network", "processes", "secrets", "files")
    assert [tries.TRIES[name](gone) for name in names] == [False] * 4
    assert tries.processes({**spec, "pids": "pid:[0]"}) is False


def test_a_limit_that_holds_ends_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError

    kept: list[object] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *facts: kept.append(facts))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (5, 9))
    monkeypatch.setattr(os, "fork", fork)
    assert tries.forks({}) is False
    assert kept == [(resource.RLIMIT_NPROC, (0, 9)), (resource.RLIMIT_NPROC, (5, 9))]
    monkeypatch.setattr(resource, "getrlimit", lambda _: (5, resource.RLIM_INFINITY))
    assert tries.forks({}) is True


def test_a_limit_that_does_not_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (5, 9))
    assert tries.forks({}) is True


def test_a_loopback_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(socket.socket, "listen", refuse)
    assert tries.loopback({}) is False


class EndedError(Exception):
    """Stands for the end of a process."""


def end(*_: object) -> None:
    raise EndedError


def test_a_child_of_a_trial_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (5, 9))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    monkeypatch.setattr(os, "fork", lambda: 0)
    monkeypatch.setattr(os, "_exit", end)
    with pytest.raises(EndedError):
        tries.forks({})


@pytest.mark.parametrize("forked", [(0, 0), (0, 7)], ids=["daemon", "between"])
def test_a_daemon_holds_its_lock_and_who_forked_it_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, forked: tuple[int, int]
) -> None:
    forks = iter(forked)
    monkeypatch.setattr(os, "fork", lambda: next(forks))
    monkeypatch.setattr(os, "setsid", lambda: None)
    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(signal, "pause", end)
    with pytest.raises(EndedError):
        tries.daemonise({"lock": str(tmp_path / "lock")})
    assert (tmp_path / "lock").exists() is (forked == (0, 0))
