"""Which folders are young, and which a living process works in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stage_engine.machine import PROC


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedPaths:
    """Where processes are and what they have open, as far as this user may know.

    Attributes:
        paths: As the kernel writes them, sorted.
    """

    paths: tuple[str, ...]

    def touch(self, folder: Path) -> bool:
        """Whether a process is in a folder or has something below it open."""
        top = os.path.realpath(folder)
        return any(path == top or path.startswith(top + os.sep) for path in self.paths)


def used_paths(*, proc: Path = PROC) -> UsedPaths:
    """Look at all processes once."""
    found = {path for process in _listed(proc) for path in _paths_of(process)}
    return UsedPaths(paths=tuple(sorted(found)))


def is_older(folder: Path, before: float) -> bool:
    """Whether nothing in a folder was written after that, in seconds of the wall clock.

    What cannot be looked at counts as young.
    """
    try:
        return all(os.lstat(path).st_mtime < before for path in _everything(folder))
    except OSError:
        return False


def _everything(folder: Path) -> Iterator[str]:
    yield str(folder)
    for place, folders, files in os.walk(folder, onerror=_refuse):
        for name in (*folders, *files):
            yield os.path.join(place, name)  # noqa: PTH118 - of many files


def _refuse(error: OSError) -> None:
    raise error


def _listed(proc: Path) -> list[Path]:
    with suppress(OSError):
        return [entry for entry in proc.iterdir() if entry.name.isdecimal()]
    return []


def _paths_of(process: Path) -> list[str]:
    links = [process / "cwd"]
    with suppress(OSError):  # another user's, or gone
        links += (process / "fd").iterdir()
    found = []
    for link in links:
        with suppress(OSError):
            found.append(os.readlink(link))  # noqa: PTH115 - a socket's is no path
    return found
