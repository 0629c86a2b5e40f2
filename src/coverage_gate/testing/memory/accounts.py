"""Part of the store in memory: who did what and why, how often the tool failed, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from coverage_gate.adapters.stores.texts import json_text, name_text, needed, needed_prose
from coverage_gate.core.records import AuditRow
from coverage_gate.testing.memory.part import MemoryPart
from coverage_gate.testing.memory.rows import newest_first


class Accounts(MemoryPart):
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
        row = AuditRow(
            seq=len(self.rows.audits) + 1,
            at=at,
            actor=needed_prose(actor, name="actor"),
            action=needed(action, name="action"),
            repository=name_text(repository),
            reason=needed_prose(reason, name="reason"),
            detail=json_text(detail, name="detail"),
        )
        with self._change() as rows:
            rows.audits.append(replace(row, seq=len(rows.audits) + 1))

    def audits(self, repository: str, *, limit: int) -> tuple[AuditRow, ...]:
        """See `ports.Store.audits`."""
        return newest_first(
            [row for row in self.rows.audits if row.repository == repository], limit
        )

    def count_tool_error(self, repository: str, *, at: str) -> int:
        """See `ports.Store.count_tool_error`."""
        del at
        with self._change() as rows:
            count = rows.tool_errors.get(name_text(repository), 0) + 1
            rows.tool_errors[repository] = count
            return count

    def tool_errors(self, repository: str) -> int:
        """See `ports.Store.tool_errors`."""
        return self.rows.tool_errors.get(repository, 0)

    def forget_tool_errors(self, repository: str, *, fewer_than: int | None = None) -> None:
        """See `ports.Store.forget_tool_errors`."""
        with self._change() as rows:
            count = rows.tool_errors.get(repository, 0)
            if fewer_than is None or count < fewer_than:
                rows.tool_errors.pop(repository, None)

    def repositories(self) -> tuple[str, ...]:
        """See `ports.Store.repositories`."""
        return self.rows.repositories()
