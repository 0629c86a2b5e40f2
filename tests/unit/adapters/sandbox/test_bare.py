"""Real processes without any level."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox.bare import BareSandbox
from coverage_gate.ports import Launch, ProcessResult, RunLimits, SandboxError


def run(
    *argv: str, cwd: Path = Path("/"), timeout_s: float = 20.0, output_bytes: int = 64 * 1024
) -> ProcessResult:
    """Run a program with next to no environment."""
    limits = RunLimits(timeout_s=timeout_s, output_bytes=output_bytes)
    return BareSandbox().run(Launch(argv=argv, cwd=cwd, env={"ONLY": "this"}, limits=limits))


def python(code: str, *, timeout_s: float = 20.0, output_bytes: int = 64 * 1024) -> ProcessResult:
    """Run Python code."""
    words = (sys.executable, "-I", "-S", "-c", code)
    return run(*words, timeout_s=timeout_s, output_bytes=output_bytes)


def test_it_has_a_name() -> None:
    assert BareSandbox().name == "bare"


def test_status_and_both_outputs_are_told(tmp_path: Path) -> None:
    result = run("/bin/sh", "-c", "pwd; env | grep ONLY >&2; cat; exit 3", cwd=tmp_path)
    assert (result.exit_status, result.output) == (3, f"{tmp_path}\nONLY=this\n".encode())
    assert result.seconds > 0


def test_a_program_that_ends_by_a_signal_tells_so() -> None:
    assert python("import os; os.abort()").exit_status == -signal.SIGABRT


def test_output_has_a_limit() -> None:
    result = python("print('a' * 100_000 + 'z')", output_bytes=100)
    assert result.exit_status == 0
    assert result.output.startswith(b"a" * 50 + b"\n")
    assert result.output.endswith(b"z\n")


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import os, time; os.close(1); os.close(2); time.sleep(60)",
        "while True: print('x' * 4096)",
    ],
    ids=["silent", "with its output closed", "talking"],
)
def test_at_the_limit_it_is_killed(code: str) -> None:
    result = python(code, timeout_s=0.5)
    assert result.exit_status is None
    assert result.seconds < 10


def test_what_it_started_is_killed_with_it(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child; wait"
    assert run("/bin/sh", "-c", script, timeout_s=0.5).exit_status is None
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _lives(child):
        os.sched_yield()
    assert not _lives(child)


def _lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.parametrize(
    ("argv", "cwd", "told"),
    [
        (["/nowhere/python"], Path("/"), "cannot start /nowhere/python in /: .*No such file"),
        (["/bin/sh"], Path("/nowhere"), "in /nowhere: .*No such file"),
        (["/bin/sh", "\0"], Path("/"), "null byte"),
    ],
)
def test_what_cannot_be_started_is_told(argv: list[str], cwd: Path, told: str) -> None:
    with pytest.raises(SandboxError, match=told):
        run(*argv, cwd=cwd)
