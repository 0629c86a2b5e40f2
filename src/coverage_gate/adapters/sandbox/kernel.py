"""What the kernel isolates with, by its system calls: Landlock, and namespaces of one's own.

Imported by `inside`, which is isolated: standard library only. A kernel knows a version of
Landlock's interface ("ABI"); what it does not know is left open, and the probe tells so. In
namespaces the file system stays as it is, but for /proc, shared memory and what is to be fresh.
"""

import ctypes
import fcntl
import os
import signal
import socket
import stat
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_BENEATH = 1
_NO_NEW_PRIVS = 38
_CAPABILITIES = 0x20080522

_READ_FILE = 1 << 0 | 1 << 2
_READ = _READ_FILE | 1 << 3
#: What a rule for something that is no folder may allow.
_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
#: Number of rights that files have, by version.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_MOST_RIGHTS = 16
_TCP_SINCE, _SCOPES_SINCE = 4, 6
_TCP = 3
_SCOPES = 3


_USER, _PIDS, _IPC, _MOUNTS, _NAMES, _NETWORK = (
    0x10000000,
    0x20000000,
    0x08000000,
    0x00020000,
    0x04000000,
    0x40000000,
)
_ALL_PRIVATE = 0x4000 | 0x40000
_NO_SETUID_NO_DEVICES = 0x2 | 0x4
_PARENT_DEATH = 1
_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914
_UP = 1


def _system() -> Any:  # noqa: ANN401 - the C library
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any, system: Any = None) -> int:  # noqa: ANN401 - as C takes them
    """Call the C library. Raises OSError."""
    answer = int(getattr(system or _system(), name)(*arguments))
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return answer


def version(*, system: Any = None) -> int:  # noqa: ANN401 - see `call`
    """What the kernel knows of Landlock. Raises OSError where it knows nothing."""
    return call("syscall", _CREATE, None, ctypes.c_size_t(0), _VERSION, system=system)


def attributes(abi: int, *, closed: bool) -> bytes:
    """What is forbidden unless a rule allows it: three numbers, of which a kernel knows some."""
    files = (1 << _RIGHTS.get(abi, _MOST_RIGHTS)) - 1
    numbers = [files]
    if abi >= _TCP_SINCE:
        numbers.append(_TCP if closed else 0)
    if abi >= _SCOPES_SINCE:
        numbers.append(_SCOPES)
    return b"".join(number.to_bytes(8, "little") for number in numbers)


def allowed(mode: int, *, files: int, writes: bool) -> int:
    """The rights that a rule for a place of this kind may give."""
    rights = files if writes else _READ
    return rights if stat.S_ISDIR(mode) else rights & _OF_FILES


def restrict(*, reads: Iterable[str], writes: Iterable[str], closed: bool) -> None:
    """Leave these places open and nothing else. Raises OSError."""
    abi = version()
    attribute = attributes(abi, closed=closed)
    files = int.from_bytes(attribute[:8], "little")
    size = ctypes.c_size_t(len(attribute))
    rules = call("syscall", _CREATE, ctypes.c_char_p(attribute), size, 0)
    try:
        for places, is_writable in ((reads, False), (writes, True)):
            for place in places:
                _allow(rules, place, files=files, writes=is_writable)
        give_up_rights()
        call("syscall", _RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, place: str, *, files: int, writes: bool) -> None:
    """What is missing needs no rule."""
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = allowed(os.fstat(handle).st_mode, files=files, writes=writes) & files
        rule = rights.to_bytes(8, "little") + handle.to_bytes(4, "little")
        call("syscall", _ADD, rules, _BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(handle)


def give_up_rights() -> None:
    """No capability any more, and no way to one. Raises OSError."""
    call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    header = _CAPABILITIES.to_bytes(4, "little") + bytes(4)
    call("capset", ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))


def enter(*, closed: bool, fresh: Iterable[str], room: int, handed: int) -> None:
    """Go on as the first process of new namespaces; who called waits for its end and ends alike.

    Args:
        closed: Whether the network is a new one, with nothing but its loopback.
        fresh: Folders that become new ones in memory.
        room: How many bytes each of them may hold.
        handed: A descriptor that only the new process keeps.
    """
    uid, gid = os.getuid(), os.getgid()
    kinds = _PIDS | _IPC | _MOUNTS | _NAMES | (_NETWORK if closed else 0)
    call("unshare", kinds if uid == 0 else kinds | _USER)
    if uid != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    child = os.fork()
    if child:
        os.close(handed)
        os._exit(_status_of(child))
    # Were our parent killed, nobody would end us.
    call("prctl", _PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    call("mount", b"none", b"/", None, _ALL_PRIVATE, None)
    call("mount", b"proc", b"/proc", b"proc", _NO_SETUID_NO_DEVICES, None)
    for folder in ("/dev/shm", *fresh):  # noqa: S108 - that very folder
        options = f"size={room},mode=1777".encode()
        call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", _NO_SETUID_NO_DEVICES, options)
    if closed:
        raise_loopback()


def _status_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF


def raise_loopback() -> None:
    """Let servers and clients inside reach each other. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        name, flags, rest = struct.unpack("16sH14s", fcntl.ioctl(any_socket, _GET_FLAGS, request))
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14s", name, flags | _UP, rest))
