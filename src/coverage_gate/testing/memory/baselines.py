"""Part of the store in memory: baselines, which only rise, and the one way down."""

from __future__ import annotations

from fractions import Fraction

from coverage_gate.adapters.stores.texts import name_text
from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.ratchet import (
    FIRST_EPOCH,
    RatchetResult,
    RatchetStep,
    checked_rank,
    judge_ratchet,
    lease_allows,
    newest_of,
    rank_of,
)
from coverage_gate.core.rates import Counts
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

    def ratchet(
        self,
        *,
        key: BaselineKey,
        rate: Fraction,
        counts: Counts | None,
        sha: str,
        tree: str | None,
        holder: str | None,
        fence: int | None,
        at: str,
    ) -> RatchetResult:
        """See `ports.Store.ratchet`."""
        rank = checked_rank(rate, counts)
        for name in (key.repository, key.scope, key.kind, sha, tree or "", holder or ""):
            name_text(name)
        with self._change() as rows:
            lease = rows.leases.get(key.repository)
            if not lease_allows(lease, holder=holder, fence=fence):
                return RatchetResult.STALE_LEASE
            epoch = max(FIRST_EPOCH, epoch_of(rows, key.repository))
            own = rows.baselines.get((key, epoch))
            star = rows.baselines.get((BaselineKey(repository=key.repository), epoch))
            result = judge_ratchet(own=rank_in(own), star=rank_in(star), new=rank)
            if result.wrote:
                put_baseline(
                    rows,
                    Baseline(
                        key=key,
                        epoch=epoch,
                        rate=rate,
                        counts=counts,
                        sha=sha,
                        updated_at=at,
                        tree=tree,
                    ),
                    fence=lease.fence if lease else fence,
                )
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
            row = Baseline(key=key, epoch=epoch, rate=rate, counts=None, sha="", updated_at=at)
            put_baseline(block.rows, row, fence=None)
        return epoch

    def ratchet_log(self, repository: str, *, limit: int) -> tuple[RatchetStep, ...]:
        """See `ports.Store.ratchet_log`."""
        return newest_first(
            [step for step in self.rows.steps if step.repository == repository], limit
        )
