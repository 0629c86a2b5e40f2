"""The work trees of a repository: which is the main one, and the one of a branch.

Here alone the repository itself is written to: `git worktree` keeps its account there. Nothing
that somebody left in a folder is removed; what is in the way is moved aside.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.git import refs
from coverage_gate.adapters.git.blobs import check_sizes
from coverage_gate.adapters.git.faults import shown
from coverage_gate.adapters.git.location import Location, locate
from coverage_gate.adapters.git.process import GitCall, git
from coverage_gate.adapters.git.trees import SUBMODULE_MODE, check_paths
from coverage_gate.adapters.git.view import open_view
from coverage_gate.ports import RepositoryError
from coverage_gate.scratch import private_folder

_ROOT = Path("/")
_UNNAMED = "repository"
_UNKNOWN = frozenset({"not-a-repository", "unknown-ref", "no-commits"})


def main_worktree(repo: Path) -> Path | None:
    """The main work tree of a repository, also seen from a linked one or from a folder within.

    Returns:
        Its top folder; None for a bare repository.

    Raises:
        RepositoryError: With code "not-a-repository".
    """
    location = locate(repo)
    if _is_bare(location):
        return None
    if location.git_dir == location.common_dir and location.top is not None:
        return location.top
    return _beside(location.common_dir)


def repository_name(repo: Path) -> str:
    """The base name of the main work tree; of a bare repository without ".git".

    Raises:
        RepositoryError: With code "not-a-repository".
    """
    main = main_worktree(repo)
    if main is not None:
        return main.name or _UNNAMED
    common = locate(repo).common_dir
    stem = common.name.removesuffix(".git")
    # A bare repository that hides beside its worktrees, as ".git" or ".bare" in a project's folder.
    return (common.parent.name if stem[:1] in ("", ".") else stem) or _UNNAMED


def uncommitted(folder: Path) -> bool:
    """Whether a folder has no commit that could be judged.

    That is so without a repository, before the first commit, and in a folder of somebody else's
    repository whose HEAD does not know it.

    Raises:
        RepositoryError: If there is a repository that git cannot read.
    """
    try:
        location = locate(folder)
    except RepositoryError:
        return True
    if refs.head_commit(location) is None:
        return True
    if location.top in (None, location.folder):
        return False
    inside = location.folder.relative_to(location.top).as_posix()
    return refs.find_object(location, f"HEAD:{inside}") is None


def ensure_worktree(repo: Path, worktree: Path, branch: str) -> Path:
    """The worktree of a branch at a path: made, mended or kept.

    * Missing or broken: made with the branch checked out; detached at its commit where the branch
      has no local ref or is checked out elsewhere. A broken folder is moved aside, see below.
    * On the branch: kept as it stands, changed files and all.
    * Detached or on another branch: moved to the branch when nothing in it is changed, else kept.
    * A repository of its own at that path: kept; the caller reads the branch in `repo`.
    * A folder without a commit, where `repo` does not know the branch: kept ("uncommitted").

    No hook and no filter of the repository runs. A tree that cannot be written safely is not
    checked out: the worktree stays empty. What is moved aside is named `<worktree>.aside-N`.

    Args:
        repo: A folder of the repository, bare or not.
        worktree: Where the worktree is wanted.
        branch: Branch, tag or commit.

    Returns:
        `worktree`.

    Raises:
        RepositoryError: "not-a-repository", "unknown-ref", "no-commits", or git's own fault.
    """
    try:
        location = locate(repo)
        target = _target(location, branch)
    except RepositoryError as error:
        if error.code in _UNKNOWN and worktree.is_dir() and uncommitted(worktree):
            return worktree
        raise
    place = worktree.absolute()
    with _alone_in(place.parent):
        there = _healthy(place)
        if there is None:
            _add(location, place, target)
        elif _may_move(there, location):
            _follow(there, place, target)
    return worktree


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep others that ensure a worktree in this folder out; a half-made one looks broken."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _in_the_way(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What a worktree should show: a commit, and the local branch that it belongs to."""

    sha: str
    tree: str
    ref: str | None


def _target(location: Location, branch: str) -> _Target:
    own = refs.find_branch(location, branch)
    with private_folder() as scratch:
        view = open_view(location.git_dir, scratch=scratch)
        known = own if refs.means_branch(branch) else None
        commit = view.pin(known, branch) if known else view.resolve(branch)
    ref = refs.HEADS + branch
    is_branch = own == commit.sha
    return _Target(sha=commit.sha, tree=commit.tree, ref=ref if is_branch else None)


def _healthy(worktree: Path) -> Location | None:
    """The repository whose work tree's top is at this very path, if git can read its HEAD."""
    if worktree.is_symlink():
        return None
    try:
        there = locate(worktree)
        refs.head_commit(there)
    except RepositoryError:
        return None
    return there if there.top == there.folder else None


