"""A git repository, and the trees that it holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from coverage_gate.core.changes import Changes, Commit, Landing
from coverage_gate.core.linemap import FileDiff

#: The code of a repository whose configuration git cannot read: who works in it can do that, so
#: it is no error of the tool that would open.
BAD_GIT_CONFIG = "bad-git-config"


class RepositoryError(Exception):
    """Git could not answer. The message says what to do next.

    Attributes:
        code: Stable, with a heading in docs/errors.md.
        branch_fault: Whether the branch's own content caused it.
    """

    def __init__(
        self, message: str, *, code: str = "git-failed", branch_fault: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.branch_fault = branch_fault


class Repository(Protocol):
    """A git repository, read by plumbing only."""

    def resolve(self, ref: str) -> Commit:
        """Pin a branch, tag or sha; RepositoryError for a name that is unknown or no commit."""

    def landing(self, base: Commit, head: Commit) -> Landing:
        """Head's tree, or the merge of both; RepositoryError without a common history."""

    def changes(self, base_tree: str, tree: str) -> Changes:
        """What differs from one tree to the other, renames found."""

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        """What differs line by line in the Python source files, renamed ones with each other."""

    def read_file(self, tree: str, path: str) -> bytes | None:
        """One blob of a tree; None where the tree has no such regular file."""

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        """Those regular files of a tree that fit into so many bytes together, in this order."""


class TreeReader(Protocol):
    """The files of git trees, for what is told beside a verdict."""

    def paths(self, tree: str) -> tuple[str, ...]:
        """The regular files of a tree."""

    def read_small(self, tree: str, paths: Iterable[str], *, max_total: int) -> dict[str, bytes]:
        """Those regular files of a tree that fit into so many bytes together, in this order."""


class ChangeReader(TreeReader, Protocol):
    """The files of git trees, and what differs between two."""

    def resolve(self, ref: str) -> Commit:
        """As `Repository.resolve`."""

    def diff(self, base_tree: str, tree: str) -> tuple[FileDiff, ...]:
        """As `Repository.diff`."""
