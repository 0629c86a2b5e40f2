"""Private folders that are gone afterwards, whatever was left in them and whatever fails meanwhile.

`shutil.rmtree` gives up at a folder without permissions, at one that is nested a thousand deep,
and at the first error; what tests leave may be all of that.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from coverage_gate.boundary import never_raises
from coverage_gate.core.names import SCRATCH

_ATTEMPTS = 3
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def private_folder(*, within: Path | None = None) -> Iterator[Path]:
    """A new folder that nobody else can enter, by its real path; gone afterwards.

    Args:
        within: Where it is made; None: where temporary files belong.

    Raises:
        OSError: If it cannot be made.
    """
    # A short name within another one: tests make sockets below, whose paths have a limit.
    made = tempfile.mkdtemp(prefix=SCRATCH if within is None else "", dir=within)
    try:
        yield Path(made).resolve()
    finally:
        remove(Path(made))


def remove(folder: Path) -> bool:
    """Remove a folder with all that is in it. Raises nothing; what withstands stays.

    Returns:
        Whether it is gone.
    """
    attempt = never_raises(lambda _: False, last=False)(_removed)
    # An error may be a passing one.
    return any(attempt(folder) for _ in range(_ATTEMPTS))


def _removed(folder: Path) -> bool:
    """Remove level by level: what lies two deep is moved up, so nothing depends on the depth."""
    names = map(".{}".format, count())
    with _opened(str(folder)) as top:
        while inner := _without_files(top):
            for name in inner:
                _flatten(name, top, names)
    folder.rmdir()
    return True


def _flatten(name: str, top: int, names: Iterator[str]) -> None:
    """Remove a folder in the topmost one, whose own folders go up."""
    with _opened(name, top) as folder:
        for deeper in _without_files(folder):
            with _opened(deeper, folder):
                # Moved by a number that is free, whatever the tests called theirs.
                free = next(free for free in names if not _is_taken(free, top))
                os.rename(deeper, free, src_dir_fd=folder, dst_dir_fd=top)
    os.rmdir(name, dir_fd=top)


@contextmanager
def _opened(name: str, within: int | None = None) -> Iterator[int]:
    """A folder that can be read and changed; never a link, which somebody may put in its place."""
    try:
        handle = os.open(name, _FOLDER | os.O_RDONLY, dir_fd=within)
    except PermissionError:
        _unlock(name, within)
        handle = os.open(name, _FOLDER | os.O_RDONLY, dir_fd=within)
    try:
        # Also to be moved elsewhere it has to be writable.
        os.fchmod(handle, stat.S_IRWXU)
        yield handle
    finally:
        os.close(handle)


def _unlock(name: str, within: int | None) -> None:
    place = os.open(name, _FOLDER | os.O_PATH, dir_fd=within)
    try:
        Path(f"/proc/self/fd/{place}").chmod(stat.S_IRWXU)
    finally:
        os.close(place)


def _without_files(folder: int) -> list[str]:
    """Remove the files of a folder. Returns the names of its folders."""
    with os.scandir(folder) as items:
        found = [(item.name, item.is_dir(follow_symlinks=False)) for item in items]
    for name, is_folder in found:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in found if is_folder]


def _is_taken(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
