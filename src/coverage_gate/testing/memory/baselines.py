"""Part of the store in memory: baselines, which only rise, and the one way down."""

from __future__ import annotations

from fractions import Fraction

from coverage_gate.adapters.stores.texts import name_text
from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.ratchet import (
    FIRST_EPOCH,
    RatchetResult,
    RatchetStep,
    Rise,
    checked_rank,
    judge_ratchet,
    lease_allows,
    newest_of,
    rank_of,
)
from coverage_gate.testing.memory.accounts import Accounts
from coverage_gate.testing.memory.rows import epoch_of, newest_first, put_baseline, rank_in


class Baselines(Accounts):
    """Fits `ports.store.Baselines`."""

    __slots__ = ()

    def baseline(self, key: BaselineKey) -> Baseline | None:
        """See `ports.Store.baseline`."""
        epoch = epoch_of(self.rows, key.repository)
        star = BaselineKey(repository=key.repository)
        rows = self.rows.baselines
        return rows.get((key, epoch)) or rows.get((star, epoch))

    def has_baseline(self, repository: str) -> bool:
        """See `ports.Store.has_baseline`."""
        return epoch_of(self.rows, repository) > 0

    def baselines(self) -> tuple[Baseline, ...]:
        """See `ports.Store.baselines`."""
        return newest_of(self.rows.baselines.values())

    def ratchet(self, rise: Rise) -> RatchetResult:
        """See `ports.Store.ratchet`."""
        rank, key = checked_rank(rise.rate, rise.counts), rise.key
        given = (key.repository, key.scope, key.kind, rise.sha, rise.tree, rise.holder)
        for name in given:
            name_text(name or "")
        with self._change() as rows:
            lease = rows.leases.get(key.repository)
            if not lease_allows(lease, holder=rise.holder, fence=rise.fence):
                return RatchetResult.STALE_LEASE
            epoch = max(FIRST_EPOCH, epoch_of(rows, key.repository))
            own = rows.baselines.get((key, epoch))
            star = rows.baselines.get((BaselineKey(repository=key.repository), epoch))
            result = judge_ratchet(own=rank_in(own), star=rank_in(star), new=rank)
            if result.wrote:
                fence = lease.fence if lease else rise.fence
                put_baseline(rows, _baseline(rise, epoch), fence=fence)
            return result

    def reset_baseline(
        self, *, repository: str, rate: Fraction, actor: str, reason: str, at: str
    ) -> int:
        """See `ports.Store.reset_baseline`."""
        rank = rank_of(rate)
        key = BaselineKey(repository=name_text(repository))
        with self.transaction() as block:
            epoch = epoch_of(block.rows, repository) + 1
            block.audit(
                actor=actor,
                action="baseline-reset",
                repository=repository,
                reason=reason,
                detail={"epoch": epoch, "rank": rank},
                at=at,
            )
            row = _baseline(Rise(key=key, rate=rate, at=at), epoch)
            put_baseline(block.rows, row, fence=None)
        return epoch

    def ratchet_log(self, repository: str, *, limit: int) -> tuple[RatchetStep, ...]:
        """See `ports.Store.ratchet_log`."""
        return newest_first(
            [step for step in self.rows.steps if step.repository == repository], limit
        )


def _baseline(rise: Rise, epoch: int) -> Baseline:
    return Baseline(
        key=rise.key,
        epoch=epoch,
        rate=rise.rate,
        counts=rise.counts,
        sha=rise.sha,
        updated_at=rise.at,
        tree=rise.tree,
    )
