"""Part of the store in memory: messages that wait to be sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from coverage_gate.adapters.stores.texts import json_text, needed, prose_text
from coverage_gate.core.records import OutboxRow, OutboxState
from coverage_gate.testing.memory.part import MemoryPart
from coverage_gate.testing.memory.rows import change_message, is_due, newest_first


class Messages(MemoryPart):
    """Fits `ports.store.Messages`."""

    __slots__ = ()

    def enqueue(
        self, *, topic: str, payload: Mapping[str, object], dedup_key: str | None, at: str
    ) -> bool:
        """See `ports.Store.enqueue`."""
        row = OutboxRow(
            seq=0,
            created_at=at,
            topic=needed(topic, name="topic"),
            dedup_key=None if dedup_key is None else needed(dedup_key, name="dedup_key"),
            payload=json_text(payload, name="payload"),
            state=OutboxState.PENDING,
            attempts=0,
            next_attempt_at=at,
            last_error="",
        )
        with self._change() as rows:
            told = {(kept.topic, kept.dedup_key) for kept in rows.outbox if kept.dedup_key}
            new = (row.topic, row.dedup_key) not in told
            if new:
                rows.last_message += 1
                rows.outbox.append(replace(row, seq=rows.last_message))
            return new

    def claim_messages(
        self, *, at: str, retry_at: str, limit: int, only: Sequence[int] | None = None
    ) -> tuple[OutboxRow, ...]:
        """See `ports.Store.claim_messages`."""
        with self._change() as rows:
            due = [
                row for row in rows.outbox if is_due(row, at) and (only is None or row.seq in only)
            ][: max(limit, 0)]
            taken = tuple(
                replace(row, attempts=row.attempts + 1, next_attempt_at=retry_at) for row in due
            )
            fresh = {row.seq: row for row in taken}
            rows.outbox[:] = [fresh.get(row.seq, row) for row in rows.outbox]
            return taken

    def settle_message(
        self, seq: int, *, state: OutboxState, error: str, retry_at: str | None = None
    ) -> bool:
        """See `ports.Store.settle_message`."""
        told = prose_text(error)
        with self._change() as rows:
            return change_message(
                rows.outbox,
                seq,
                OutboxState.PENDING,
                lambda row: replace(
                    row,
                    state=state,
                    last_error=told,
                    next_attempt_at=retry_at or row.next_attempt_at,
                ),
            )

    def due_messages(self, topic: str, *, at: str, limit: int) -> tuple[OutboxRow, ...]:
        """See `ports.Store.due_messages`."""
        due = [row for row in self.rows.outbox if row.topic == topic and is_due(row, at)]
        return tuple(due[: max(limit, 0)])

    def messages(
        self, *, states: Collection[OutboxState], topic: str | None = None, limit: int
    ) -> tuple[OutboxRow, ...]:
        """See `ports.Store.messages`."""
        found = [
            row for row in self.rows.outbox if row.state in states and topic in (None, row.topic)
        ]
        return newest_first(found, limit)

    def message_counts(self) -> Mapping[tuple[str, OutboxState], int]:
        """See `ports.Store.message_counts`."""
        return Counter((row.topic, row.state) for row in self.rows.outbox)

    def revive_message(self, seq: int, *, at: str) -> bool:
        """See `ports.Store.revive_message`."""
        with self._change() as rows:
            return change_message(
                rows.outbox,
                seq,
                OutboxState.DEAD,
                lambda row: replace(
                    row, state=OutboxState.PENDING, attempts=0, created_at=at, next_attempt_at=at
                ),
            )

    def forget_messages(self, *, before: str) -> int:
        """See `ports.Store.forget_messages`."""
        with self._change() as rows:
            kept = [
                row
                for row in rows.outbox
                if row.state is OutboxState.PENDING or row.next_attempt_at >= before
            ]
            gone = len(rows.outbox) - len(kept)
            rows.outbox[:] = kept
            return gone
