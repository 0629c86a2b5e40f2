"""The paths of a git tree: read from `ls-tree`, and judged before anything is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from coverage_gate.adapters.git.faults import hostile_tree, shown, tree_too_large
from coverage_gate.ports import RepositoryError

FILE_MODES = ("100644", "100755")
LINK_MODE = "120000"
SUBMODULE_MODE = "160000"

#: Folders that are no part of what is measured when there is no commit that says what is.
SKIPPED_FOLDERS = frozenset({".git", ".venv", "venv", "__pycache__", ".tox", "node_modules"})

MAX_FILES = 200_000
_MAX_PART = 255
_MAX_PATH = 1024
_MODES = (*FILE_MODES, LINK_MODE, SUBMODULE_MODE)
_ENTRY = re.compile(rb"(\d{6}) (?:blob|commit) ([0-9a-f]{40,64})\t(.+)", re.DOTALL)

#: Characters that some file systems drop from a name, so that a name with them may mean `.git`;
#: the list is the one that git's own check uses for HFS+.
_DROPPED = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One path of a tree that is no folder.

    Attributes:
        path: From the root of the tree, with forward slashes; undecodable bytes as surrogates.
        mode: "100644", "100755", "120000" (link) or "160000" (submodule).
        blob: Git id of the content; of a commit for a submodule.
    """

    path: str
    mode: str
    blob: str

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode in FILE_MODES


def parse_tree(output: bytes) -> dict[str, TreeEntry]:
    """Read what `git ls-tree -r -z` writes, path → entry in git's order.

    Raises:
        RepositoryError: "tree-too-large" above `MAX_FILES` entries, "hostile-tree" for an entry of
            no known kind or a path that stands there twice, as only a crafted tree has it.
    """
    lines = output.split(b"\0")
    if len(lines) - 1 > MAX_FILES:
        raise tree_too_large(f"more than {MAX_FILES} files")
    listing: dict[str, TreeEntry] = {}
    for entry in map(_entry, filter(None, lines)):
        if entry.path in listing:
            raise hostile_tree(entry.path, "stands there twice")
        listing[entry.path] = entry
    return listing


def _entry(line: bytes) -> TreeEntry:
    match = _ENTRY.fullmatch(line)
    mode = match[1].decode() if match else ""
    if match is None or mode not in _MODES:
        raise unreadable("an entry", line)
    return TreeEntry(path=decoded(match[3]), mode=mode, blob=match[2].decode())


def decoded(path: bytes) -> str:
    """A path as text that gives the same bytes back."""
    return path.decode("utf-8", "surrogateescape")


def unreadable(what: str, line: bytes) -> RepositoryError:
    """Git wrote what it does not write for a sound tree."""
    return RepositoryError(
        f"{what} of the tree is not understood: {shown(repr(line))}. See `git fsck`.",
        code="hostile-tree",
        branch_fault=True,
    )


def check_paths(paths: Collection[str]) -> None:
    """Refuse a tree that would not stay inside the folder that it is written to.

    Git itself refuses most of this at checkout; a crafted tree object can hold it all the same.

    Raises:
        RepositoryError: With code "hostile-tree".
    """
    files = frozenset(paths)
    for path in paths:
        _check_path(path)
        through = next((folder for folder in parents_of(path) if folder in files), None)
        if through is not None:
            raise hostile_tree(path, f"runs through {shown(through)}, which is no folder")


def parents_of(path: str) -> Iterator[str]:
    """The folders above a path: "a/b/c" gives "a/b" and "a"."""
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)


def _check_path(path: str) -> None:
    if "\\" in path or "\0" in path:
        raise hostile_tree(path, "holds a backslash or a null byte")
    if len(path.encode("utf-8", "surrogateescape")) > _MAX_PATH:
        raise hostile_tree(path, f"is longer than {_MAX_PATH} bytes")
    for part in path.split("/"):
        why = _why_hostile(part)
        if why:
            raise hostile_tree(path, why)


def _why_hostile(part: str) -> str | None:
    if part in ("", ".", ".."):
        return "leads elsewhere"
    if len(part.encode("utf-8", "surrogateescape")) > _MAX_PART:
        return f"has a part of more than {_MAX_PART} bytes"
    if _looks_like_git(part):
        return "names a git folder"
    return None


def _looks_like_git(part: str) -> bool:
    if part.isascii() and part[0] not in ".gG":
        return False
    plain = part.translate(_DROPPED).casefold().split(":")[0].rstrip(" .")
    return plain in (".git", "git~1")
