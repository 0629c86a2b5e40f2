"""The benchmarks time processes, and everything that those waited for."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from benchmarks.timing import Run, timed

_BUSY = "import time\nwhile time.process_time() < 0.2: pass\n"
_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_BUSY!r}], check=True)"


def _run(code: str, *, limit_s: float = 60) -> Run:
    command = [sys.executable, "-I", "-S", "-c", code]
    return timed(command, cwd=Path.cwd(), env={"PATH": os.defpath}, limit_s=limit_s)


def test_the_seconds_of_children_count() -> None:
    assert _run(_CHILD).cost.cpu_s >= 0.2


def test_memory_is_that_of_the_largest_process() -> None:
    assert _run("text = b'x' * 64 * 1024 * 1024").cost.rss_mib >= 64


def test_memory_of_whoever_starts_it_does_not_count() -> None:
    held = bytearray(96 * 1024 * 1024)
    held[::4096] = b"x" * len(held[::4096])  # each page is really there
    assert _run("pass").cost.rss_mib < 32


def test_a_command_gets_the_variables_that_were_given_and_no_other() -> None:
    words = ["/usr/bin/env"]
    assert timed(words, cwd=Path.cwd(), env={"ONLY": "this"}).out == "ONLY=this\n"


def test_a_command_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        timed([str(tmp_path / "none")], cwd=tmp_path, env={})


def test_status_and_what_was_printed_are_told() -> None:
    run = _run("import sys; print('out'); sys.exit('err')")
    assert (run.status, run.out, run.end) == (1, "out\n", "out\nerr\n")


def test_a_run_over_its_limit_is_killed() -> None:
    assert _run("import time; time.sleep(60)", limit_s=0.3).status == -signal.SIGKILL
