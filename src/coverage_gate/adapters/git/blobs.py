"""Blobs out of one `git cat-file --batch`, each checked against its own id."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

from coverage_gate.adapters.git.faults import missing_object, shown, tree_too_large
from coverage_gate.adapters.git.objects import Objects
from coverage_gate.adapters.git.process import MIB, GitCall, running
from coverage_gate.ports import RepositoryError

MAX_BLOB = 256 * MIB
MAX_TOTAL = 2048 * MIB
_MAX_HEADER = 512
_SHA256_DIGITS = 64
_HEADER = re.compile(rb"([0-9a-f]{40,64}) (\w+) (\d{1,19})")
_READ_S = 900.0


def read_blobs(
    objects: Objects, blobs: Iterable[str], *, max_blob: int = MAX_BLOB
) -> Generator[tuple[str, bytes], None, None]:
    """Read blobs in the order of their ids, each id once.

    Yields:
        Id and content.

    Raises:
        RepositoryError: "object-missing", "object-corrupt", "tree-too-large" for a blob of more
            than `max_blob` bytes. Each is the branch's fault, but for a partial clone.
    """
    wanted = list(dict.fromkeys(blobs))
    if not wanted:
        return
    call = GitCall(
        args=("cat-file", "--batch", "--buffer"),
        git_dir=objects.git_dir,
        feed="".join(f"{blob}\n" for blob in wanted).encode(),
        timeout_s=_READ_S,
    )
    with running(call) as process:
        stream = _Stream(chunks=process.chunks())
        for blob in wanted:
            header = stream.line()
            if not header:
                # Git ended before its answer: it says why, or nothing is known of the blob.
                process.finish()
            size = _size(header, blob, objects, max_blob)
            yield blob, _content(stream, size, blob, objects)
        deque(stream.chunks, maxlen=0)
        process.finish()


def check_sizes(
    objects: Objects, blobs: Iterable[str], *, max_blob: int = MAX_BLOB, max_total: int = MAX_TOTAL
) -> None:
    """Refuse blobs that are too large, without reading them; a missing one is refused, too.

    Raises:
        RepositoryError: "tree-too-large", "object-missing".
    """
    sizes = sizes_of(objects, blobs)
    total = sum(sizes)
    if total > max_total or max(sizes, default=0) > max_blob:
        raise tree_too_large(f"{total} bytes in all, {max_total} are accepted")


def sizes_of(objects: Objects, blobs: Iterable[str]) -> list[int]:
    """How many bytes each blob has, without reading it.

    Raises:
        RepositoryError: "object-missing".
    """
    feed = "".join(f"{blob}\n" for blob in blobs).encode()
    if not feed:
        return []
    answer = objects.run("cat-file", "--batch-check=%(objectsize)", "--buffer", feed=feed)
    sizes = answer.output.split(b"\n")[:-1]
    if not all(size.isdigit() for size in sizes):
        raise missing_object("a file's blob", branch_fault=not objects.partial)
    return [int(size) for size in sizes]


def blob_id(content: bytes, *, digits: int = 40) -> str:
    """The id that git gives a blob, with 40 digits (SHA-1) or 64 (SHA-256)."""
    is_long = digits == _SHA256_DIGITS
    digest = hashlib.sha256() if is_long else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(content))
    digest.update(content)
    return digest.hexdigest()


@dataclass(slots=True, kw_only=True)
class _Stream:
    """Bytes that come in chunks, taken by line or by number."""

    chunks: Iterator[bytes]
    held: bytearray = field(default_factory=bytearray)

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes, less only at the end."""
        parts = self.held
        while len(parts) < size:
            chunk = next(self.chunks, b"")
            if not chunk:
                break
            parts += chunk
        with memoryview(parts) as view:
            taken = bytes(view[:size])
        del parts[:size]
        return taken

    def line(self) -> bytes:
        """Up to the next line end, without it; at most `_MAX_HEADER` bytes."""
        while b"\n" not in self.held and len(self.held) < _MAX_HEADER:
            chunk = next(self.chunks, b"")
            if not chunk:
                break
            self.held += chunk
        return self.take(self.held.find(b"\n") + 1).removesuffix(b"\n")


def _size(header: bytes, blob: str, objects: Objects, max_blob: int) -> int:
    match = _HEADER.fullmatch(header)
    if match is None or match[1].decode() != blob or match[2] != b"blob":
        raise _unreadable(blob, header, objects)
    size = int(match[3])
    if size > max_blob:
        raise tree_too_large(f"a file of {size} bytes, more than {max_blob}")
    return size


def _content(stream: _Stream, size: int, blob: str, objects: Objects) -> bytes:
    content = stream.take(size)
    stream.take(1)
    if blob_id(content, digits=len(blob)) != blob:
        raise RepositoryError(
            f"the content of blob {blob} does not fit its id. See `git fsck`.",
            code="object-corrupt",
            branch_fault=not objects.partial,
        )
    return content


def _unreadable(blob: str, header: bytes, objects: Objects) -> RepositoryError:
    said = shown(header.decode("utf-8", "replace")) or "git told nothing"
    return missing_object(f"blob {blob} ({said})", branch_fault=not objects.partial)
