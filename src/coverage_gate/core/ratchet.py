"""When the stored value of main may rise, and who may raise it. Pure; the stores obey it in SQL."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from coverage_gate.core.baseline import ANY, Baseline, BaselineKey
from coverage_gate.core.rates import BadNumberError, Counts

#: Rank of 100 %. Two different rates have different ranks up to totals of thirty million.
RANK_ONE = 10**15

FIRST_EPOCH = 1


class RatchetResult(StrEnum):
    """What a ratchet did."""

    FOUNDED = "founded"
    MOVED = "moved"
    RESTAMPED = "restamped"
    NOT_HIGHER = "not-higher"
    STALE_LEASE = "stale-lease"

    @property
    def wrote(self) -> bool:
        """Whether the baseline now carries the value and the commit that were given."""
        return self in (RatchetResult.FOUNDED, RatchetResult.MOVED, RatchetResult.RESTAMPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A value on its way into a baseline.

    Attributes:
        key: Whose baseline.
        rate: Exact share in [0, 1].
        at: Now, ISO 8601 in UTC.
        counts: The integers behind the rate; None where a percent was given.
        sha: The merged commit; empty for an operator's reset.
        tree: Git tree that was measured; None where a percent was given.
        holder: Who merges, where the store has a lease row.
        fence: Of the lease, where the caller knows it.
    """

    key: BaselineKey
    rate: Fraction
    at: str
    counts: Counts | None = None
    sha: str = ""
    tree: str | None = None
    holder: str | None = None
    fence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatchetStep:
    """One rise of a baseline as the log keeps it; steps of one key and epoch chain old to new.

    Attributes:
        repository: Whose baseline.
        scope: Of the key.
        kind: Of the key.
        epoch: In which it rose.
        old_rank: Rank before; None for a founding.
        new_rank: Rank after.
        counts: The integers behind it, None where a percent was given.
        sha: The merged commit; empty for an operator's reset.
        fence: Of the lease under which it rose; None without one.
        at: ISO 8601 in UTC.
    """

    repository: str
    scope: str
    kind: str
    epoch: int
    old_rank: int | None
    new_rank: int
    counts: Counts | None
    sha: str
    fence: int | None
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """The merge lease of one repository. Its row is never deleted.

    Attributes:
        repository: Whose merges it orders.
        holder: The task that holds it; None after a release.
        fence: Number of grants so far; a write under an older number is refused.
        boot: Names the clock that `expires_ms` is read on, as in the host's boot id.
        expires_ms: When anyone else may take it, in milliseconds of that clock.
    """

    repository: str
    holder: str | None
    fence: int
    boot: str
    expires_ms: int

    def is_free(self, *, now_ms: int, boot: str) -> bool:
        """Whether anyone may take it: released, run out, or of a clock that is gone."""
        return self.holder is None or self.expires_ms <= now_ms or self.boot != boot


def rank_of(rate: Fraction) -> int:
    """The rate as the integer by which stores compare: its floor in units of 1e-15.

    Raises:
        BadNumberError: If the rate is outside [0, 1].
    """
    if not 0 <= rate <= 1:
        raise BadNumberError(f"a rate lies in 0..1, not {rate}")
    return math.floor(rate * RANK_ONE)


def checked_rank(rate: Fraction, counts: Counts | None) -> int:
    """The rank of a value whose integers, where there are any, are its own.

    Raises:
        BadNumberError: If the rate is outside [0, 1] or is not the rate of the counts; 0/0 has
            none and never becomes a baseline.
    """
    if counts is not None and counts.rate != rate:
        raise BadNumberError(f"the rate {rate} is not that of the counts {counts}")
    return rank_of(rate)


def lease_allows(lease: LeaseRow | None, *, holder: str | None, fence: int | None) -> bool:
    """Whether a write may be made under the lease as it stands. Reads no clock.

    Without a lease row the host's own lease is trusted. With one, the writer must be its holder
    and, where it names a fence, that must be the current one: a holder that slept through a
    hand-over is refused, however right its clock.
    """
    if lease is None:
        return True
    return holder is not None and lease.holder == holder and fence in (None, lease.fence)


def checked_ttl(ttl_ms: int) -> int:
    """The time to live of a lease in milliseconds; ValueError unless it is above 0."""
    if ttl_ms <= 0:
        raise ValueError(f"a lease lasts longer than {ttl_ms} ms")
    return ttl_ms


def judge_ratchet(*, own: int | None, star: int | None, new: int) -> RatchetResult:
    """Say what a value does to a baseline that the lease allows to touch.

    Args:
        own: Rank of the key's own row in the newest epoch, None without one.
        star: Rank of the repository's "*" row there: what a first own value must reach.
        new: Rank of the value.
    """
    limit = star if own is None else own
    if limit is not None and new < limit:
        return RatchetResult.NOT_HIGHER
    if own is None:
        return RatchetResult.FOUNDED
    return RatchetResult.MOVED if new > own else RatchetResult.RESTAMPED


def newest_of(rows: Iterable[Baseline]) -> tuple[Baseline, ...]:
    """Of each repository the row that was written last in its newest epoch, sorted by name."""
    newest: dict[str, Baseline] = {}
    for row in rows:
        best = newest.setdefault(row.key.repository, row)
        if _recency(row) > _recency(best):
            newest[row.key.repository] = row
    return tuple(newest[name] for name in sorted(newest))


def _recency(row: Baseline) -> tuple[int, str, bool, Fraction, str, str]:
    # Times are to the second. Within one, a measured row comes after the "*" row it had to reach.
    key = row.key
    return row.epoch, row.updated_at, key.scope != ANY, row.rate, key.scope, key.kind
