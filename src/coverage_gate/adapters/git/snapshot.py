"""What is staged, or a work tree as it stands, as a commit that only a view knows.

The index is read and no more: entries, and the contents that were never stored, go to a commit in
the view's private folder. No filter, hook or driver of the repository runs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.git.blobs import MAX_BLOB, MAX_TOTAL, blob_id
from coverage_gate.adapters.git.faults import shown, tree_too_large
from coverage_gate.adapters.git.location import Location
from coverage_gate.adapters.git.process import GitAnswer, GitCall, git
from coverage_gate.adapters.git.trees import MAX_FILES, SKIPPED_FOLDERS, SUBMODULE_MODE
from coverage_gate.adapters.git.view import GitView
from coverage_gate.core.stand import Stand
from coverage_gate.ports import RepositoryError

#: One time for all: the same files on the same commit are the same snapshot.
_WHO = "coverage-gate <coverage-gate@localhost> 1000000000 +0000"
_REF = "refs/heads/snapshot"
_LISTING_BYTES = MAX_FILES * 320
_LINK_MODE, _FILE_MODE, _PROGRAM_MODE = "120000", "100644", "100755"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One path of a snapshot.

    Attributes:
        mode: As git writes it.
        blob: Id of the content, where it is stored.
        content: What is not stored yet.
    """

    mode: str
    blob: str
    content: bytes | None = None


_Entries = dict[bytes, _Entry]


def snapshot(view: GitView, stand: Stand, *, index: Path | None = None) -> str:
    """A commit on top of HEAD, or HEAD itself.

    Args:
        view: Where the commit is put.
        stand: What it holds. FILES: tracked files as they are on disk, and those that git does not
            ignore.
        index: The index; None: the work tree's own.

    Raises:
        RepositoryError: "unmerged" while a merge is not finished, "not-a-repository" for one
            without a work tree, "tree-too-large".
    """
    head = view.resolve("HEAD").sha
    if stand is Stand.COMMIT:
        return head
    if view.location.top is None:
        raise RepositoryError("a bare repository has no files of its own", code="not-a-repository")
    entries = _staged(view.location, index)
    if stand is Stand.FILES:
        entries = _as_they_stand(view.location.top, entries, _others(view.location, index))
    feed = b"".join(_stream(entries, head))
    # Whatever is not stored yet is written to the private folder.
    view.objects.run("fast-import", "--quiet", "--force", "--done", feed=feed)
    made = view.objects.run("rev-parse", "--verify", f"{_REF}^{{commit}}")
    return made.output.decode("ascii").strip()


def _staged(location: Location, index: Path | None) -> _Entries:
    entries: _Entries = {}
    for line in _listed(location, index, "--stage").split(b"\0")[:-1]:
        about, _, path = line.partition(b"\t")
        mode, blob, stage = about.decode("ascii").split(" ")
        if stage != "0":
            raise RepositoryError(
                f"{shown(os.fsdecode(path))} is not merged yet. Finish the merge, then try again.",
                code="unmerged",
            )
        entries[path] = _Entry(mode=mode, blob=blob)
    return entries


def _others(location: Location, index: Path | None) -> Iterator[bytes]:
    for path in _listed(location, index, "--others", "--exclude-standard").split(b"\0")[:-1]:
        # A repository within the work tree is listed as a folder.
        if SKIPPED_FOLDERS.isdisjoint(os.fsdecode(path).split("/")) and not path.endswith(b"/"):
            yield path


def _listed(location: Location, index: Path | None, *which: str) -> bytes:
    call = GitCall(
        args=("ls-files", "-z", "--full-name", *which),
        git_dir=location.git_dir,
        work_tree=location.top,
        index=index,
        folder=location.top,
        output_limit=_LISTING_BYTES,
    )
    answer: GitAnswer = git(call)
    return answer.output


def _as_they_stand(top: Path, staged: _Entries, others: Iterator[bytes]) -> _Entries:
    entries: _Entries = {}
    room = MAX_TOTAL
    for path, known in (*staged.items(), *((path, None) for path in others)):
        entry = _on_disk(os.fsencode(top) + b"/" + path, known)
        if entry is None:
            continue
        entries[path] = entry
        room -= len(entry.content or b"")
        if room < 0:
            raise tree_too_large(f"more than {MAX_TOTAL} bytes that are not committed")
    return entries


def _on_disk(place: bytes, known: _Entry | None) -> _Entry | None:
    """The file as it is; the entry that is known where it is the same; None for none."""
    if known is not None and known.mode == SUBMODULE_MODE:
        return known
    try:
        found = os.lstat(place)
        if stat.S_ISLNK(found.st_mode):
            mode, content = _LINK_MODE, os.fsencode(Path(os.fsdecode(place)).readlink())
        elif stat.S_ISREG(found.st_mode) and found.st_size <= MAX_BLOB:
            mode = _PROGRAM_MODE if found.st_mode & stat.S_IXUSR else _FILE_MODE
            content = Path(os.fsdecode(place)).read_bytes()
        else:
            return None
    except OSError:
        return None
    if known is not None and blob_id(content, digits=len(known.blob)) == known.blob:
        return _Entry(mode=mode, blob=known.blob)
    return _Entry(mode=mode, blob="", content=content)


def _stream(entries: _Entries, head: str) -> Iterator[bytes]:
    """The commit for `git fast-import`."""
    yield f"commit {_REF}\ncommitter {_WHO}\ndata 0\nfrom {head}\ndeleteall\n".encode()
    for path, entry in entries.items():
        named = _quoted(path)
        if entry.content is None:
            yield b"M %s %s %s\n" % (entry.mode.encode(), entry.blob.encode(), named)
        else:
            yield b"M %s inline %s\n" % (entry.mode.encode(), named)
            yield b"data %d\n%s\n" % (len(entry.content), entry.content)
    yield b"done\n"


def _quoted(path: bytes) -> bytes:
    plain = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + plain + b'"'
