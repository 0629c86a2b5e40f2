"""What a run did to files, and an end of what it left."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverage_gate.adapters.git.blobs import blob_id
from coverage_gate.adapters.measure.leavings import remove_folder, rewritten_files

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


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user for whom permissions count, while the test runs as that user."""
    folder = Path(tempfile.mkdtemp())
    user = os.geteuid()
    if user == 0:
        os.chown(folder, _NOBODY, _NOBODY)
        os.seteuid(_NOBODY)
    yield folder
    os.seteuid(user)
    shutil.rmtree(folder, ignore_errors=True)


def test_folders_without_permissions_are_removed(unprivileged: Path) -> None:
    left = unprivileged / "left"
    locked = left / "a" / "b"
    locked.mkdir(parents=True)
    (locked / "file").write_text("x")
    (left / "a" / "link").symlink_to(unprivileged)
    for place in (locked, locked.parent, left):
        place.chmod(0)
    remove_folder(left)
    assert list(unprivileged.iterdir()) == []


def test_folders_deeper_than_any_path_are_removed(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    home = Path.cwd()
    try:
        os.chdir(left)
        for _ in range(2000):
            Path("deeper").mkdir()
            os.chdir("deeper")
    finally:
        os.chdir(home)
    remove_folder(left)
    assert not left.exists()


def test_a_folder_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    remove_folder(tmp_path / "gone")
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_the_way_stays_and_raises_nothing(unprivileged: Path) -> None:
    left = unprivileged / "left"
    (left / "a").mkdir(parents=True)
    unprivileged.chmod(0o500)
    remove_folder(left)
    assert left.is_dir()
    unprivileged.chmod(0o700)
