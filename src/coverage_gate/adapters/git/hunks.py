"""What a change does to the lines of Python files, read from git's own diff.

Git compares two trees that are made for it in the private folder: the changed files of each side
under plain numbers for names. So no name of a path is ever parsed, nothing else is compared, and
files that git found to be renamed are compared with each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from coverage_gate.adapters.git.blobs import read_blobs
from coverage_gate.adapters.git.objects import Objects
from coverage_gate.adapters.git.pairs import SourcePair
from coverage_gate.adapters.git.process import MIB
from coverage_gate.adapters.git.source_lines import SourceLines, source_lines
from coverage_gate.adapters.git.trees import unreadable
from coverage_gate.core.linemap import FileDiff, Hunk

_BATCH_FILES = 2000

_DIFF = ("diff-tree", "-r", "-p", "-U0", "--full-index", "--text", "--no-renames", "--no-color")
_PLAIN = ("--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")

_SECTION = re.compile(rb"diff --git a/(\d+) b/(\d+)")
_RANGE = re.compile(
    rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(?: .*)?", re.DOTALL
)
_HEADERS = (b"index ", b"--- a/", b"+++ b/")
_NO_LINE_END = b"\\ "

#: Start and count of the removed lines, then of the added ones, as git numbers them.
GitRange = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLimits:
    """Bounds of a comparison, in bytes.

    Attributes:
        file: A file that is larger on one side is not compared: all of it counts as new.
        text: How much of the changed lines is kept to look for moved ones; above it, nothing is.
        batch: How much is read and compared at once.
    """

    file: int = 16 * MIB
    text: int = 64 * MIB
    batch: int = 32 * MIB


_LIMITS = DiffLimits()


def read_diffs(
    objects: Objects,
    pairs: Iterable[SourcePair],
    *,
    limits: DiffLimits = _LIMITS,
    remember: Callable[[Mapping[str, bytes]], object] = len,
) -> tuple[FileDiff, ...]:
    """Compare source files.

    Args:
        objects: Where the blobs are.
        pairs: The files; a side without a blob is an empty file.
        limits: What is too large.
        remember: Is given what was read, by blob.

    Returns:
        One diff for each pair, in their order.

    Raises:
        RepositoryError: If a blob is missing or corrupt, or git's diff is not understood.
    """
    ordered = list(pairs)
    sizes = _sizes(objects, ordered)
    large = {blob for blob, size in sizes.items() if size > limits.file}
    small = [pair for pair in ordered if not large & {pair.old, pair.new}]
    found: dict[SourcePair, FileDiff] = {}
    held = 0
    for batch in _batches(small, sizes, limits.batch):
        diffs = tuple(_read_batch(objects, batch, remember))
        held += sum(map(_text_size, diffs))
        if held > limits.text:
            found = {pair: _without_texts(diff) for pair, diff in found.items()}
            diffs = tuple(map(_without_texts, diffs))
        found.update(zip(batch, diffs, strict=True))
    return tuple(found.get(pair) or _whole(pair) for pair in ordered)


def _text_size(diff: FileDiff) -> int:
    return sum(len(line) for hunk in diff.hunks for line in hunk.removed + hunk.added)


def _without_texts(diff: FileDiff) -> FileDiff:
    hunks = tuple(replace(hunk, removed=(), added=()) for hunk in diff.hunks)
    return replace(diff, hunks=hunks)


def _diff(pair: SourcePair, hunks: Iterable[Hunk]) -> FileDiff:
    return FileDiff(
        path=pair.path,
        old_path=pair.old_path,
        old_blob=pair.old,
        blob=pair.new,
        hunks=tuple(hunks),
    )


def _whole(pair: SourcePair) -> FileDiff:
    return replace(_diff(pair, ()), is_whole=True)


def _blobs(pairs: Iterable[SourcePair]) -> list[str]:
    blobs = (blob for pair in pairs for blob in (pair.old, pair.new) if blob is not None)
    return list(dict.fromkeys(blobs))


def _sizes(objects: Objects, pairs: Sequence[SourcePair]) -> dict[str, int]:
    blobs = _blobs(pairs)
    if not blobs:
        return {}
    feed = "".join(f"{blob}\n" for blob in blobs).encode()
    answer = objects.run("cat-file", "--batch-check=%(objectsize)", "--buffer", feed=feed)
    lines = answer.output.split(b"\n")[:-1]
    # A blob that is missing is found out when it is read.
    return {
        blob: int(line) if line.isdigit() else 0 for blob, line in zip(blobs, lines, strict=True)
    }


def _batches(
    pairs: Sequence[SourcePair], sizes: Mapping[str, int], most: int
) -> Iterator[tuple[SourcePair, ...]]:
    batch: list[SourcePair] = []
    held = 0
    for pair in pairs:
        size = sum(sizes[blob] for blob in _blobs([pair]))
        if batch and (held + size > most or len(batch) == _BATCH_FILES):
            yield tuple(batch)
            batch, held = [], 0
        batch.append(pair)
        held += size
    if batch:
        yield tuple(batch)


def _read_batch(
    objects: Objects,
    pairs: Sequence[SourcePair],
    remember: Callable[[Mapping[str, bytes]], object],
) -> Iterator[FileDiff]:
    contents = dict(read_blobs(objects, _blobs(pairs)))
    remember(contents)
    both = [pair for pair in pairs if pair.old and pair.new and pair.old != pair.new]
    ranges = dict(zip(both, _ranges(objects, both, contents), strict=True))
    for pair in pairs:
        old = source_lines(contents[pair.old] if pair.old else b"")
        new = source_lines(contents[pair.new] if pair.new else b"")
        if old is None or new is None:
            yield _diff(pair, ()) if pair.old == pair.new else _whole(pair)
        elif pair in ranges:
            yield _diff(pair, python_hunks(ranges[pair], old, new))
        else:
            yield _diff(pair, _one_side(pair, old, new))


def _one_side(pair: SourcePair, old: SourceLines, new: SourceLines) -> list[Hunk]:
    """An added or deleted file is one hunk; one that was only renamed has none."""
    if pair.old == pair.new or not old.texts + new.texts:
        return []
    return [
        Hunk(
            old_start=1,
            old_count=len(old.texts),
            new_start=1,
            new_count=len(new.texts),
            removed=old.texts,
            added=new.texts,
        )
    ]


def python_hunks(ranges: Sequence[GitRange], old: SourceLines, new: SourceLines) -> Iterator[Hunk]:
    """Git's ranges as hunks of Python's lines.

    Raises:
        RepositoryError: With code "hostile-tree" if they are not in order, or the lines between
            them are not equal on both sides.
    """
    old_next, new_next = 1, 1
    for each in [*ranges, None]:
        hunk = _hunk(each, old, new) if each else _end(old, new)
        if old.between(old_next, hunk.old_start) != new.between(new_next, hunk.new_start):
            raise unreadable("a difference", repr(each).encode())
        old_next, new_next = hunk.old_start + hunk.old_count, hunk.new_start + hunk.new_count
        if each:
            yield hunk


def _hunk(each: GitRange, old: SourceLines, new: SourceLines) -> Hunk:
    try:
        # Where nothing is removed or added, git names the line before.
        old_start, old_end = _bounds(each[0] + (not each[1]), each[1], old)
        new_start, new_end = _bounds(each[2] + (not each[3]), each[3], new)
    except IndexError as error:
        raise unreadable("a difference", repr(each).encode()) from error
    return Hunk(
        old_start=old_start,
        old_count=old_end - old_start,
        new_start=new_start,
        new_count=new_end - new_start,
        removed=old.between(old_start, old_end),
        added=new.between(new_start, new_end),
    )


def _bounds(start: int, count: int, lines: SourceLines) -> tuple[int, int]:
    return lines.line_of(start), lines.line_of(start + count)


def _end(old: SourceLines, new: SourceLines) -> Hunk:
    return Hunk(
        old_start=len(old.texts) + 1, old_count=0, new_start=len(new.texts) + 1, new_count=0
    )


# Git's side


def _ranges(
    objects: Objects, pairs: Sequence[SourcePair], contents: Mapping[str, bytes]
) -> list[list[GitRange]]:
    """The ranges of each pair; both sides of each are there and differ."""
    if not pairs:
        return []
    old = _tree(objects, [str(pair.old) for pair in pairs])
    new = _tree(objects, [str(pair.new) for pair in pairs])
    # Every line of both sides may come, with a sign, and a few lines for each hunk.
    size = sum(len(contents[blob]) + 64 * contents[blob].count(b"\n") for blob in _blobs(pairs))
    answer = objects.run(*_DIFF, *_PLAIN, old, new, output_limit=2 * size + MIB * (len(pairs) + 1))
    found = parse_ranges(answer.output)
    return [found.get(number, []) for number in range(len(pairs))]


def _tree(objects: Objects, blobs: Sequence[str]) -> str:
    """A tree of these blobs in the private folder, named by their numbers."""
    feed = "".join(f"100644 blob {blob}\t{number}\n" for number, blob in enumerate(blobs))
    return objects.run("mktree", feed=feed.encode()).output.decode("ascii", "replace").strip()


def parse_ranges(output: bytes) -> dict[int, list[GitRange]]:
    """Read what `git diff-tree -p -U0` writes for files that have numbers for names.

    Lines of the files are passed over by count, whatever they look like.

    Raises:
        RepositoryError: With code "hostile-tree" for anything that git does not write.
    """
    found: dict[int, list[GitRange]] = {}
    lines = iter(output.split(b"\n")[:-1])
    ranges: list[GitRange] | None = None
    for line in lines:
        section = _SECTION.fullmatch(line)
        match = _RANGE.fullmatch(line)
        if section is not None and section[1] == section[2]:
            ranges = found.setdefault(int(section[1]), [])
        elif match is not None and ranges is not None:
            ranges.append(_range(match, lines))
        elif not line.startswith((*_HEADERS, _NO_LINE_END)):
            raise unreadable("a difference", line)
    return found


def _range(match: re.Match[bytes], lines: Iterator[bytes]) -> GitRange:
    old_start, new_start = int(match[1]), int(match[3])
    old_count, new_count = (1 if count is None else int(count) for count in (match[2], match[4]))
    _pass_over(lines, b"-", old_count)
    _pass_over(lines, b"+", new_count)
    return old_start, old_count, new_start, new_count


def _pass_over(lines: Iterator[bytes], sign: bytes, count: int) -> None:
    for _ in range(count):
        line = next(lines, b"")
        if line.startswith(_NO_LINE_END):
            line = next(lines, b"")
        if not line.startswith(sign):
            raise unreadable("a difference", line)
