"""Writes a tree, or a folder as it stands, into an empty private folder. No checkout is made."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from coverage_gate.adapters.git.blobs import blob_id, read_blobs
from coverage_gate.adapters.git.faults import tree_too_large, unwritable
from coverage_gate.adapters.git.trees import (
    LINK_MODE,
    SKIPPED_FOLDERS,
    SUBMODULE_MODE,
    TreeEntry,
    check_paths,
    parents_of,
)
from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.git.writer import Export, ExportLimits, FolderWriter

_LIMITS = ExportLimits()
_SKIPPED = frozenset(map(os.fsencode, SKIPPED_FOLDERS))


def export_tree(view: GitView, tree: str, destination: Path) -> dict[str, str]:
    """Write a tree's blobs into an empty folder. See `export`.

    Returns:
        Path → git blob id of the regular files.
    """
    return export(view, tree, destination).files


def copy_folder(source: Path, destination: Path) -> dict[str, str]:
    """Copy a folder without a commit into an empty folder. See `export_folder`.

    Returns:
        Path → git blob id (SHA-1) of the regular files.
    """
    return export_folder(source, destination).files


def export(
    view: GitView, tree: str, destination: Path, *, limits: ExportLimits = _LIMITS
) -> Export:
    """Write a tree's blobs, byte for byte: no filter, no line end conversion, no hook.

    Submodules become empty folders. Every file gets the same modification time. Python's bytecode
    is left out: it would run in place of a source, or without one.

    Args:
        view: The repository.
        tree: Git id of the tree.
        destination: Missing or empty; may hold a part of the tree after an error.
        limits: What is accepted.

    Raises:
        RepositoryError: "hostile-tree" or "tree-too-large", the branch's fault; "object-missing",
            "object-corrupt"; "no-space" when the folder cannot be written.
    """
    listed = view.list_tree(tree)
    check_paths([entry.path for entry in listed])
    entries = [entry for entry in listed if not is_bytecode(entry.path)]
    writer = FolderWriter(root=os.fsencode(destination), limits=limits)
    try:
        _make_root(destination)
        _make_folders(writer, entries)
        _write_blobs(view, entries, writer)
    except OSError as error:
        raise unwritable(destination, error) from error
    return writer.export()


def export_folder(source: Path, destination: Path, *, limits: ExportLimits = _LIMITS) -> Export:
    """Copy a folder as it stands, without what `SKIPPED_FOLDERS` names.

    Raises:
        RepositoryError: "tree-too-large", the branch's fault; "no-space" when a file cannot be
            read or the copy not be written.
    """
    writer = FolderWriter(root=os.fsencode(destination), limits=limits)
    try:
        _make_root(destination)
        _copy_items(writer, os.fsencode(source))
    except OSError as error:
        raise unwritable(destination, error) from error
    return writer.export()


def is_bytecode(path: str) -> bool:
    """Whether a path is one that Python takes for compiled code, where it keeps it or anywhere."""
    return path.endswith((".pyc", ".pyo")) or "__pycache__" in path.split("/")


def _write_blobs(view: GitView, entries: Iterable[TreeEntry], writer: FolderWriter) -> None:
    paths: dict[str, list[TreeEntry]] = {}
    for entry in entries:
        if entry.mode != SUBMODULE_MODE:
            paths.setdefault(entry.blob, []).append(entry)
    contents = read_blobs(view.objects, paths, max_blob=writer.limits.blob_bytes)
    with closing(contents):
        for blob, content in contents:
            for entry in paths[blob]:
                _write_entry(writer, entry, content)


def _write_entry(writer: FolderWriter, entry: TreeEntry, content: bytes) -> None:
    if entry.mode == LINK_MODE:
        writer.link(entry.path, content, as_text=True)
    else:
        writer.file(entry.path, content, entry.blob, executable=entry.mode == "100755")


def _make_folders(writer: FolderWriter, entries: Iterable[TreeEntry]) -> None:
    folders: set[str] = set()
    for entry in entries:
        folders.update(parents_of(entry.path))
        if entry.mode == SUBMODULE_MODE:
            folders.add(entry.path)
    for folder in sorted(folders):
        writer.folder(folder)


def _make_root(destination: Path) -> None:
    destination.mkdir(parents=True, exist_ok=True)
    if any(destination.iterdir()):
        raise FileExistsError(f"{destination} is not empty")


def _copy_items(writer: FolderWriter, source: bytes) -> None:
    own = os.path.realpath(writer.root)
    pending = [(os.path.realpath(source), "")]
    while pending:
        folder, prefix = pending.pop()
        for item in _items(folder):
            path = prefix + item.name.decode("utf-8", "surrogateescape")
            if item.path == own:
                continue
            if item.is_dir(follow_symlinks=False):
                writer.folder(path)
                pending.append((item.path, f"{path}/"))
            else:
                _copy_item(writer, path, item)


def _items(folder: bytes) -> list[os.DirEntry[bytes]]:
    with os.scandir(folder) as items:
        kept = [item for item in items if item.name not in _SKIPPED]
    return sorted(kept, key=lambda item: item.name)


def _copy_item(writer: FolderWriter, path: str, item: os.DirEntry[bytes]) -> None:
    if item.is_symlink():
        writer.link(path, os.readlink(item.path), as_text=False)  # noqa: PTH115 - bytes hold any name
    elif item.is_file(follow_symlinks=False):
        content, mode = _read(item.path, writer.limits.blob_bytes)
        writer.file(path, content, blob_id(content), executable=bool(mode & stat.S_IXUSR))


def _read(file: bytes, limit: int) -> tuple[bytes, int]:
    with open(file, "rb", opener=_opened) as stream:
        content = stream.read(limit + 1)
        mode = os.fstat(stream.fileno()).st_mode
    if len(content) > limit:
        raise tree_too_large(f"a file of more than {limit} bytes")
    return content, mode


def _opened(file: str | bytes, _: int) -> int:
    # The folder may change meanwhile: a pipe in the file's place would block, a link lead away.
    return os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
