"""The authoritative repository: what the engine asks of it, and the few things that it writes.

Everything is plumbing on objects and refs. A ref moves by compare-and-set alone, so that a repeated
or late step can never undo another one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from coverage_gate.adapters.git import refs
from coverage_gate.adapters.git.faults import shown
from coverage_gate.adapters.git.location import Location, locate
from coverage_gate.adapters.git.process import GitAnswer, GitCall, git
from coverage_gate.ports import RepositoryError
from coverage_gate.settings import Settings
from coverage_gate.wiring import repository_folder

_ROOT = Path("/")
_IDENTITY = {"user.name": "stage-engine", "user.email": "stage-engine@localhost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What merging two commits gives.

    Attributes:
        tree: The merged tree; None where they conflict.
        conflicts: The paths that conflict, sorted.
    """

    tree: str | None
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A repository in ORCH_REPOS_DIR, bare or not.

    Attributes:
        name: Its name.
        location: Where it is.
        main: The branch that everything lands in.
    """

    name: str
    location: Location
    main: str

    def head_of(self, branch: str) -> str | None:
        """The commit of a local branch; None where there is no such branch."""
        return refs.find_branch(self.location, branch)

    def main_head(self) -> str:
        """The commit of main. Raises RepositoryError where there is no such branch."""
        head = self.head_of(self.main)
        if head is None:
            raise RepositoryError(
                f"{shown(self.name)!r} has no branch {shown(self.main)!r}. Make its first commit "
                "there, or name another branch in ORCH_COVERAGE_BASE.",
                code="unknown-ref",
            )
        return head

    def heads(self) -> dict[str, str]:
        """Every local branch and its commit."""
        format_of = "--format=%(refname:lstrip=2)%00%(objectname)"
        lines = self._text("for-each-ref", format_of, refs.HEADS).splitlines()
        return {name: sha for name, _, sha in (line.partition("\0") for line in lines)}

    def contains(self, descendant: str, ancestor: str) -> bool:
        """Whether the history of one commit holds the other."""
        args = ("merge-base", "--is-ancestor", ancestor, descendant)
        return self._run(*args, ok=(0, 1)).status == 0

    def merged(self, ours: str, theirs: str) -> Merged:
        """The tree of a merge, or what conflicts; only objects are written."""
        args = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs)
        answer = self._run(*args, ok=(0, 1))
        tree, *paths = os.fsdecode(answer.output).split("\0")
        if answer.status == 0:
            return Merged(tree=tree)
        return Merged(tree=None, conflicts=tuple(sorted(set(paths) - {""})))

    def commit_merge(self, tree: str, parents: tuple[str, str], message: str) -> str:
        """A merge commit that no ref leads to yet."""
        named = [part for parent in parents for part in ("-p", parent)]
        args = ("commit-tree", tree, *named, "-m", message)
        return self._run(*args, settings=_IDENTITY).output.decode().strip()

    def move(self, branch: str, *, new: str, old: str) -> bool:
        """Move a branch by compare-and-set.

        Returns:
            Whether the branch is at `new` now; False: it was not at `old`, and was left alone.

        Raises:
            RepositoryError: If it could not be moved for another reason.
        """
        ref = refs.HEADS + branch
        try:
            self._run("update-ref", "-m", "stage-engine", "--no-deref", ref, new, old)
        except RepositoryError:
            now = self.head_of(branch)
            if now == old:
                raise
            return now == new
        return True

    def create(self, branch: str, at: str) -> None:
        """Make a branch; one that is there already stays as it is."""
        if self.head_of(branch) is None:
            # Somebody else may be faster: an empty old value demands that there is none.
            with suppress(RepositoryError):
                self._run("update-ref", "--no-deref", refs.HEADS + branch, at, "")

    def keep(self, ref: str, sha: str) -> None:
        """Have a ref outside of the branches lead to a commit, so that nothing is lost."""
        self._run("update-ref", "--no-deref", ref, sha)

    def shown_by(self, branch: str) -> list[Path]:
        """The work trees that have a branch checked out."""
        records = self._text("worktree", "list", "--porcelain", "-z").split("\0\0")
        found = (dict(part.partition(" ")[::2] for part in one.split("\0")) for one in records)
        wanted = refs.HEADS + branch
        return [Path(one["worktree"]) for one in found if one.get("branch") == wanted]

    def _text(self, *args: str) -> str:
        return os.fsdecode(self._run(*args).output)

    def _run(
        self, *args: str, ok: tuple[int, ...] = (0,), settings: Mapping[str, str] | None = None
    ) -> GitAnswer:
        where = self.location.common_dir
        return git(
            GitCall(args=args, git_dir=where, work_tree=_ROOT, ok=ok, settings=settings or {})
        )


def open_origin(settings: Settings, name: str) -> Origin:
    """The authoritative repository of this name.

    Raises:
        RepositoryError: If the name is no plain one, or there is no repository.
    """
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise RepositoryError(
            f"{shown(name)!r} is no name of a repository. Name a folder in ORCH_REPOS_DIR.",
            code="not-a-repository",
        )
    folder = repository_folder(settings, name)
    location = locate(folder)
    if location.folder not in (location.top, location.git_dir):
        raise RepositoryError(
            f"{shown(str(folder))} is no repository of its own. Put one there, bare or not.",
            code="not-a-repository",
        )
    return Origin(name=name, location=location, main=settings.base)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """A work tree of a repository, as git has to be told of it.

    Attributes:
        path: Its top.
        location: Its git folder.
    """

    path: Path
    location: Location = field(repr=False)

    def run(self, *args: str, ok: tuple[int, ...] = (0,)) -> GitAnswer:
        """Run git on the work tree and its own index. Raises RepositoryError."""
        return git(
            GitCall(
                args=args,
                git_dir=self.location.git_dir,
                work_tree=self.path,
                ok=ok,
                settings=_IDENTITY,
                timeout_s=600.0,
            )
        )


def open_work_tree(path: Path) -> WorkTree:
    """The work tree whose top is this path. Raises RepositoryError."""
    location = locate(path)
    if location.top != location.folder:
        raise RepositoryError(
            f"{shown(str(path))} is no work tree. Move it away; a new one is made.",
            code="not-a-repository",
        )
    return WorkTree(path=location.folder, location=location)
