"""What a run did to the files that it was given."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from pathlib import Path

#: Digest of a file's content with as many digits as a known one.
Digest = Callable[[bytes, int], str]

#: No source file that a run only wrote again is larger.
_LARGEST = 64 * 1024 * 1024


def rewritten_files(
    root: Path, files: Mapping[str, str], *, written_ns: int, digest: Digest
) -> tuple[str, ...]:
    """Those files that are there no more as they were written.

    Args:
        root: Their folder.
        files: Path → digest of the content that was written.
        written_ns: Time of a change of status that came after all of them. It cannot be set by
            whoever changes a file, unlike the time of modification.
        digest: Of a content.

    Returns:
        Sorted paths.
    """
    return tuple(
        sorted(
            path
            for path, known in files.items()
            if _is_changed(root / path, known, written_ns=written_ns, digest=digest)
        )
    )


def _is_changed(file: Path, known: str, *, written_ns: int, digest: Digest) -> bool:
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            return True
        if found.st_ctime_ns <= written_ns:
            return False
        if found.st_size > _LARGEST:
            return True
        return digest(file.read_bytes(), len(known)) != known
    except OSError:
        return True
