"""What becomes of messages on their way: when they are tried again, and what is told as one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from coverage_gate.core.records import OutboxRow

#: Kinds of messages. Hosts may leave others; a receiver that cannot use one passes over it.
FAILURE = "qg-failure"
RECOVERY = "qg-recovery"
STAGE_CHANGE = "stage-change"
NOTE = "note"
DIGEST = "digest"
STAGE = "stage"
IN_PROGRESS = "in-progress"
COMMENT = "comment"
VERDICT = "verdict"

#: From this many work items that fail at once, one message tells of all.
DIGEST_FROM = 5

#: After this many attempts a message is a dead letter: with the waits between, three hours.
MOST_ATTEMPTS = 12
#: A message that is older is told to nobody any more.
OLDEST_S = 24 * 3600

_FIRST_WAIT_S = 10
_LONGEST_WAIT_S = 3600

#: A work item of a repository.
Subject = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one request to a receiver tells.

    Attributes:
        kind: One of the kinds above, or a host's own.
        facts: What is told.
        key: The same for each attempt, and for no other message.
        seqs: The rows of the outbox that it settles.
        attempts: How often it was tried.
    """

    kind: str
    facts: Mapping[str, Any]
    key: str
    seqs: tuple[int, ...]
    attempts: int = 0

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return fact(self.facts, "repo"), fact(self.facts, "work_item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be sent.

    Attributes:
        messages: In this order.
        repeated: Rows that would only tell again what was told last.
        broken: Rows that no message can be read from.
    """

    messages: tuple[Message, ...]
    repeated: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()


#: Subject → what was told of it last: kind, check, reason, whether it waits for a person.
Told = Mapping[Subject, tuple[str, str, str, bool]]


def fact(facts: Mapping[str, Any], name: str) -> str:
    """A fact as text; empty where there is none."""
    value = facts.get(name)
    return "" if value is None else str(value)


def read_message(row: OutboxRow) -> Message | None:
    """The message of a row; None where it says nothing that can be told."""
    try:
        payload = json.loads(row.payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict) or not isinstance(payload.get("kind"), str):
        return None
    if payload["kind"] == DIGEST:  # made of several rows, never one of them
        return None
    facts = {name: value for name, value in payload.items() if name != "kind"}
    # Numbers of rows are used again when a database is made anew; with the time they are not.
    key = f"{row.created_at}#{row.seq}"
    return Message(
        kind=payload["kind"], facts=facts, key=key, seqs=(row.seq,), attempts=row.attempts
    )


def plain_plan(rows: Iterable[OutboxRow]) -> Plan:
    """Every message by itself, in order."""
    messages, broken = [], []
    for row in rows:
        message = read_message(row)
        if message is None:
            broken.append(row.seq)
        else:
            messages.append(message)
    return Plan(messages=tuple(messages), broken=tuple(broken))


def told_by(rows: Iterable[OutboxRow]) -> dict[Subject, tuple[str, str, str, bool]]:
    """What was told last of each subject, by delivered rows, oldest first."""
    messages = (read_message(row) for row in rows)
    return {
        message.subject: _state(message)
        for message in messages
        if message is not None and message.kind in (FAILURE, RECOVERY)
    }


def plan_for_people(rows: Iterable[OutboxRow], told: Told) -> Plan:
    """What people are to hear: each change of state once, and many failures as one message.

    A stage change that a failure caused is told with the failure. The same failure again is not
    told, nor is a recovery where no failure was told.
    """
    plan = plain_plan(rows)
    known, kept = dict(told), []
    repeated: list[int] = []
    for message in _joined(plan.messages):
        if _is_news(message, known):
            kept.append(message)
        else:
            repeated.extend(message.seqs)
    return Plan(messages=_gathered(kept), repeated=tuple(repeated), broken=plan.broken)


def retry_delay_s(attempts: int) -> int:
    """How long to wait after so many attempts."""
    return min(_FIRST_WAIT_S << min(max(attempts - 1, 0), 20), _LONGEST_WAIT_S)


def later(at: str, seconds: float) -> str:
    """A time in seconds from `at`, ISO 8601 in UTC, to the second."""
    return (_time(at) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_too_old(row: OutboxRow, at: str) -> bool:
    """Whether nobody wants to hear of it any more."""
    return _time(at) - _time(row.created_at) > timedelta(seconds=OLDEST_S)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _state(message: Message) -> tuple[str, str, str, bool]:
    facts = message.facts
    parked = facts.get("parked") is True
    return message.kind, fact(facts, "check"), fact(facts, "reason"), parked


def _is_news(message: Message, known: dict[Subject, tuple[str, str, str, bool]]) -> bool:
    if message.kind not in (FAILURE, RECOVERY):
        return True
    before, now = known.get(message.subject), _state(message)
    known[message.subject] = now
    if message.kind == RECOVERY:
        return before is not None and before[0] == FAILURE
    return before != now


@dataclass(slots=True)
class _Joint:
    message: Message
    moves: list[Message] = field(default_factory=list)


def _joined(messages: Iterable[Message]) -> list[Message]:
    """Stage changes joined to the failure of the same cause, which comes before or after them."""
    joints: list[_Joint] = []
    causes: dict[tuple[Subject, str], _Joint] = {}
    for message in messages:
        joint = _Joint(message)
        cause = (message.subject, fact(message.facts, "reason"))
        other = causes.get(cause)
        if other is None or {message.kind, other.message.kind} != {FAILURE, STAGE_CHANGE}:
            joints.append(joint)
            if message.kind in (FAILURE, STAGE_CHANGE):
                causes[cause] = joint
        else:
            other.moves.append(message)
            del causes[cause]
    return [_merged(joint) for joint in joints]


def _merged(joint: _Joint) -> Message:
    if not joint.moves:
        return joint.message
    parts = (joint.message, *joint.moves)
    failure = next(part for part in parts if part.kind == FAILURE)
    facts = {name: value for part in parts for name, value in part.facts.items()}
    return Message(
        kind=FAILURE,
        facts={**facts, **failure.facts},
        key=failure.key,
        seqs=tuple(sorted(seq for part in parts for seq in part.seqs)),
        attempts=max(part.attempts for part in parts),
    )


def _gathered(messages: list[Message]) -> tuple[Message, ...]:
    failures = [message for message in messages if message.kind == FAILURE]
    if len({message.subject for message in failures}) < DIGEST_FROM:
        return tuple(messages)
    digest = Message(
        kind=DIGEST,
        facts={"failures": [message.facts for message in failures]},
        key=failures[0].key,
        seqs=tuple(sorted(seq for message in failures for seq in message.seqs)),
        attempts=max(message.attempts for message in failures),
    )
    return (digest, *(message for message in messages if message.kind != FAILURE))
