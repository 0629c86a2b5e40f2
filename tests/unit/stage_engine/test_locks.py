"""The lock of a task."""

import subprocess
import sys
from pathlib import Path

from stage_engine.locks import exclusive, locks_folder

HOLD = """
import sys
from pathlib import Path
from stage_engine.locks import exclusive
with exclusive(Path(sys.argv[1]), 1) as is_ours:
    print(is_ours is not None, flush=True)
    sys.stdin.read()
"""


def test_a_second_one_does_not_get_the_lock_and_does_not_wait(tmp_path: Path) -> None:
    with exclusive(tmp_path / "locks", 1) as first, exclusive(tmp_path / "locks", 1) as second:
        assert first is not None
        assert second is None


def test_locks_of_two_tasks_are_independent(tmp_path: Path) -> None:
    with exclusive(tmp_path, 1) as first, exclusive(tmp_path, 2) as second:
        assert first
        assert second


def test_the_lock_is_free_after_the_block(tmp_path: Path) -> None:
    with exclusive(tmp_path, 1):
        pass
    with exclusive(tmp_path, 1) as is_ours:
        assert is_ours


def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with exclusive(tmp_path, 1) as meanwhile:
            other.kill()
            other.wait()
    with exclusive(tmp_path, 1) as afterwards:
        assert meanwhile is None
        assert afterwards is not None


def test_the_locks_are_beside_the_database(tmp_path: Path) -> None:
    assert locks_folder(str(tmp_path / "a.db")) == tmp_path / "a.db.locks"
