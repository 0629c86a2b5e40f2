"""Part of the store on a database: the merge lease, and the merges that were begun under it."""

from __future__ import annotations

from collections.abc import Mapping

from coverage_gate.adapters.stores import sql_lease
from coverage_gate.adapters.stores.parts.part import SqlPart
from coverage_gate.adapters.stores.texts import json_text, needed
from coverage_gate.core.ratchet import LeaseRow, checked_ttl
from coverage_gate.core.records import Intent, IntentState


class Leases(SqlPart):
    """Fits `ports.store.Leases`."""

    __slots__ = ()

    def acquire_lease(
        self, repository: str, *, holder: str, ttl_ms: int, now_ms: int, boot: str
    ) -> int | None:
        """See `ports.Store.acquire_lease`."""
        grant = sql_lease.Grant(
            repository=repository,
            holder=needed(holder, name="holder"),
            expires_ms=now_ms + checked_ttl(ttl_ms),
            now_ms=now_ms,
            boot=boot,
        )
        with self._write() as connection:
            granting = sql_lease.granting(connection.dialect.name, grant)
            fence: int | None = connection.execute(granting).scalar_one_or_none()
        return fence

    def renew_lease(
        self, repository: str, *, holder: str, fence: int, ttl_ms: int, now_ms: int, boot: str
    ) -> bool:
        """See `ports.Store.renew_lease`."""
        grant = sql_lease.Grant(
            repository=repository,
            holder=holder,
            expires_ms=now_ms + checked_ttl(ttl_ms),
            now_ms=now_ms,
            boot=boot,
        )
        return self._changed(sql_lease.renewing(grant, fence))

    def release_lease(self, repository: str, *, holder: str, fence: int) -> bool:
        """See `ports.Store.release_lease`."""
        return self._changed(sql_lease.releasing(repository, holder, fence))

    def lease(self, repository: str) -> LeaseRow | None:
        """See `ports.Store.lease`."""
        with self._read() as connection:
            row = connection.execute(sql_lease.lease_row(repository)).one_or_none()
        return None if row is None else sql_lease.lease_of(row)

    def leases(self) -> tuple[LeaseRow, ...]:
        """See `ports.Store.leases`."""
        with self._read() as connection:
            return tuple(map(sql_lease.lease_of, connection.execute(sql_lease.lease_rows())))

    def open_intent(
        self,
        *,
        repository: str,
        holder: str,
        fence: int,
        sha: str,
        payload: Mapping[str, object],
        at: str,
    ) -> int | None:
        """See `ports.Store.open_intent`."""
        plan = sql_lease.Plan(
            repository=repository,
            holder=holder,
            fence=fence,
            sha=needed(sha, name="sha"),
            payload=json_text(payload, name="payload"),
            at=at,
        )
        with self._write() as connection:
            planning = sql_lease.planning(connection.dialect.name, plan)
            seq: int | None = connection.execute(planning).scalar_one_or_none()
        return seq

    def open_intents(self, repository: str) -> tuple[Intent, ...]:
        """See `ports.Store.open_intents`."""
        with self._read() as connection:
            rows = connection.execute(sql_lease.open_ones(repository)).all()
        return tuple(map(sql_lease.intent_of, rows))

    def settle_intent(self, seq: int, *, state: IntentState, at: str) -> bool:
        """See `ports.Store.settle_intent`."""
        return self._changed(sql_lease.settling(seq, state, at))
