"""Writes files and links into one empty folder, and keeps the account of what it wrote."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from coverage_gate.adapters.git.blobs import MAX_BLOB, MAX_TOTAL
from coverage_gate.adapters.git.faults import tree_too_large
from coverage_gate.adapters.git.trees import MAX_FILES

#: The modification time of every exported file, in nanoseconds: 2001-09-09. One time for all, so
#: that nothing depends on when a tree was exported.
MTIME_NS = 1_000_000_000 * 10**9

_MAX_TARGET = 4000
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportLimits:
    """What is accepted before a tree is refused as too large.

    Attributes:
        files: Files and links.
        total_bytes: All content together, each path counted.
        blob_bytes: One file.
    """

    files: int = MAX_FILES
    total_bytes: int = MAX_TOTAL
    blob_bytes: int = MAX_BLOB


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written.

    Attributes:
        files: Path → git blob id of the regular files.
        links: Symbolic links that stay inside the folder, written as such.
    """

    files: dict[str, str]
    links: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class FolderWriter:
    """Writes into one folder and keeps the account.

    Attributes:
        root: The folder.
        limits: What is accepted.
        items: Files and links so far.
        written: Bytes so far.
        files: Path → git blob id.
        links: Links that were written as such.
    """

    root: bytes
    limits: ExportLimits
    items: int = 0
    written: int = 0
    files: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)

    def file(self, path: str, content: bytes, blob: str, *, executable: bool) -> None:
        """Write a regular file."""
        self._count(len(content))
        self._write(path, content, executable=executable)
        self.files[path] = blob

    def folder(self, path: str) -> None:
        """Make a folder; the one above it is there."""
        os.mkdir(self.place(path), 0o755)  # noqa: PTH102 - bytes hold any name

    def link(self, path: str, target: bytes, *, as_text: bool) -> None:
        """Write a link that stays inside; another one as text, or not at all."""
        self._count(len(target))
        if stays_inside(path, target):
            os.symlink(target, self.place(path))  # noqa: PTH211 - bytes hold any name
            os.utime(self.place(path), ns=(MTIME_NS, MTIME_NS), follow_symlinks=False)
            self.links.append(path)
            return
        if as_text:
            self._write(path, target, executable=False)

    def export(self) -> Export:
        """The account."""
        files = {path: self.files[path] for path in sorted(self.files)}
        return Export(files=files, links=tuple(sorted(self.links)))

    def _count(self, size: int) -> None:
        self.items += 1
        self.written += size
        if self.items > self.limits.files:
            raise tree_too_large(f"more than {self.limits.files} files")
        if self.written > self.limits.total_bytes:
            raise tree_too_large(f"more than {self.limits.total_bytes} bytes")

    def _write(self, path: str, content: bytes, *, executable: bool) -> None:
        with open(self.place(path), "wb", buffering=0, opener=_new_file) as stream:
            _write_all(stream.fileno(), content)
            os.fchmod(stream.fileno(), 0o755 if executable else 0o644)
            os.utime(stream.fileno(), ns=(MTIME_NS, MTIME_NS))

    def place(self, path: str) -> bytes:
        """Where a path is written."""
        return self.root + b"/" + path.encode("utf-8", "surrogateescape")


def stays_inside(path: str, target: bytes) -> bool:
    """Whether a link at `path` with this target cannot lead out of the tree.

    ".." is accepted only at the front: there it climbs real folders, since no path of the tree
    runs through a link. After a name it could follow a link first and climb from there.
    """
    if not 0 < len(target) <= _MAX_TARGET or target.startswith(b"/") or b"\0" in target:
        return False
    parts = [part for part in target.split(b"/") if part not in (b"", b".")]
    names = list(parts)
    while names and names[0] == b"..":
        names.pop(0)
    climbs = len(parts) - len(names)
    return b".." not in names and climbs <= path.count("/")


def _new_file(place: str | bytes, _: int) -> int:
    # Given to `open`: what it opened itself is closed, whatever fails.
    return os.open(place, _NEW, 0o600)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
