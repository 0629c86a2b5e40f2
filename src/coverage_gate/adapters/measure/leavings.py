"""What a run did to the files that it was given, and an end of all that it left."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
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


def remove_folder(folder: Path) -> None:
    """Remove a folder, whatever foreign code left in it; what cannot be removed stays.

    Folders may lack permissions, or lie deeper than a path or a recursion can reach.
    """
    with suppress(OSError, RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if not folder.is_dir():
        return
    places = [folder]
    for place in places:
        places += _emptied(place, into=folder)
    for place in reversed(places):
        with suppress(OSError):
            place.rmdir()


def _emptied(place: Path, *, into: Path) -> list[Path]:
    """Remove the files of a folder and move its folders to where paths are short."""
    moved = []
    with suppress(OSError):
        place.chmod(stat.S_IRWXU)
        for item in list(os.scandir(place)):
            target = into / f"{secrets.token_hex(8)}.gone"
            with suppress(OSError):
                if not item.is_dir(follow_symlinks=False):
                    os.unlink(item.path)  # noqa: PTH108 - as scandir has it
                    continue
                # A folder that is moved gets another "..": that needs the right to write it.
                os.chmod(item.path, stat.S_IRWXU)  # noqa: PTH101
                moved.append(Path(item.path).rename(target))
    return moved
