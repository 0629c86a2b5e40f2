"""The merge lease of a repository, held by a work item while its merge is prepared and made.

Safety comes from the fence that every guarded write names, liveness from the clock: the holder
renews every third of the time that the lease runs, and a holder that died is waited for no longer
than that time. See ADR 0010.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from coverage_gate.adapters.stores.store import SqlStore
from stage_engine.repeating import repeated
from stage_engine.store import EngineClock, Rows

_RENEWALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease that was granted.

    Attributes:
        store: Where it is kept.
        clock: On which it runs.
        repo: Whose merges it orders.
        holder: The work item that holds it.
        fence: The number of the grant.
        ttl_ms: How long it runs without renewal.
    """

    store: SqlStore = field(repr=False)
    clock: EngineClock = field(repr=False)
    repo: str
    holder: str
    fence: int
    ttl_ms: int

    def renew(self) -> bool:
        """Have it run for its whole time again. False: it is somebody else's by now."""
        return self.store.renew_lease(
            self.repo,
            holder=self.holder,
            fence=self.fence,
            ttl_ms=self.ttl_ms,
            now_ms=self.clock.now_ms(),
            boot=self.clock.boot_id(),
        )

    def release(self, rows: Rows | None = None) -> None:
        """Give it back, within a transaction where one is given."""
        store = self.store if rows is None else rows.shared
        store.release_lease(self.repo, holder=self.holder, fence=self.fence)

    def is_ours(self, rows: Rows) -> bool:
        """Whether nobody was granted it since, as the transaction sees it."""
        row = rows.shared.lease(self.repo)
        return row is not None and (row.holder, row.fence) == (self.holder, self.fence)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew it in the background for the length of the block.

        Whether it was held throughout is not told: the write at the end names the fence.
        """
        with repeated(self.renew, every_s=self.ttl_ms / _RENEWALS / 1000, name="lease"):
            yield


def acquire(
    store: SqlStore, clock: EngineClock, *, repo: str, holder: str, ttl_s: float
) -> Lease | None:
    """Take the lease, or go on with it where this holder has it. None: another one holds it."""
    ttl_ms = int(ttl_s * 1000)
    fence = store.acquire_lease(
        repo, holder=holder, ttl_ms=ttl_ms, now_ms=clock.now_ms(), boot=clock.boot_id()
    )
    if fence is None:
        return None
    return Lease(store=store, clock=clock, repo=repo, holder=holder, fence=fence, ttl_ms=ttl_ms)
