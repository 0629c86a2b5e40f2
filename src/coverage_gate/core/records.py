"""What the store keeps beside baselines: summaries, audit, intents and messages to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from coverage_gate.core.rates import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementSummary:
    """The totals of a stored measurement, without its files.

    Attributes:
        identity: Under which the whole of it is stored.
        repository: Which measured it first.
        commit: The commit that was asked for; None for a merge result.
        tree: Git tree id that was measured.
        scope: Digest of the configured scope.
        kind: As stored: "ctrace-3.11-branch".
        counts: The totals.
        created_at: ISO 8601 in UTC.
    """

    identity: str
    repository: str
    commit: str | None
    tree: str | None
    scope: str
    kind: str
    counts: Counts
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Something that a person or the gate did and that must stay known.

    Attributes:
        seq: Rises with each row.
        at: ISO 8601 in UTC.
        actor: Who.
        action: What, as in "baseline-reset".
        repository: On what; empty for the store itself.
        reason: Why, in the actor's words.
        detail: Facts as a JSON object.
    """

    seq: int
    at: str
    actor: str
    action: str
    repository: str
    reason: str
    detail: str


class IntentState(StrEnum):
    """How far an intended merge came."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A merge that was about to be made; see design, "Lease and ratchet".

    Attributes:
        seq: Rises with each intent.
        repository: Into whose main.
        holder: The task that held the lease.
        fence: Of the lease at that time.
        sha: The commit that main would become.
        payload: What the settling needs, as a JSON object.
        state: How far it came.
        at: When it was written, ISO 8601 in UTC.
    """

    seq: int
    repository: str
    holder: str
    fence: int
    sha: str
    payload: str
    state: IntentState
    at: str


class OutboxState(StrEnum):
    """How far a message came. A dead one is not tried again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A message that is to be sent after the change that it tells of.

    Attributes:
        seq: Rises with each message.
        created_at: ISO 8601 in UTC.
        topic: What kind, as in "telegram".
        dedup_key: Told once per topic and key; None: told each time.
        payload: The message as a JSON object.
        state: How far it came.
        attempts: How often it was taken to be sent.
        next_attempt_at: Not before, ISO 8601 in UTC.
        last_error: Why the last attempt failed; empty for none.
    """

    seq: int
    created_at: str
    topic: str
    dedup_key: str | None
    payload: str
    state: OutboxState
    attempts: int
    next_attempt_at: str
    last_error: str
