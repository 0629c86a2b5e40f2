"""Finding processes by what is in their environment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coverage_gate.adapters.sandbox.sweep import VARIABLE, kill_marked

SLEEP = [sys.executable, "-S", "-c", "print(flush=True); import time; time.sleep(60)"]


@contextmanager
def sleeping(marker: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that carries the marker, once it runs."""
    with subprocess.Popen(
        SLEEP, env={VARIABLE: marker}, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def test_a_marked_process_is_killed() -> None:
    with sleeping("abc1") as process:
        assert kill_marked("abc1")
        assert process.wait(5) == -9


def test_a_process_with_another_marker_lives_on() -> None:
    with sleeping("abc22") as process:
        assert kill_marked("abc2")
        assert process.poll() is None


def test_what_cannot_be_killed_is_told(tmp_path: Path) -> None:
    # A process table in which a marked process never goes away: this one's entry is a plain file.
    with sleeping("abc3") as process:
        table = tmp_path / str(process.pid)
        table.mkdir()
        (table / "environ").write_bytes(f"A=1\0{VARIABLE}=abc3\0".encode())
        assert not kill_marked("abc3", proc=tmp_path)


def test_without_a_process_table_nothing_is_found(tmp_path: Path) -> None:
    assert kill_marked("abc4", proc=tmp_path / "none")


def test_a_process_that_is_gone_meanwhile_is_nothing_to_kill(tmp_path: Path) -> None:
    (tmp_path / str(os.getpid())).mkdir()
    assert kill_marked("abc5", proc=tmp_path)
