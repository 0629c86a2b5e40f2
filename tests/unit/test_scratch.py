"""A private folder is gone afterwards, whatever was left in it."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coverage_gate.scratch import private_folder, remove

_NOBODY = 65534
_PR_SET_DUMPABLE = 4


def test_a_private_folder_is_there_and_then_gone(tmp_path: Path) -> None:
    with private_folder(within=tmp_path) as folder:
        assert folder.parent == tmp_path.resolve()
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "a").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_it_is_gone_after_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(KeyError), private_folder(within=tmp_path):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), private_folder(within=tmp_path / "missing"):
        raise AssertionError


def deep(folder: Path) -> None:
    """Deeper than a path may be long, and than Python recurses."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def broad(folder: Path) -> None:
    for number in range(30):
        for inner in (".0", ".1", "x"):
            (folder / f".{number}" / inner / ".0").mkdir(parents=True)


def odd(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder)
    (folder / "dangling").symlink_to("nowhere")
    (folder / "up").symlink_to("..")
    (folder / os.fsdecode(b"\xff\n")).mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))


@pytest.mark.parametrize("leave", [deep, broad, odd])
def test_whatever_is_left_is_removed(leave: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    with private_folder(within=tmp_path) as folder:
        leave(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_links_lead_to_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "inner").mkdir(parents=True)
    kept.chmod(0o750)
    with private_folder(within=tmp_path) as folder:
        (folder / "link").symlink_to(kept)
        (folder / "a").mkdir()
        (folder / "a" / "link").symlink_to(kept / "inner")
    assert (kept / "inner").is_dir()
    assert kept.stat().st_mode & 0o777 == 0o750


def test_a_folder_that_became_a_link_is_not_entered(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (tmp_path / "link").symlink_to(kept)
    assert remove(tmp_path / "link") is False
    assert (kept / "file").exists()


def test_a_passing_error_is_no_reason_to_leave_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = [MemoryError(), OSError(5, "Input/output error")]
    unlink = os.unlink

    def failing(name: str, *, dir_fd: int) -> None:
        if errors:
            raise errors.pop()
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", failing)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    assert remove(tmp_path / "folder") is True
    assert not (tmp_path / "folder").exists()


def test_what_withstands_is_told(tmp_path: Path) -> None:
    assert remove(tmp_path / "missing") is False


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user for whom permissions count, while the test runs as that user."""
    folder = Path(tempfile.mkdtemp())
    user = os.geteuid()
    if user == 0:
        os.chown(folder, _NOBODY, _NOBODY)
        os.seteuid(_NOBODY)
        # Who changes its user may not look into its own /proc, unlike who starts as that user.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
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
    assert remove(left)
    assert list(unprivileged.iterdir()) == []


def test_what_is_in_the_way_stays_and_raises_nothing(unprivileged: Path) -> None:
    left = unprivileged / "left"
    (left / "a").mkdir(parents=True)
    unprivileged.chmod(0o500)
    assert not remove(left)
    assert left.is_dir()
    unprivileged.chmod(0o700)
