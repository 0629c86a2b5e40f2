"""Which Python source files of two trees belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coverage_gate.adapters.git.trees import TreeEntry
from coverage_gate.core.changes import FileChange

#: What coverage.py may count; see `adapters.measure`.
SOURCE_ENDINGS = (".py", ".pyw")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePair:
    """A source file before and after a change. A side is None where it has no such file.

    Attributes:
        old_path: In the base; `path` where the base has none.
        path: In the head; `old_path` where the head has none.
        old: Git blob id in the base.
        new: Git blob id in the head.
    """

    old_path: str
    path: str
    old: str | None
    new: str | None


def source_pairs(
    changes: Iterable[FileChange], before: Mapping[str, TreeEntry], after: Mapping[str, TreeEntry]
) -> tuple[SourcePair, ...]:
    """The changed regular files whose name ends as Python's do, in the order of the changes.

    Links, submodules and files of another name count as none, so that a file that was one of
    those before is an added one.
    """
    pairs = []
    for change in changes:
        old = _source(change.old_path, before) if change.old_blob else None
        new = _source(change.path, after) if change.blob else None
        if old or new:
            old_path = change.old_path if old else change.path
            path = change.path if new else change.old_path
            pairs.append(SourcePair(old_path=old_path, path=path, old=old, new=new))
    return tuple(pairs)


def _source(path: str, listing: Mapping[str, TreeEntry]) -> str | None:
    entry = listing.get(path)
    is_source = entry is not None and entry.is_file and path.endswith(SOURCE_ENDINGS)
    return entry.blob if entry is not None and is_source else None