def _may_move(there: Location, location: Location) -> bool:
    # The main work tree belongs to a person, also when somebody names it as a branch's worktree.
    is_main = there.git_dir == there.common_dir
    return there.common_dir == location.common_dir and not is_main


def _add(location: Location, worktree: Path, target: _Target) -> None:
    _clear(location, worktree)
    flags = [] if _is_writable(location, target) else ["--no-checkout"]
    _run(location, "worktree", "add", *flags, "--detach", "--", str(worktree), target.sha)
    _attach(locate(worktree), target)


def _attach(there: Location, target: _Target) -> None:
    """Put HEAD on the branch, unless another worktree is on it; `add` refuses names like "-x"."""
    if target.ref is not None and target.ref not in _branches_in_use(there):
        _run(there, "symbolic-ref", "HEAD", target.ref)


def _clear(location: Location, worktree: Path) -> None:
    """Move away what is at the path, and have git forget a worktree that was there."""
    try:
        if worktree.is_symlink() or worktree.is_file() or any(worktree.iterdir()):
            worktree.rename(_aside(worktree))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _in_the_way(worktree, error) from error
    # Only this one: `git worktree prune` would forget those on a disk that is not mounted, too.
    if os.path.realpath(worktree) in {path for path, _ in _worktrees(location)}:
        _run(location, "worktree", "remove", "--", str(worktree))


def _in_the_way(path: Path, error: OSError) -> RepositoryError:
    return RepositoryError(
        f"no room for a worktree at {shown(str(path))}: {shown(str(error))}. Move away what "
        f"is there and try again.",
        code="worktree-in-the-way",
    )


def _aside(worktree: Path) -> Path:
    number = 1
    while os.path.lexists(name := worktree.with_name(f"{worktree.name}.aside-{number}")):
        number += 1
    return name


def _follow(there: Location, worktree: Path, target: _Target) -> None:
    """Move an unchanged worktree to the branch."""
    now = refs.checked_out(there)
    if target.ref is not None and now == target.ref:
        return
    head = refs.head_commit(there)
    if (now is None and head == target.sha) or not _is_writable(there, target):
        return
    if head is None or _is_changed(there, worktree):
        return
    _run(there, "read-tree", "-m", "-u", head, target.sha, work_tree=worktree)
    _run(there, "update-ref", "--no-deref", "HEAD", target.sha)
    _attach(there, target)


def _is_changed(there: Location, worktree: Path) -> bool:
    # Submodules are not asked: git would read their configuration, without ours above it.
    args = ("status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all")
    return bool(_run(there, *args, work_tree=worktree))


def _is_writable(location: Location, target: _Target) -> bool:
    with private_folder() as scratch:
        view = open_view(location.git_dir, scratch=scratch)
        try:
            entries = view.list_tree(target.tree)
            check_paths([entry.path for entry in entries])
            files = [entry.blob for entry in entries if entry.mode != SUBMODULE_MODE]
            check_sizes(view.objects, files)
        except RepositoryError:
            return False
    return True


def _branches_in_use(location: Location) -> set[str]:
    return {ref for _, ref in _worktrees(location) if ref}


def _worktrees(location: Location) -> Iterator[tuple[str, str | None]]:
    """Path and checked-out ref of each worktree that git knows."""
    listed = _run(location, "worktree", "list", "--porcelain", "-z")
    for record in listed.split(b"\0\0"):
        fields = dict(field.partition(b" ")[::2] for field in record.split(b"\0"))
        if b"worktree" in fields:
            ref = fields.get(b"branch")
            yield os.fsdecode(fields[b"worktree"]), None if ref is None else os.fsdecode(ref)


def _beside(common_dir: Path) -> Path | None:
    return common_dir.parent if common_dir.name == ".git" else None


def _is_bare(location: Location) -> bool:
    args = ("config", "--type=bool", "--default=false", "--get", "core.bare")
    answer = git(GitCall(args=args, git_dir=location.common_dir, work_tree=_ROOT))
    return answer.output.strip() == b"true"


def _run(location: Location, *args: str, work_tree: Path = _ROOT) -> bytes:
    call = GitCall(
        args=args,
        git_dir=location.git_dir,
        work_tree=work_tree,
        settings=_without_programs(location),
        timeout_s=600.0,
    )
    return git(call).output


def _without_programs(location: Location) -> Mapping[str, str]:
    """Settings that switch off every filter and hook that the repository's configuration names."""
    args = ("config", "--name-only", "-z", "--get-regexp", r"^(filter|hook)\.")
    answer = git(GitCall(args=args, git_dir=location.git_dir, work_tree=_ROOT, ok=(0, 1)))
    settings: dict[str, str] = {}
    for key in os.fsdecode(answer.output).split("\0"):
        section, _, _ = key.rpartition(".")
        if section.startswith("filter."):
            settings |= {f"{section}.{kind}": "" for kind in ("clean", "smudge", "process")}
            settings[f"{section}.required"] = "false"
        elif section:
            settings[f"{section}.enabled"] = "false"
    return settings
