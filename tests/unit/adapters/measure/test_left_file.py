"""Whatever lies in the place of a result file."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.measure.left_file import NoPlainFileError, bytes_of, copied


def test_the_bytes_of_a_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert bytes_of(tmp_path / "f", 5) == b"12345"


@pytest.mark.parametrize("content", [b"", b"12345", bytes(300_000), bytes(2**19)])
def test_a_file_is_copied_whole(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(content)
    assert copied(tmp_path / "f", len(content), tmp_path / "copy") == len(content)
    assert (tmp_path / "copy").read_bytes() == content


def test_what_shrinks_while_it_is_copied_is_copied_as_far_as_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(b"123")
    status_of = os.fstat

    def shrinking(descriptor: int) -> os.stat_result:
        status = status_of(descriptor)
        os.truncate(tmp_path / "f", 1)
        return status

    monkeypatch.setattr(os, "fstat", shrinking)
    assert copied(tmp_path / "f", 3, tmp_path / "copy") == 1


def test_nothing_is_copied_over_another_file(tmp_path: Path) -> None:
    for name in ("f", "copy"):
        (tmp_path / name).write_text(name)
    with pytest.raises(FileExistsError):
        copied(tmp_path / "f", 5, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "copy"


def test_a_sparse_file_is_as_large_as_it_says(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(NoPlainFileError, match="larger than 1000000 bytes"):
        bytes_of(tmp_path / "f", 10**6)


def test_what_a_file_gains_while_it_is_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(b"123")
    status_of = os.fstat

    def growing(descriptor: int) -> os.stat_result:
        status = status_of(descriptor)
        with (tmp_path / "f").open("ab") as file:
            file.write(b"x" * 1000)
        return status

    monkeypatch.setattr(os, "fstat", growing)
    assert bytes_of(tmp_path / "f", 100) == b"123"


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def make_link(path: Path) -> None:
    target = path.with_name("target")
    target.write_bytes(b"secret")
    path.symlink_to(target)


@pytest.mark.parametrize(
    "make",
    [make_link, make_socket, os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")],
    ids=["link", "socket", "FIFO", "folder", "link to a device"],
)
def test_nothing_else_is_read_or_waited_for(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "f")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises((NoPlainFileError, OSError)):
        bytes_of(tmp_path / "f", 100)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
