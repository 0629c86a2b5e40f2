"""Disk that a run takes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox import room
from coverage_gate.adapters.sandbox.plain import PlainSandbox
from coverage_gate.adapters.sandbox.room import NoRoomError, Room
from coverage_gate.ports import Launch, Premises, RunLimits


def test_links_and_what_is_gone_take_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(10_000))
    (tmp_path / "link").symlink_to("a")
    assert 10_000 <= room.used(tmp_path) < 20_000


def test_a_file_that_goes_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "walk", lambda _: [(str(tmp_path), [], ["gone"])])
    assert room.used(tmp_path) == 0


def test_only_a_disk_that_fills_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([1000, 950, 800, 700])
    sizes = iter([20, 300])
    monkeypatch.setattr(room, "_free", lambda _: next(free))
    monkeypatch.setattr(room, "used", lambda _: next(sizes))
    monkeypatch.setattr(room, "_POLL_S", 0)
    bounded = Room(folders=[tmp_path], bytes=100)
    bounded.tick()
    bounded.tick()
    with pytest.raises(NoRoomError):
        bounded.tick()


def test_it_is_looked_at_now_and_then_and_not_without_folders(tmp_path: Path) -> None:
    bounded = Room(folders=[tmp_path], bytes=1)
    bounded.tick()
    before = bounded._next
    bounded.tick()
    assert bounded._next == before > time.monotonic()
    Room(folders=[], bytes=0).tick()


def test_a_run_that_fills_the_disk_is_ended_and_told_why(tmp_path: Path) -> None:
    code = "import time\nwith open('big', 'wb') as f: f.write(bytes(9000000))\ntime.sleep(60)"
    result = PlainSandbox(disk_bytes=4 * 1024 * 1024).run(
        Launch(
            argv=[sys.executable, "-S", "-c", code],
            cwd=tmp_path,
            env={},
            premises=Premises(writable=(tmp_path,)),
            limits=RunLimits(timeout_s=30),
        )
    )
    assert result.exit_status == -9
    assert b"more than 4 MB on disk. ORCH_SANDBOX_DISK_MB" in result.output
    assert result.seconds < 20
