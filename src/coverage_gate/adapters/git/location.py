"""Where a repository keeps its things, found without git: no configuration is read.

The layout is the one of gitrepository-layout(5): `.git` is a folder or a file that points to
one, and a linked worktree's git folder names the common one in its file `commondir`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.git.faults import shown
from coverage_gate.ports import RepositoryError

_POINTER_BYTES = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A repository on disk. All paths are absolute.

    Attributes:
        folder: The folder that was asked for.
        top: The top of the work tree; None where the git folder itself was named (bare).
        git_dir: The git folder of this work tree, with its own HEAD.
        common_dir: The git folder with objects, branches and configuration.
    """

    folder: Path
    top: Path | None
    git_dir: Path
    common_dir: Path


def locate(folder: Path) -> Location:
    """Find the repository that a folder is, or lies in.

    Raises:
        RepositoryError: With code "not-a-repository" if there is none, or a `.git` file leads
            nowhere.
    """
    start = _absolute(folder)
    for place in (start, *start.parents):
        git_dir = _git_dir_in(place)
        if git_dir is not None:
            return Location(
                folder=start,
                top=None if git_dir == place else place,
                git_dir=git_dir,
                common_dir=common_dir_of(git_dir),
            )
    raise _no_repository(folder, "is no git repository and lies in none")


def common_dir_of(git_dir: Path) -> Path:
    """The shared git folder of a linked worktree's git folder, else the folder itself."""
    named = _read_line(git_dir / "commondir")
    return _joined(git_dir, named) if named else git_dir


def _absolute(folder: Path) -> Path:
    try:
        start = Path(os.path.realpath(folder))
    except ValueError as error:
        raise _no_repository(folder, "is no path") from error
    if not os.path.isdir(start):  # noqa: PTH112 - Path.is_dir raises where it may not look
        raise _no_repository(folder, "is no folder")
    return start


def _git_dir_in(place: Path) -> Path | None:
    dot = place / ".git"
    if _is_git_dir(dot):
        return Path(os.path.realpath(dot))
    if os.path.isfile(dot):  # noqa: PTH113 - Path.is_file raises where it may not look
        return _followed(place, dot)
    return place if _is_git_dir(place) else None


def _followed(place: Path, dot: Path) -> Path:
    named = _read_line(dot).removeprefix("gitdir:").strip()
    target = _joined(place, named)
    if not named or not _is_git_dir(target):
        raise _no_repository(
            place, f"has a .git file that leads to {shown(named)!r}, where there is no repository"
        )
    return target


def _is_git_dir(place: Path) -> bool:
    if not os.path.lexists(place / "HEAD"):
        return False
    common = common_dir_of(place)
    parts = (common / "objects", common / "refs")
    return all(os.path.isdir(part) for part in parts)  # noqa: PTH112 - Path.is_dir may raise


def _joined(place: Path, named: str) -> Path:
    return Path(os.path.realpath(place / named))


def _read_line(file: Path) -> str:
    """The first line of a small regular file; empty where there is none."""
    try:
        if not file.is_file():
            return ""
        with file.open("rb") as stream:
            return os.fsdecode(stream.read(_POINTER_BYTES).split(b"\n")[0].split(b"\0")[0]).strip()
    except OSError:
        return ""


def _no_repository(folder: Path, why: str) -> RepositoryError:
    return RepositoryError(
        f"{shown(str(folder))} {why}. Name a folder of a git repository with --repo, or make one "
        f"with `git init`; a moved worktree is mended with `git worktree repair`.",
        code="not-a-repository",
    )
