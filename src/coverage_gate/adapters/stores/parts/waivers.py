"""Part of the store on a database: waivers, and what used them up."""

from __future__ import annotations

from collections.abc import Sequence

from coverage_gate.adapters.stores import sql_waivers
from coverage_gate.adapters.stores.parts.part import SqlPart
from coverage_gate.adapters.stores.texts import needed
from coverage_gate.core.waiver import Waiver


class Waivers(SqlPart):
    """Fits `ports.store.Waivers`."""

    __slots__ = ()

    def grant_waiver(self, waiver: Waiver) -> int:
        """See `ports.Store.grant_waiver`."""
        row = sql_waivers.waiver_row(waiver)
        with self._write() as connection:
            return sql_waivers.grant(connection, row)

    def revoke_waiver(self, seq: int, *, actor: str, reason: str, at: str) -> bool:
        """See `ports.Store.revoke_waiver`."""
        needed(actor, name="actor")
        needed(reason, name="reason")
        with self._write() as connection:
            return sql_waivers.revoke(connection, seq, actor=actor, reason=reason, at=at)

    def waivers(self, repository: str) -> tuple[Waiver, ...]:
        """See `ports.Store.waivers`."""
        with self._read() as connection:
            rows = connection.execute(sql_waivers.standing(repository)).all()
        return tuple(map(sql_waivers.waiver_of, rows))

    def note_waivers(self, repository: str, *, tree: str, waivers: Sequence[int]) -> None:
        """See `ports.Store.note_waivers`."""
        with self._write() as connection:
            sql_waivers.note(connection, repository, tree=tree, waivers=waivers)

    def use_up_waivers(self, repository: str, *, tree: str, sha: str, at: str) -> tuple[int, ...]:
        """See `ports.Store.use_up_waivers`."""
        with self._write() as connection:
            return sql_waivers.use_up(connection, repository, tree=tree, sha=sha, at=at)
