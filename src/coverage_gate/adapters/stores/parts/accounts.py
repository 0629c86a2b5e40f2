"""Part of the store on a database: who did what and why, how often the tool failed, and where."""

from __future__ import annotations

from collections.abc import Mapping

from coverage_gate.adapters.stores import sql_errors, sql_records
from coverage_gate.adapters.stores.parts.part import SqlPart
from coverage_gate.adapters.stores.texts import name_text
from coverage_gate.core.records import AuditRow


class Accounts(SqlPart):
    """Fits `ports.store.Accounts`."""

    __slots__ = ()

    def audit(
        self,
        *,
        actor: str,
        action: str,
        repository: str,
        reason: str,
        detail: Mapping[str, object],
        at: str,
    ) -> None:
        """See `ports.Store.audit`."""
        row = sql_records.audit_row(
            actor=actor,
            action=action,
            repository=repository,
            reason=reason,
            detail=detail,
            at=at,
        )
        with self._write() as connection:
            connection.execute(sql_records.auditing(row))

    def audits(self, repository: str, *, limit: int) -> tuple[AuditRow, ...]:
        """See `ports.Store.audits`."""
        with self._read() as connection:
            rows = connection.execute(sql_records.newest_audits(repository, limit)).all()
        return tuple(map(sql_records.audit_of, rows))

    def count_tool_error(self, repository: str, *, at: str) -> int:
        """See `ports.Store.count_tool_error`."""
        with self._write() as connection:
            counting = sql_errors.counting(connection.dialect.name, name_text(repository), at)
            return int(connection.execute(counting).scalar_one())

    def tool_errors(self, repository: str) -> int:
        """See `ports.Store.tool_errors`."""
        with self._read() as connection:
            return int(connection.execute(sql_errors.counted(repository)).scalar() or 0)

    def forget_tool_errors(self, repository: str, *, fewer_than: int | None = None) -> None:
        """See `ports.Store.forget_tool_errors`."""
        with self._write() as connection:
            connection.execute(sql_errors.forgetting(repository, fewer_than))

    def repositories(self) -> tuple[str, ...]:
        """See `ports.Store.repositories`."""
        with self._read() as connection:
            return tuple(sorted(connection.execute(sql_errors.repositories()).scalars()))
