"""Removes what nobody needs any more: worktrees of finished tasks, and scratch folders of the dead.

What somebody may still need is kept, with the reason: what is young, and what a task or a process
uses. What a worktree holds without a commit, or in a commit of no branch, is kept as a ref.
"""

from __future__ import annotations

import calendar
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.boundary import describe_error
from coverage_gate.core.names import SCRATCH
from coverage_gate.ports import RepositoryError
from stage_engine import tasks
from stage_engine.context import Engine
from stage_engine.in_use import UsedPaths, is_older, used_paths
from stage_engine.machine import PROC
from stage_engine.orphans import Orphan, orphan_at, rescue, retire
from stage_engine.values import Task

#: What `tempfile` makes of the prefixes of the gate and of the engine.
_SCRATCH = re.compile(rf"({SCRATCH}|stage-engine-)[a-z0-9_]{{8}}", re.ASCII)
#: A run that lives may leave its folder alone for a moment.
_SCRATCH_FLOOR_S = 600.0
_MANY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A folder that was looked at.

    Attributes:
        path: Where it is.
        kind: "worktree" or "scratch".
        is_removed: Whether it was removed; in a dry run: whether it would be.
        reason: Why, or why not.
    """

    path: Path
    kind: str
    is_removed: bool
    reason: str


def clean_up(
    engine: Engine,
    *,
    older_than_s: float,
    dry_run: bool = False,
    scratch: Path | None = None,
    proc: Path = PROC,
    user: int | None = None,
) -> tuple[Find, ...]:
    """Remove what is older than that and not in use.

    Args:
        engine: Whose worktrees.
        older_than_s: Seconds since anything in the folder was written.
        dry_run: Only look.
        scratch: Where scratch folders are; None: where this process makes its own.
        proc: The kernel's account of processes.
        user: Whose scratch folders; None: this process's user.

    Returns:
        Every folder that was looked at, sorted by path.

    Raises:
        StoreError: If the tasks cannot be read; nothing was removed then.
    """
    with engine.store.reading() as rows:
        known = tasks.listed(rows, limit=_MANY)
    broom = _Broom(
        tasks=known,
        before=calendar.timegm(time.strptime(engine.clock.now_iso(), "%Y-%m-%dT%H:%M:%SZ"))
        - older_than_s,
        floor=max(0.0, _SCRATCH_FLOOR_S - older_than_s),
        dry_run=dry_run,
        used=used_paths(proc=proc),
        user=os.getuid() if user is None else user,
    )
    worktrees = _folders(engine.settings.gate.worktrees_dir, depth=2)
    scratches = _folders(scratch or Path(tempfile.gettempdir()), depth=1)
    finds = [broom.worktree(path) for path, _ in worktrees]
    named = ((path, owner) for path, owner in scratches if _SCRATCH.fullmatch(path.name))
    finds += [broom.scratch(path, owner) for path, owner in named]
    return tuple(sorted(finds, key=lambda find: find.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Broom:
    """Removes what nothing needs, or says that it would."""

    tasks: tuple[Task, ...]
    before: float
    floor: float
    dry_run: bool
    used: UsedPaths
    user: int

    def worktree(self, path: Path) -> Find:
        """What becomes of a folder below that of the worktrees."""
        orphan = orphan_at(path, self.tasks)
        if isinstance(orphan, str):
            return self._kept(path, "worktree", orphan)
        return self._swept(path, "worktree", orphan.reason, lambda: self._retire(orphan))

    def scratch(self, path: Path, owner: int) -> Find:
        """What becomes of a scratch folder, which belongs to this user."""
        if owner != self.user:
            return self._kept(path, "scratch", "another user's")
        if not is_older(path, self.before - self.floor):
            return self._kept(path, "scratch", "young")
        return self._swept(path, "scratch", "left behind", lambda: shutil.rmtree(path))

    def _swept(self, path: Path, kind: str, reason: str, sweep: Callable[[], None]) -> Find:
        if not is_older(path, self.before):
            return self._kept(path, kind, f"{reason}, but young")
        if self.used.touch(path):
            return self._kept(path, kind, "a process uses it")
        try:
            if not self.dry_run:
                sweep()
        except (OSError, RepositoryError) as error:
            return self._kept(path, kind, f"could not be removed: {describe_error(error)}")
        return Find(path=path, kind=kind, is_removed=True, reason=reason)

    @staticmethod
    def _retire(orphan: Orphan) -> None:
        rescue(orphan)
        retire(orphan)

    @staticmethod
    def _kept(path: Path, kind: str, reason: str) -> Find:
        return Find(path=path, kind=kind, is_removed=False, reason=reason)


def _folders(top: Path, *, depth: int) -> Iterator[tuple[Path, int]]:
    """The real folders so deep below, and their owners; what cannot be looked at is left alone."""
    try:
        found = sorted(top.iterdir())
    except OSError:
        return
    for path in found:
        owner = _owner(path)
        if owner is not None and depth == 1:
            yield path, owner
        elif owner is not None:
            yield from _folders(path, depth=depth - 1)


def _owner(path: Path) -> int | None:
    """Whose folder it is; None where it is none, or gone by now."""
    with suppress(OSError):
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode):
            return found.st_uid
    return None
