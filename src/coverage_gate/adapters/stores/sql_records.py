"""Measurements, audit and outbox in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Insert,
    Row,
    Select,
    Update,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from coverage_gate.adapters.stores.codec import decode
from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import AUDITS, BIG, MEASUREMENTS, OUTBOX
from coverage_gate.adapters.stores.texts import json_text, needed, needed_prose
from coverage_gate.core.baseline import kind_text
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.rates import Counts
from coverage_gate.core.records import AuditRow, MeasurementSummary, OutboxRow, OutboxState
from coverage_gate.ports import StoreError
from coverage_gate.recent import Recent

#: A base and a branch. Of 10,000 files a payload has 2 MiB, and what is read from it some 100.
_READ: Recent[bytes, Measurement] = Recent(most=2)
_KEPT_BYTES = 4 * 1024 * 1024


def payload_of(identity: str) -> Select[Any]:
    """The stored bytes of a measurement."""
    return select(MEASUREMENTS.c.payload).where(MEASUREMENTS.c.identity == identity)


def keeping(dialect: str, row: dict[str, Any]) -> ReturningInsert[Any]:
    """Keep a measurement's row, unless its identity is there. Returns a row if it was kept."""
    values = [literal(value, MEASUREMENTS.c[name].type) for name, value in row.items()]
    place = select(func.coalesce(func.max(MEASUREMENTS.c.seq), literal(0, BIG)) + 1)
    source = select(*values, place.scalar_subquery()).where(literal(1) == 1)
    return (
        upsert(dialect, MEASUREMENTS)
        .from_select([*row, "seq"], source)
        .on_conflict_do_nothing(index_elements=["identity"])
        .returning(MEASUREMENTS.c.seq)
    )


def replacing(row: dict[str, Any]) -> Update:
    """Write a measurement over the row of its identity, in its place."""
    return update(MEASUREMENTS).where(MEASUREMENTS.c.identity == row["identity"]).values(**row)


def keep(connection: Connection, row: dict[str, Any]) -> None:
    """Keep a measurement; over one of its identity only if that can be read no more, audited."""
    if connection.execute(keeping(connection.dialect.name, row)).one_or_none() is not None:
        return
    stored = connection.execute(payload_of(row["identity"])).scalar_one()
    if stored == row["payload"] or readable(stored, row["identity"]) is not None:
        return
    connection.execute(replacing(row))
    note = audit_row(
        actor="coverage-gate",
        action="measurement-replaced",
        repository=row["repository"],
        reason="the stored measurement could not be read any more",
        detail={"identity": row["identity"]},
        at=row["created_at"],
    )
    connection.execute(auditing(note))


def readable(payload: bytes | None, identity: str) -> Measurement | None:
    """The measurement of a payload; None for what is damaged, too new or of another identity.

    The caller measures anew: a doubtful payload never becomes part of a verdict.
    """
    if payload is None:
        return None
    try:
        measurement = _decoded(payload)
    except StoreError:
        return None
    return measurement if measurement.provenance.identity == identity else None


def _decoded(payload: bytes) -> Measurement:
    """The measurement of a payload, read once: a host judges many branches of one base."""
    if len(payload) > _KEPT_BYTES:
        return decode(payload)
    return _READ.recall(blake2b(payload).digest(), lambda: decode(payload))


def measurement_row(
    repository: str, measurement: Measurement, payload: bytes, at: str
) -> dict[str, Any]:
    """The columns of a measurement, but its place in the order."""
    origin, counts = measurement.provenance, measurement.counts
    return {
        "identity": origin.identity,
        "repository": repository,
        "commit_sha": origin.commit,
        "tree": origin.tree,
        "scope": origin.scope,
        "kind": kind_text(origin.kind),
        "covered": counts.covered,
        "total": counts.total,
        "created_at": at,
        "payload": payload,
    }


def newest_measurements(repository: str, limit: int) -> Select[Any]:
    """Summaries, newest first; the payloads stay where they are."""
    row = MEASUREMENTS.c
    columns = [column for column in MEASUREMENTS.c if column.name not in ("payload", "seq")]
    return (
        select(*columns)
        .where(row.repository == repository)
        .order_by(row.seq.desc())
        .limit(max(limit, 0))
    )


def summary_of(row: Row[Any]) -> MeasurementSummary:
    """A measurement's row as a value."""
    return MeasurementSummary(
        identity=row.identity,
        repository=row.repository,
        commit=row.commit_sha,
        tree=row.tree,
        scope=row.scope,
        kind=row.kind,
        counts=Counts(covered=row.covered, total=row.total),
        created_at=row.created_at,
    )


