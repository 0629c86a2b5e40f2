"""Part of the store in memory: waivers, and what used them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coverage_gate.adapters.stores.texts import name_text, needed, needed_prose
from coverage_gate.core.waiver import GATE, Waiver, facts_of
from coverage_gate.testing.memory.accounts import Accounts


class Waivers(Accounts):
    """Fits `ports.store.Waivers`."""

    __slots__ = ()

    def grant_waiver(self, waiver: Waiver) -> int:
        """See `ports.Store.grant_waiver`."""
        name_text(waiver.repository)
        for text in (waiver.path, *waiver.tests):
            name_text(text)
        kept = replace(
            waiver,
            actor=needed_prose(waiver.actor, name="actor"),
            reason=needed_prose(waiver.reason, name="reason"),
        )
        with self.transaction() as block:
            seq = len(block.rows.waivers) + 1
            block.rows.waivers.append(replace(kept, seq=seq))
            block.audit(
                actor=kept.actor,
                action="waiver-granted",
                repository=kept.repository,
                reason=kept.reason,
                detail=facts_of(replace(kept, seq=seq)),
                at=kept.granted_at,
            )
        return seq

    def revoke_waiver(self, seq: int, *, actor: str, reason: str, at: str) -> bool:
        """See `ports.Store.revoke_waiver`."""
        needed(actor, name="actor")
        needed(reason, name="reason")
        with self.transaction() as block:
            found = [row for row in block.rows.standing_waivers() if row.seq == seq]
            for row in found:
                block.rows.revoked.add(seq)
                block.audit(
                    actor=actor,
                    action="waiver-revoked",
                    repository=row.repository,
                    reason=reason,
                    detail={"waiver": seq},
                    at=at,
                )
        return bool(found)

    def waivers(self, repository: str) -> tuple[Waiver, ...]:
        """See `ports.Store.waivers`."""
        return tuple(row for row in self.rows.standing_waivers() if row.repository == repository)

    def note_waivers(self, repository: str, *, tree: str, waivers: Sequence[int]) -> None:
        """See `ports.Store.note_waivers`."""
        with self._change() as rows:
            own = {row.seq for row in rows.waivers if row.repository == repository}
            rows.waiver_uses.update((seq, tree) for seq in waivers if seq in own)

    def use_up_waivers(self, repository: str, *, tree: str, sha: str, at: str) -> tuple[int, ...]:
        """See `ports.Store.use_up_waivers`."""
        with self.transaction() as block:
            used = [
                row
                for row in block.waivers(repository)
                if not row.used_at and (row.seq, tree) in block.rows.waiver_uses
            ]
            for row in used:
                block.rows.waivers[row.seq - 1] = replace(row, used_at=at, used_by=sha)
                block.audit(
                    actor=GATE,
                    action="waiver-used",
                    repository=repository,
                    reason="the merge of what it allowed",
                    detail={"waiver": row.seq, "sha": sha},
                    at=at,
                )
        return tuple(row.seq for row in used)
