"""What differs between two git trees, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """What happened to a file, in git's words."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    TYPE = "type-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One changed file.

    Attributes:
        kind: What happened.
        path: Path in the head, or in the base for a deleted file.
        old_path: Path in the base; equal to `path` but for renames.
        old_blob: Git id in the base, None for an added file.
        blob: Git id in the head, None for a deleted file.
        mode: Git mode in the head ("120000" is a link, "160000" a submodule), None if deleted.
    """

    kind: ChangeKind
    path: str
    old_path: str
    old_blob: str | None
    blob: str | None
    mode: str | None

    @property
    def is_python(self) -> bool:
        """Whether the head has a regular Python file here."""
        return self.path.endswith(".py") and self.mode in ("100644", "100755")

    @property
    def is_python_link(self) -> bool:
        """Whether the head has a link with the name of a Python file here."""
        return self.path.endswith(".py") and self.mode == "120000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that differs from the base tree to the head tree, sorted by path."""

    base_tree: str
    tree: str
    files: tuple[FileChange, ...] = ()

    @property
    def touched_python(self) -> tuple[FileChange, ...]:
        """Added, modified and renamed Python files."""
        return tuple(change for change in self.files if change.is_python)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit that was pinned when the judging began."""

    sha: str
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """What would land: the head when it contains the base, else the merge of both.

    Attributes:
        base: The pinned base.
        head: The pinned head of the branch.
        tree: Git tree id of what would land; None when they do not merge.
        conflicts: Paths that do not merge.
    """

    base: Commit
    head: Commit
    tree: str | None
    conflicts: tuple[str, ...] = ()
