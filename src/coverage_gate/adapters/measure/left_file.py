"""Takes the bytes of a file that lies where the tests' process could write.

They are copied out once: what is read afterwards cannot grow, shrink, or be replaced any more.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

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
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NoPlainFileError("is no regular file")
        if status.st_size > most:
            raise NoPlainFileError(f"is larger than {most} bytes")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            # No more than it had: it may be growing.
            return file.read(status.st_size)
    finally:
        os.close(descriptor)
