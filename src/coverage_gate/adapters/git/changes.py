"""What differs between two trees, read from `git diff-tree --raw`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coverage_gate.adapters.git.trees import decoded, unreadable
from coverage_gate.core.changes import ChangeKind, FileChange

#: No configuration is in reach, so renames are found by git's own defaults, the same everywhere.
DIFF_TREE = ("diff-tree", "-r", "-z", "-M", "--raw", "--no-abbrev", "--no-ext-diff")

_HEADER = re.compile(
    rb":(?P<old_mode>\d{6}) (?P<mode>\d{6}) (?P<old>[0-9a-f]{40,64}) (?P<new>[0-9a-f]{40,64}) "
    rb"(?P<status>[AMDT]|R\d{1,3})"
)
_KINDS = {
    b"A": ChangeKind.ADDED,
    b"M": ChangeKind.MODIFIED,
    b"D": ChangeKind.DELETED,
    b"R": ChangeKind.RENAMED,
    b"T": ChangeKind.TYPE,
}


def parse_changes(output: bytes) -> tuple[FileChange, ...]:
    """Read the raw form with null bytes; sorted by path.

    Raises:
        RepositoryError: With code "hostile-tree" for anything that git does not write.
    """
    fields = iter(output.split(b"\0")[:-1])
    return tuple(sorted(_changes(fields), key=lambda change: (change.path, change.old_path)))


def _changes(fields: Iterator[bytes]) -> Iterator[FileChange]:
    for header in fields:
        match = _HEADER.fullmatch(header)
        if match is None:
            raise unreadable("a change", header)
        old_path = _path(fields, header)
        kind = _KINDS[match["status"][:1]]
        path = _path(fields, header) if kind is ChangeKind.RENAMED else old_path
        yield FileChange(
            kind=kind,
            path=path,
            old_path=old_path,
            old_blob=_id(match["old"], match["old_mode"]),
            blob=_id(match["new"], match["mode"]),
            mode=None if kind is ChangeKind.DELETED else match["mode"].decode(),
        )


def _path(fields: Iterator[bytes], header: bytes) -> str:
    path = next(fields, b"")
    if not path:
        raise unreadable("a change", header)
    return decoded(path)


def _id(value: bytes, mode: bytes) -> str | None:
    return None if mode == b"000000" else value.decode()
