"""A check that is told to end leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.shop import Shop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_check_that_is_told_to_end_leaves_nothing(
    founded: Shop, tmp_path: Path, number: signal.Signals
) -> None:
    began, temporary = tmp_path / "began", tmp_path / "tmp"
    os.mkfifo(began)
    temporary.mkdir()
    tests = (
        f"import signal\n\n\ndef test_it():\n    open({str(began)!r}, 'w').write('now')\n"
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
        assert began.read_text() == "now"
        process.send_signal(number)
        assert process.wait(30) == 128 + number
    assert list(temporary.iterdir()) == []
