"""Why the totals of main and of what would land differ: integers that sum exactly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from coverage_gate.core.comparison import Comparison
from coverage_gate.core.deltas import Bucket, FileDelta
from coverage_gate.core.idle import went_idle
from coverage_gate.core.rates import NO_COUNTS, Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The change of the totals by its causes, in statements plus branches. See contract, section 4.

    A modified statement is one deleted and one new. `moved` is information and in no sum: what was
    found at another place, in another file or at another indentation.
    """

    new_covered: int = 0
    new_uncovered: int = 0
    deleted_covered: int = 0
    deleted_uncovered: int = 0
    newly_excluded_covered: int = 0
    newly_excluded_uncovered: int = 0
    newly_included_covered: int = 0
    newly_included_uncovered: int = 0
    lost: int = 0
    gained: int = 0
    moved: int = 0

    @property
    def covered_delta(self) -> int:
        """How many more are covered; below 0 for fewer."""
        more = self.new_covered + self.gained + self.newly_included_covered
        return more - self.deleted_covered - self.lost - self.newly_excluded_covered

    @property
    def total_delta(self) -> int:
        """How many more there are; below 0 for fewer."""
        more = self.new_covered + self.new_uncovered
        more += self.newly_included_covered + self.newly_included_uncovered
        fewer = self.deleted_covered + self.deleted_uncovered
        return more - fewer - self.newly_excluded_covered - self.newly_excluded_uncovered


def attribute(comparison: Comparison) -> Attribution | None:
    """Count the buckets, each by itself; None where the base was not measured."""
    if comparison.base is None:
        return None
    new = counted(comparison.heads, Bucket.NEW)
    included = counted(comparison.heads, Bucket.INCLUDED)
    deleted = counted(comparison.bases, Bucket.DELETED)
    excluded = counted(comparison.bases, Bucket.EXCLUDED)
    return Attribution(
        new_covered=new.covered,
        new_uncovered=new.missing,
        deleted_covered=deleted.covered,
        deleted_uncovered=deleted.missing,
        newly_excluded_covered=excluded.covered,
        newly_excluded_uncovered=excluded.missing,
        newly_included_covered=included.covered,
        newly_included_uncovered=included.missing,
        lost=counted(comparison.heads, Bucket.LOST).total,
        gained=counted(comparison.heads, Bucket.GAINED).total,
        moved=counted(comparison.heads, Bucket.MOVED).total,
    )


def counted(deltas: Iterable[FileDelta], bucket: Bucket) -> Counts:
    """What is in a bucket, and how much of it ran on the side that the files are of."""
    return sum((delta.of(bucket).counts_in(delta.file) for delta in deltas), start=NO_COUNTS)


def surviving(comparison: Comparison) -> Counts | None:
    """The base without what the change deleted; None where the base was not measured.

    What the change hides is not deleted: hiding covered code is no excuse for a lower rate. What
    only type checkers read from now on went away.
    """
    if comparison.base is None:
        return None
    gone = counted(comparison.bases, Bucket.DELETED) + went_idle(comparison)
    return Counts(
        covered=comparison.base.covered - gone.covered, total=comparison.base.total - gone.total
    )
