"""Part of the store in memory: the merge lease, and the merges that were begun under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from coverage_gate.adapters.stores.texts import json_text, name_text, needed
from coverage_gate.core.ratchet import LeaseRow, checked_ttl, lease_allows
from coverage_gate.core.records import Intent, IntentState
from coverage_gate.testing.memory.part import MemoryPart


class Leases(MemoryPart):
    """Fits `ports.store.Leases`."""

    __slots__ = ()

    def acquire_lease(
        self, repository: str, *, holder: str, ttl_ms: int, now_ms: int, boot: str
    ) -> int | None:
        """See `ports.Store.acquire_lease`."""
        expires = now_ms + checked_ttl(ttl_ms)
        name_text(repository)
        needed(holder, name="holder")
        with self._change() as rows:
            row = rows.leases.get(repository)
            free = row is None or row.is_free(now_ms=now_ms, boot=boot)
            if row is not None and not free and row.holder != holder:
                return None
            fence = row.fence if row is not None else 0
            rows.leases[repository] = LeaseRow(
                repository=repository,
                holder=holder,
                fence=fence + 1 if free else fence,
                boot=boot,
                expires_ms=expires if row is None or free else max(expires, row.expires_ms),
            )
            return rows.leases[repository].fence

    def renew_lease(
        self, repository: str, *, holder: str, fence: int, ttl_ms: int, now_ms: int, boot: str
    ) -> bool:
        """See `ports.Store.renew_lease`."""
        expires = now_ms + checked_ttl(ttl_ms)
        with self._change() as rows:
            row = rows.leases.get(repository)
            held = row is not None and (row.holder, row.fence, row.boot) == (holder, fence, boot)
            if row is not None and held:
                rows.leases[repository] = replace(row, expires_ms=expires)
            return held

    def release_lease(self, repository: str, *, holder: str, fence: int) -> bool:
        """See `ports.Store.release_lease`."""
        with self._change() as rows:
            row = rows.leases.get(repository)
            held = row is not None and (row.holder, row.fence) == (holder, fence)
            if row is not None and held:
                rows.leases[repository] = replace(row, holder=None, expires_ms=0)
            return held

    def lease(self, repository: str) -> LeaseRow | None:
        """See `ports.Store.lease`."""
        return self.rows.leases.get(repository)

    def leases(self) -> tuple[LeaseRow, ...]:
        """See `ports.Store.leases`."""
        return tuple(self.rows.leases[name] for name in sorted(self.rows.leases))

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
        text = json_text(payload, name="payload")
        needed(sha, name="sha")
        with self._change() as rows:
            lease = rows.leases.get(repository)
            if lease is None or not lease_allows(lease, holder=holder, fence=fence):
                return None
            for intent in rows.intents:
                if (intent.repository, intent.fence, intent.sha) == (repository, fence, sha):
                    return intent.seq
            rows.intents.append(
                Intent(
                    seq=len(rows.intents) + 1,
                    repository=repository,
                    holder=holder,
                    fence=fence,
                    sha=sha,
                    payload=text,
                    state=IntentState.OPEN,
                    at=at,
                )
            )
            return len(rows.intents)

    def open_intents(self, repository: str) -> tuple[Intent, ...]:
        """See `ports.Store.open_intents`."""
        return tuple(
            intent
            for intent in self.rows.intents
            if intent.repository == repository and intent.state is IntentState.OPEN
        )

    def settle_intent(self, seq: int, *, state: IntentState, at: str) -> bool:
        """See `ports.Store.settle_intent`."""
        del at
        with self._change() as rows:
            for index, intent in enumerate(rows.intents):
                if intent.seq == seq and intent.state is IntentState.OPEN:
                    rows.intents[index] = replace(intent, state=state)
                    return True
            return False