def audit_row(
    *,
    actor: str,
    action: str,
    repository: str,
    reason: str,
    detail: Mapping[str, object],
    at: str,
) -> dict[str, str]:
    """The columns of an audit row, but its number. ValueError without actor, action or reason."""
    return {
        "at": at,
        "actor": needed_prose(actor, name="actor"),
        "action": needed(action, name="action"),
        "repository": repository,
        "reason": needed_prose(reason, name="reason"),
        "detail": json_text(detail, name="detail"),
    }


def auditing(row: dict[str, str]) -> Insert:
    """Keep an audit row."""
    return insert(AUDITS).values(**row)


def newest_audits(repository: str, limit: int) -> Select[Any]:
    """The newest audit rows, newest first."""
    row = AUDITS.c
    return (
        select(AUDITS)
        .where(row.repository == repository)
        .order_by(row.seq.desc())
        .limit(max(limit, 0))
    )


def audit_of(row: Row[Any]) -> AuditRow:
    """An audit's row as a value."""
    return AuditRow(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        action=row.action,
        repository=row.repository,
        reason=row.reason,
        detail=row.detail,
    )


def queueing(
    dialect: str, *, topic: str, payload: str, dedup_key: str | None, at: str
) -> ReturningInsert[Any]:
    """Leave a message, unless topic and key were told already. Returns a row if it was left."""
    return (
        upsert(dialect, OUTBOX)
        .values(
            created_at=at,
            topic=topic,
            dedup_key=dedup_key,
            payload=payload,
            state=OutboxState.PENDING.value,
            attempts=0,
            next_attempt_at=at,
            last_error="",
        )
        .on_conflict_do_nothing(index_elements=["topic", "dedup_key"])
        .returning(OUTBOX.c.seq)
    )


def claiming(
    *, at: str, retry_at: str, limit: int, only: Sequence[int] | None = None
) -> ReturningUpdate[Any]:
    """Take due messages, oldest first. Returns them in any order."""
    row = OUTBOX.c
    chosen = true() if only is None else row.seq.in_(only)
    due = (
        select(row.seq)
        .where(row.state == OutboxState.PENDING.value, row.next_attempt_at <= at, chosen)
        .order_by(row.seq)
        .limit(max(limit, 0))
        .correlate(None)
    )
    return (
        update(OUTBOX)
        .where(row.seq.in_(due))
        .values(attempts=row.attempts + 1, next_attempt_at=retry_at)
        .returning(OUTBOX)
    )


def settling_message(
    seq: int, state: OutboxState, error: str, retry_at: str | None = None
) -> Update:
    """Say how the sending of a pending message ended."""
    later = {} if retry_at is None else {"next_attempt_at": retry_at}
    return (
        update(OUTBOX)
        .where(OUTBOX.c.seq == seq, OUTBOX.c.state == OutboxState.PENDING.value)
        .values(state=state.value, last_error=error, **later)
    )


def due_messages(topic: str, *, at: str, limit: int) -> Select[Any]:
    """What waits to be sent, oldest first."""
    row = OUTBOX.c
    due = row.next_attempt_at <= at
    return (
        select(OUTBOX)
        .where(row.topic == topic, row.state == OutboxState.PENDING.value, due)
        .order_by(row.seq)
        .limit(max(limit, 0))
    )


def newest_messages(
    states: Collection[OutboxState], *, topic: str | None, limit: int
) -> Select[Any]:
    """Messages in these states, newest first."""
    row = OUTBOX.c
    chosen = true() if topic is None else row.topic == topic
    return (
        select(OUTBOX)
        .where(row.state.in_([state.value for state in states]), chosen)
        .order_by(row.seq.desc())
        .limit(max(limit, 0))
    )


def counting_messages() -> Select[Any]:
    """How many messages there are, by topic and state."""
    row = OUTBOX.c
    return select(row.topic, row.state, func.count().label("messages")).group_by(
        row.topic, row.state
    )


def reviving_message(seq: int, *, at: str) -> Update:
    """Begin anew with a dead message."""
    return (
        update(OUTBOX)
        .where(OUTBOX.c.seq == seq, OUTBOX.c.state == OutboxState.DEAD.value)
        .values(state=OutboxState.PENDING.value, attempts=0, created_at=at, next_attempt_at=at)
    )


def forgetting_messages(before: str) -> Delete:
    """Take away what is settled, and was last to be tried before a time."""
    row = OUTBOX.c
    return delete(OUTBOX).where(
        row.state != OutboxState.PENDING.value, row.next_attempt_at < before
    )


def message_of(row: Row[Any]) -> OutboxRow:
    """A message's row as a value."""
    return OutboxRow(
        seq=row.seq,
        created_at=row.created_at,
        topic=row.topic,
        dedup_key=row.dedup_key,
        payload=row.payload,
        state=OutboxState(row.state),
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        last_error=row.last_error,
    )
