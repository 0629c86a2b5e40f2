"""Part of the store on a database: baselines, which only rise, and the one way down."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import select

from coverage_gate.adapters.stores import sql_baseline, sql_records
from coverage_gate.adapters.stores.parts.part import SqlPart
from coverage_gate.adapters.stores.schema import BASELINES
from coverage_gate.adapters.stores.texts import json_text
from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.ratchet import RatchetResult, RatchetStep, Rise, checked_rank, newest_of


class Baselines(SqlPart):
    """Fits `ports.store.Baselines`."""

    __slots__ = ()

    def baseline(self, key: BaselineKey) -> Baseline | None:
        """See `ports.Store.baseline`."""
        with self._read() as connection:
            rows = connection.execute(sql_baseline.rows_for(key)).all()
        found = {row.key: row for row in map(sql_baseline.baseline_of, rows)}
        return found.get(key) or found.get(BaselineKey(repository=key.repository))

    def has_baseline(self, repository: str) -> bool:
        """See `ports.Store.has_baseline`."""
        with self._read() as connection:
            newest = connection.execute(select(sql_baseline.newest_epoch(repository))).scalar()
        return newest is not None

    def baselines(self) -> tuple[Baseline, ...]:
        """See `ports.Store.baselines`."""
        with self._read() as connection:
            rows = connection.execute(select(BASELINES)).all()
        return newest_of(map(sql_baseline.baseline_of, rows))

    def ratchet(self, rise: Rise) -> RatchetResult:
        """See `ports.Store.ratchet`."""
        checked_rank(rise.rate, rise.counts)
        with self._write() as connection:
            return sql_baseline.ratchet(connection, rise)

    def reset_baseline(
        self, *, repository: str, rate: Fraction, actor: str, reason: str, at: str
    ) -> int:
        """See `ports.Store.reset_baseline`."""
        rank = checked_rank(rate, None)
        rise = Rise(key=BaselineKey(repository=repository), rate=rate, at=at)
        note = sql_records.audit_row(
            actor=actor,
            action="baseline-reset",
            repository=repository,
            reason=reason,
            detail={},
            at=at,
        )
        with self._write() as connection:
            epoch = sql_baseline.open_epoch(connection, rise)
            detail = json_text({"epoch": epoch, "rank": rank}, name="detail")
            connection.execute(sql_records.auditing({**note, "detail": detail}))
        return epoch

    def ratchet_log(self, repository: str, *, limit: int) -> tuple[RatchetStep, ...]:
        """See `ports.Store.ratchet_log`."""
        with self._read() as connection:
            rows = connection.execute(sql_baseline.newest_steps(repository, limit)).all()
        return tuple(map(sql_baseline.step_of, rows))
