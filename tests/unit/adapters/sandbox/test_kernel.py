"""Calls to the kernel, as they are made; `test_levels` makes them for real."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox import kernel

FOLDER, FILE = stat.S_IFDIR, stat.S_IFREG


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The calls that would have been made, as names and plain values."""
    made: list[tuple[object, ...]] = []

    def call(name: str, *arguments: object, **_: object) -> int:
        made.append((name, *(getattr(each, "value", each) for each in arguments)))
        return os.open("/dev/null", os.O_RDONLY) if arguments[:1] == (444,) else 7

    monkeypatch.setattr(kernel, "call", call)
    return made


def test_a_call_that_fails_is_an_error_with_its_number() -> None:
    with pytest.raises(OSError, match="prctl: Invalid argument") as caught:
        kernel.call("prctl", -1, 0, 0, 0, 0)
    assert caught.value.errno == 22


def test_this_kernel_knows_landlock() -> None:
    assert kernel.version() >= 1


@pytest.mark.parametrize(
    ("abi", "closed", "numbers"),
    [
        (1, True, [0x1FFF]),
        (3, True, [0x7FFF]),
        (4, True, [0x7FFF, 3]),
        (5, False, [0xFFFF, 0]),
        (6, True, [0xFFFF, 3, 3]),
    ],
)
def test_a_kernel_is_asked_for_what_it_knows(abi: int, *, closed: bool, numbers: list[int]) -> None:
    assert kernel.attributes(abi, closed=closed) == b"".join(
        number.to_bytes(8, "little") for number in numbers
    )


@pytest.mark.parametrize(
    ("mode", "writes", "rights"),
    [
        (FOLDER, False, 0b1101),
        (FILE, False, 0b101),
        (FOLDER, True, 0xFFFF),
        (FILE, True, 0b1100_0000_0000_0111),
    ],
)
def test_a_file_gets_what_files_can_have(mode: int, *, writes: bool, rights: int) -> None:
    assert kernel.allowed(mode, files=0xFFFF, writes=writes) == rights


def test_what_is_missing_gets_no_rule(tmp_path: Path, calls: list[tuple[object, ...]]) -> None:
    kernel.restrict(reads=["/nowhere", str(tmp_path)], writes=[], closed=True)
    assert [each[:2] for each in calls] == [
        ("syscall", 444),
        ("syscall", 444),
        ("syscall", 445),
        ("prctl", 38),
        ("capset", b'"\x05\x08 '),
        ("syscall", 446),
    ]


def entering(
    monkeypatch: pytest.MonkeyPatch, *, user: int, files: dict[str, str], child: int = 0
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: user)
    monkeypatch.setattr(os, "getgid", lambda: user)
    monkeypatch.setattr(os, "fork", lambda: child)
    monkeypatch.setattr(Path, "write_text", lambda path, text: files.update({str(path): text}))


@pytest.mark.parametrize(("user", "kinds"), [(0, 0x6C020000), (5, 0x7C020000)])
def test_a_user_needs_a_namespace_of_users_in_which_it_is_itself(
    monkeypatch: pytest.MonkeyPatch, calls: list[tuple[object, ...]], user: int, kinds: int
) -> None:
    files: dict[str, str] = {}
    entering(monkeypatch, user=user, files=files)
    monkeypatch.setattr(kernel, "raise_loopback", lambda: calls.append(("loopback",)))
    kernel.enter(closed=True, fresh=["/t"], room=9, handed=0)
    maps = {f"/proc/self/{kind}id_map": "5 5 1" for kind in "ug"}
    assert files == ({"/proc/self/setgroups": "deny", **maps} if user else {})
    assert calls[0] == ("unshare", kinds)
    assert [each[2] for each in calls if each[0] == "mount"] == [b"/", b"/proc", b"/dev/shm", b"/t"]
    assert calls[-1] == ("loopback",)


def test_an_open_network_stays_the_hosts(
    monkeypatch: pytest.MonkeyPatch, calls: list[tuple[object, ...]]
) -> None:
    entering(monkeypatch, user=0, files={})
    kernel.enter(closed=False, fresh=[], room=9, handed=0)
    assert calls[0] == ("unshare", 0x2C020000)
    assert calls[-1][0] == "mount"


def test_who_called_ends_as_the_first_process_did(
    monkeypatch: pytest.MonkeyPatch, calls: list[tuple[object, ...]]
) -> None:
    class LeftError(Exception):
        pass

    def leave(status: int) -> None:
        raise LeftError(status)

    entering(monkeypatch, user=0, files={}, child=8)
    closed: list[int] = []
    monkeypatch.setattr(os, "close", closed.append)
    monkeypatch.setattr(os, "waitpid", lambda *_: (8, 3 << 8))
    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(LeftError, match="3"):
        kernel.enter(closed=True, fresh=[], room=9, handed=77)
    assert closed == [77]
    assert len(calls) == 1


def test_the_loopback_is_raised_whatever_else_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def ioctl(_: socket.socket, request: int, argument: bytes) -> bytes:
        asked.append(argument)
        return b"lo".ljust(16, b"\0") + b"\x08\x00" + b"r" * 14 if request == 0x8913 else b""

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    kernel.raise_loopback()
    assert asked[1] == b"lo".ljust(16, b"\0") + b"\x09\x00" + b"r" * 14


def test_the_library_is_the_systems() -> None:
    getpid: Callable[[], int] = ctypes.CDLL(None).getpid
    assert kernel.call("getpid") == getpid()
