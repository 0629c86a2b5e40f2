"""Worktrees that nobody needs any more: told, rescued of what is in no branch, and taken away."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.git import refs
from coverage_gate.adapters.git.location import Location, locate
from coverage_gate.adapters.git.process import GitCall, git
from coverage_gate.adapters.git.worktrees import repository_name
from coverage_gate.core.names import safe_name
from coverage_gate.ports import RepositoryError
from stage_engine.checkout import LEFTOVERS
from stage_engine.repository import open_work_tree
from stage_engine.values import Task, TaskStatus

_DYING = re.compile(r".+\.removing-[0-9a-f]{8}", re.ASCII)
_FORGOTTEN = "git does not know it any more"
_ROOT = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A worktree that may go.

    Attributes:
        path: Where it is.
        reason: Why it may go.
        location: Its git folders; None where git does not know it any more.
        base: The commit that it was made for, where its own HEAD leads nowhere; None: not known.
    """

    path: Path
    reason: str
    location: Location | None = None
    base: str | None = None


def orphan_at(path: Path, tasks: Sequence[Task]) -> Orphan | str:
    """What a folder among the worktrees is: an orphan, or why it is none."""
    if _DYING.fullmatch(path.name):
        return Orphan(path=path, reason="its removal was interrupted")
    if not (path / ".git").is_file():
        return "no worktree"
    try:
        location = locate(path)
    except RepositoryError:
        return Orphan(path=path, reason=_FORGOTTEN)
    if location.git_dir == location.common_dir:
        return "a repository"
    if not _is_known(path, location):
        # Its git folder, if there is one, is another worktree's by now: nothing is asked there.
        return Orphan(path=path, reason=_FORGOTTEN)
    return _of_git(path, location, tasks)


def rescue(orphan: Orphan) -> str:
    """Keep what a worktree holds and no branch does. Returns the ref; empty for nothing.

    Raises:
        RepositoryError: If it cannot be kept.
    """
    if orphan.location is None:
        return ""
    tree = open_work_tree(orphan.path)
    head = refs.head_commit(orphan.location) or orphan.base
    tree.run("add", "-u")
    written = tree.run("write-tree").output.decode().strip()
    if head is None or tree.run("rev-parse", f"{head}^{{tree}}").output.decode().strip() != written:
        parents = () if head is None else ("-p", head)
        message = f"left in the worktree {orphan.path.name}"
        made = tree.run("commit-tree", written, *parents, "-m", message)
        head = made.output.decode().strip()
    if tree.run("for-each-ref", "--contains", head, refs.HEADS).output:
        return ""
    ref = f"{LEFTOVERS}{safe_name(orphan.path.name)}/{head[:12]}"
    tree.run("update-ref", "--no-deref", ref, head)
    return ref


def retire(orphan: Orphan) -> None:
    """Take a worktree away, and have git forget it.

    Raises:
        OSError, RepositoryError: If that cannot be.
    """
    dying = orphan.path
    if not _DYING.fullmatch(dying.name):
        # In one move: nobody ever finds half a worktree under its name.
        dying = orphan.path.with_name(f"{orphan.path.name}.removing-{secrets.token_hex(4)}")
        orphan.path.rename(dying)
    shutil.rmtree(dying)
    if orphan.location is not None:
        args = ("worktree", "remove", "--", str(orphan.path))
        git(GitCall(args=args, git_dir=orphan.location.common_dir, work_tree=_ROOT))


def _of_branch(tasks: Sequence[Task], path: Path) -> list[Task]:
    return [
        task
        for task in tasks
        if (safe_name(task.repo), safe_name(task.branch)) == (path.parent.name, path.name)
    ]


def _is_known(path: Path, location: Location) -> bool:
    try:
        named = (location.git_dir / "gitdir").read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return os.path.realpath(named.strip()) == os.path.realpath(path / ".git")


def _of_git(path: Path, location: Location, tasks: Sequence[Task]) -> Orphan | str:
    if path.parent.name != safe_name(repository_name(path)):
        return "not made for a task"
    if (location.git_dir / "locked").exists():
        return "locked"
    return _judged(path, location, _of_branch(tasks, path))


def _judged(path: Path, location: Location, tasks: Sequence[Task]) -> Orphan | str:
    for task in tasks:
        if task.status is not TaskStatus.DONE:
            return f"task {task.id} is {task.status}"
    if tasks:
        reason, base = f"task {tasks[0].id} is done", tasks[0].judged_head
        return Orphan(path=path, reason=reason, location=location, base=base)
    if path.name in map(safe_name, refs.branch_names(location)):
        return "its branch is there, and no task of it is done"
    return Orphan(path=path, reason="its branch is gone", location=location)
