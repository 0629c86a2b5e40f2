"""The worktree of a branch brought to one exact commit, with nothing lost that somebody left there.

Commands run in it: the re-test, and the developer. What is judged is the commit and never the
worktree, so a fault here can hold a task up, but cannot let anything pass.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from coverage_gate import procedure
from coverage_gate.adapters.git import refs
from coverage_gate.core.names import safe_name
from coverage_gate.ports import RepositoryError
from stage_engine.repository import Origin, WorkTree, open_work_tree
from stage_engine.settings import EngineSettings

#: Where changes go that were left in a worktree without a commit.
LEFTOVERS = "refs/leftovers/"

LOCK_WAIT_S = 5.0
_LOCK_LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A worktree at a commit.

    Attributes:
        path: Its top.
        saved: The ref that keeps what was changed there without a commit; empty for nothing.
    """

    path: Path
    saved: str = ""


def fresh_checkout(
    settings: EngineSettings, origin: Origin, branch: str, *, lock_wait_s: float = LOCK_WAIT_S
) -> Checkout:
    """Bring the branch's worktree to the head of the branch, made if it is missing.

    Tracked files are those of the commit afterwards; what git does not know stays, since it is
    what makes the tests run there (an environment, caches).

    Args:
        settings: Where worktrees are.
        origin: The repository.
        branch: Its branch.
        lock_wait_s: How long a git that still works there is waited for.

    Raises:
        RepositoryError: If there is no such branch, or the worktree cannot be made or mended.
    """
    path = procedure.make_worktree(settings.gate, origin.name, branch)
    tree = open_work_tree(path)
    if tree.location.common_dir != origin.location.common_dir:
        raise RepositoryError(
            f"{path} belongs to another repository than {origin.name}. Move it away and try again."
        )
    _await_locks(origin, tree, branch, lock_wait_s)
    saved = _save_leftovers(origin, tree, branch)
    _attach(origin, tree, branch)
    tree.run("reset", "-q", "--hard")
    return Checkout(path=path, saved=saved)


def leftovers_of(path: Path) -> tuple[str, ...]:
    """What is changed or new in a worktree and in no commit: git's short lines."""
    listed = open_work_tree(path).run("status", "--porcelain", "--ignore-submodules=all")
    return tuple(listed.output.decode("utf-8", "replace").splitlines())


def _await_locks(origin: Origin, tree: WorkTree, branch: str, seconds: float) -> None:
    """Wait for a git that still works there; a lock that stays is of one that was killed.

    A commit locks the index, then HEAD and the branch.
    """
    own, shared = tree.location.git_dir, origin.location.common_dir
    locks = (own / "index.lock", own / "HEAD.lock", shared / f"{refs.HEADS}{branch}.lock")
    deadline = time.monotonic() + seconds
    while left := [lock for lock in locks if lock.exists()]:
        if time.monotonic() > deadline:
            for lock in left:
                lock.unlink(missing_ok=True)
            return
        time.sleep(_LOCK_LOOK_S)


def _save_leftovers(origin: Origin, tree: WorkTree, branch: str) -> str:
    if _is_at(tree, "HEAD") or _is_at(tree, "HEAD^1"):
        # At the parent: the branch was caught up, and we were stopped before the worktree was.
        return ""
    # Not a stash: that refuses a merge which somebody left half done.
    tree.run("add", "-u")
    written = tree.run("write-tree").output.decode().strip()
    message = f"left in the worktree of {branch}"
    made = tree.run("commit-tree", written, "-p", "HEAD", "-m", message).output.decode().strip()
    ref = f"{LEFTOVERS}{safe_name(branch)}/{made[:12]}"
    origin.keep(ref, made)
    return ref


def _is_at(tree: WorkTree, commit: str) -> bool:
    """Whether the tracked files are those of a commit."""
    args = ("diff", "--quiet", "--no-ext-diff", "--ignore-submodules=all", commit, "--")
    # 128: there is no such commit.
    return tree.run(*args, ok=(0, 1, 128)).status == 0


def _attach(origin: Origin, tree: WorkTree, branch: str) -> None:
    """Have the worktree's HEAD stand for the branch, whatever somebody checked out there."""
    ref, head = refs.HEADS + branch, origin.head_of(branch)
    if head is None:
        raise RepositoryError(f"the branch {branch!r} is gone", code="unknown-ref")
    if refs.checked_out(tree.location) == ref:
        return
    if origin.shown_by(branch):
        tree.run("update-ref", "--no-deref", "HEAD", head)
    else:
        tree.run("symbolic-ref", "HEAD", ref)
