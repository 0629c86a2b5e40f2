"""Takes the bytes of a file that lies where the tests' process could write.

They are copied out once: what is read afterwards cannot grow, shrink, or be replaced any more.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 18

# A link would lead elsewhere, and a FIFO or device would never end.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NoPlainFileError(Exception):
    """It is no regular file, or a larger one than is read."""


def bytes_of(path: Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

    Raises:
        NoPlainFileError: If it is something else, or larger, however empty.
        OSError: If it cannot be opened or read.
    """
    with _opened(path, most) as (file, size):
        return file.read(size)


def copied(path: Path, most: int, into: Path) -> int:
    """Copy a regular file of at most `most` bytes to a new one, a piece at a time.

    Returns:
        Its size.

    Raises:
        NoPlainFileError: If it is something else, or larger, however empty.
        OSError: If it cannot be opened, read or copied.
    """
    with _opened(path, most) as (file, size), into.open("xb") as copy:
        for place in range(0, size, _PIECE):
            copy.write(file.read(min(_PIECE, size - place)))
        return copy.tell()


@contextmanager
def _opened(path: Path, most: int) -> Iterator[tuple[BinaryIO, int]]:
    """The file, and how much of it is read: no more than it has now, for it may be growing."""
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NoPlainFileError("is no regular file")
        if status.st_size > most:
            raise NoPlainFileError(f"is larger than {most} bytes")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file, status.st_size
    finally:
        os.close(descriptor)
