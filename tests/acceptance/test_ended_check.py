"""A check that is told to end leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.shop import Shop


def has_begun(temporary: Path) -> bool:
    """Whether the test ran, told by a file of the export: it sees nothing else of the host."""
    return any("began" in files for _, _, files in os.walk(temporary))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_check_that_is_told_to_end_leaves_nothing(
    founded: Shop, tmp_path: Path, number: signal.Signals
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    tests = (
        "import pathlib, signal\n\n\ndef test_it():\n    pathlib.Path('began').touch()\n"
        "    signal.pause()\n"
    )
    founded.new_branch("endless", {"tests/test_endless.py": tests})
    command = [sys.executable, "-m", "coverage_gate", "check", "--branch", "endless"]
    with subprocess.Popen(
        [*command, "--repo", str(founded.path), "--base", "main"],
        env=founded.variables() | {"PATH": os.environ["PATH"], "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            while process.poll() is None and not has_begun(temporary):
                time.sleep(0.01)
            process.send_signal(number)
            ended = process.wait(30)
        finally:
            process.kill()
        assert ended == 128 + number
    assert list(temporary.iterdir()) == []
