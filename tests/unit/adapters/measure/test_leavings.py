"""What a run did to files, and an end of what it left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coverage_gate.adapters.git.blobs import blob_id
from coverage_gate.adapters.measure.leavings import rewritten_files

_NOBODY = 65534


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    for name in ("a.py", "b.py", "c.py"):
        (root / name).write_text(f"{name}\n")
    return root


def rewritten(tree: Path, *, after: bool = True) -> tuple[str, ...]:
    known = {name: blob_id(f"{name}\n".encode()) for name in ("a.py", "b.py", "c.py")}
    written = 0 if after else max(path.stat().st_ctime_ns for path in tree.iterdir())
    return rewritten_files(
        tree, known, written_ns=written, digest=lambda data, n: blob_id(data, digits=n)
    )


def test_files_that_nobody_touched_are_not_read(tree: Path) -> None:
    assert rewritten(tree, after=False) == ()


def test_the_same_content_once_more_is_no_change(tree: Path) -> None:
    (tree / "a.py").write_text("a.py\n")
    os.utime(tree / "b.py", (1, 1))
    (tree / "c.py").chmod(0o600)
    (tree / "new.py").write_text("a file that the tests made\n")
    assert rewritten(tree) == ()


def test_another_content_a_deletion_and_another_kind_are_changes(tree: Path) -> None:
    (tree / "a.py").write_text("b.py\n")
    os.utime(tree / "a.py", ns=(1, 1))
    (tree / "b.py").unlink()
    (tree / "c.py").rename(tree / "d.py")
    (tree / "c.py").symlink_to("d.py")
    assert rewritten(tree) == ("a.py", "b.py", "c.py")


def test_a_file_of_enormous_size_is_not_read(tree: Path) -> None:
    os.truncate(tree / "a.py", 1 << 40)
    assert rewritten(tree) == ("a.py",)
