"""Two measurements and the change between them, statement by statement and branch by branch.

Each statement and branch of the head is one that the base has, new, or newly included; each of the
base is one that the head has, deleted, or newly excluded. Every one is put into its bucket by
itself; none is what remains of a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from coverage_gate.core.deltas import Bucket, FileDelta, Units, delta_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.rates import Counts
from coverage_gate.core.touched import Sides, touched_deltas


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The head's measurement compared with the base's.

    Attributes:
        heads: Files of the head in which something is not as in the base, by path.
        bases: Files of the base in which something is not in the head, by path.
        base: The base's totals; None where it was not measured. Then only texts are compared, and
            the only bucket is NEW.
        mismatched: Paths whose measured bytes are not those of the compared trees.
    """

    heads: tuple[FileDelta, ...] = ()
    bases: tuple[FileDelta, ...] = ()
    base: Counts | None = None
    mismatched: tuple[str, ...] = ()


def compare(base: Measurement | None, head: Measurement, diffs: Iterable[FileDiff]) -> Comparison:
    """Compare two measurements.

    Args:
        base: The measured base; None where it was not measured. One of another kind (core,
            interpreter, branch mode) is not comparable and counts as none.
        head: The measured landing tree.
        diffs: What the change does to each Python file that it touches.
    """
    if base is not None and base.provenance.kind != head.provenance.kind:
        base = None
    sides = Sides(
        before={file.path: file for file in base.files} if base else {},
        after={file.path: file for file in head.files},
        diffs=tuple(diffs),
        is_measured=base is not None,
    )
    mismatched = tuple(_mismatched(sides))
    sides = replace(sides, diffs=(*sides.diffs, *_restated(sides)))
    heads, bases = touched_deltas(sides)
    if base is not None:
        heads += _same_texts(sides)
        bases += _left(sides)
    return Comparison(
        heads=_told(heads),
        bases=_told(bases),
        base=base.counts if base else None,
        mismatched=mismatched,
    )


def _told(deltas: Iterable[FileDelta]) -> tuple[FileDelta, ...]:
    return tuple(sorted((each for each in deltas if each.units), key=lambda each: each.file.path))


def _new_paths(sides: Sides) -> dict[str, str]:
    return {diff.path: diff.blob for diff in sides.diffs if diff.blob is not None}


def _old_paths(sides: Sides) -> dict[str, str]:
    return {diff.old_path: diff.old_blob for diff in sides.diffs if diff.old_blob is not None}


def _mismatched(sides: Sides) -> list[str]:
    """Files that were measured with other bytes than those that are compared."""
    new, old = _new_paths(sides), _old_paths(sides)
    wrong = {path for path, blob in new.items() if _is_other(sides.after.get(path), blob)}
    wrong |= {path for path, blob in old.items() if _is_other(sides.before.get(path), blob)}
    wrong |= {
        path
        for path, file in sides.after.items()
        if path not in new and _is_other(sides.before.get(path), file.blob)
    }
    return sorted(wrong)


def _is_other(file: FileCoverage | None, blob: str) -> bool:
    return file is not None and file.blob != blob


def _restated(sides: Sides) -> Iterator[FileDiff]:
    """Files with the same text in which other statements count.

    The same text under the same configuration has the same statements: there are none unless two
    measurements were made under different ones. Then, too, every unit must be in its bucket.
    """
    new = _new_paths(sides)
    for path, file in sides.after.items():
        before = None if path in new else sides.before.get(path)
        if before is not None and _facts(before) != _facts(file):
            yield FileDiff(path=path, old_path=path, old_blob=before.blob, blob=file.blob)


def _facts(file: FileCoverage) -> tuple[object, ...]:
    return file.statements, file.excluded, file.continued, file.branches


def _same_texts(sides: Sides) -> Iterator[FileDelta]:
    """Files that no change touched: only what ran can differ, or whether the base knows them."""
    new = _new_paths(sides)
    for path, file in sides.after.items():
        before = None if path in new else sides.before.get(path)
        if before is not None and not _ran_alike(before, file):
            yield _same_text(before, file)
        elif before is None and path not in new:
            yield _entered(file)


def _entered(file: FileCoverage) -> FileDelta:
    return delta_of(file, {Bucket.INCLUDED: _all_of(file)})


def _left(sides: Sides) -> list[FileDelta]:
    """Files that no change touched and that the head's measurement does not know."""
    old = _old_paths(sides)
    return [
        delta_of(file, {Bucket.EXCLUDED: _all_of(file)})
        for path, file in sides.before.items()
        if path not in old and path not in sides.after
    ]


def _all_of(file: FileCoverage) -> Units:
    return Units(lines=file.statements, arcs=file.branches)


def _ran_alike(before: FileCoverage, after: FileCoverage) -> bool:
    return before.executed == after.executed and before.taken == after.taken


def _same_text(before: FileCoverage, after: FileCoverage) -> FileDelta:
    """The same bytes have the same statements and branches: sets of lines tell the difference."""
    old, new = set(before.taken), set(after.taken)
    lost = Units(lines=before.executed & ~after.executed, arcs=tuple(sorted(old - new)))
    gained = Units(lines=after.executed & ~before.executed, arcs=tuple(sorted(new - old)))
    return delta_of(after, {Bucket.LOST: lost, Bucket.GAINED: gained})
