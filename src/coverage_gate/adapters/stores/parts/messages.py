"""Part of the store on a database: messages that wait to be sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from coverage_gate.adapters.stores import sql_records
from coverage_gate.adapters.stores.parts.part import SqlPart
from coverage_gate.adapters.stores.texts import json_text, needed, prose_text
from coverage_gate.core.records import OutboxRow, OutboxState


class Messages(SqlPart):
    """Fits `ports.store.Messages`."""

    __slots__ = ()

    def enqueue(
        self, *, topic: str, payload: Mapping[str, object], dedup_key: str | None, at: str
    ) -> bool:
        """See `ports.Store.enqueue`."""
        text = json_text(payload, name="payload")
        needed(topic, name="topic")
        if dedup_key is not None:
            needed(dedup_key, name="dedup_key")
        with self._write() as connection:
            queueing = sql_records.queueing(
                connection.dialect.name, topic=topic, payload=text, dedup_key=dedup_key, at=at
            )
            return connection.execute(queueing).one_or_none() is not None

    def claim_messages(
        self, *, at: str, retry_at: str, limit: int, only: Sequence[int] | None = None
    ) -> tuple[OutboxRow, ...]:
        """See `ports.Store.claim_messages`."""
        claiming = sql_records.claiming(at=at, retry_at=retry_at, limit=limit, only=only)
        with self._write() as connection:
            rows = connection.execute(claiming).all()
        return tuple(sorted(map(sql_records.message_of, rows), key=lambda row: row.seq))

    def settle_message(
        self, seq: int, *, state: OutboxState, error: str, retry_at: str | None = None
    ) -> bool:
        """See `ports.Store.settle_message`."""
        return self._changed(sql_records.settling_message(seq, state, prose_text(error), retry_at))

    def due_messages(self, topic: str, *, at: str, limit: int) -> tuple[OutboxRow, ...]:
        """See `ports.Store.due_messages`."""
        return self._messages(sql_records.due_messages(topic, at=at, limit=limit))

    def messages(
        self, *, states: Collection[OutboxState], topic: str | None = None, limit: int
    ) -> tuple[OutboxRow, ...]:
        """See `ports.Store.messages`."""
        return self._messages(sql_records.newest_messages(states, topic=topic, limit=limit))

    def message_counts(self) -> Mapping[tuple[str, OutboxState], int]:
        """See `ports.Store.message_counts`."""
        with self.transactions.reading() as connection:
            rows = connection.execute(sql_records.counting_messages()).all()
        return {(row.topic, OutboxState(row.state)): row.messages for row in rows}

    def revive_message(self, seq: int, *, at: str) -> bool:
        """See `ports.Store.revive_message`."""
        return self._changed(sql_records.reviving_message(seq, at=at))

    def forget_messages(self, *, before: str) -> int:
        """See `ports.Store.forget_messages`."""
        with self._write() as connection:
            return connection.execute(sql_records.forgetting_messages(before)).rowcount

    def _messages(self, wanted: Select[Any]) -> tuple[OutboxRow, ...]:
        with self.transactions.reading() as connection:
            return tuple(map(sql_records.message_of, connection.execute(wanted)))
