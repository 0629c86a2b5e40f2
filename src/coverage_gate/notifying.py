"""Messages out of the store to those who are to hear them, off the gate's path.

A message is taken under the lease of its receiver, tried, and settled at once: delivered, to be
tried again later, or dead. It is told at least once; a receiver that knows keys is told once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Protocol

from coverage_gate.boundary import Redactor, keep_text, never_raises, visible
from coverage_gate.core.outbox import (
    MOST_ATTEMPTS,
    OLDEST_S,
    Message,
    Plan,
    is_too_old,
    later,
    plain_plan,
    plan_for_people,
    retry_delay_s,
    told_by,
)
from coverage_gate.core.records import OutboxRow, OutboxState
from coverage_gate.ports import DeliveryError, Receiver, Store

#: So many messages of a receiver are looked at together.
TOGETHER = 200

# A sender that died in between: the message is tried again after this.
_TAKEN_S = 120
_LEASE_MS = 120_000
# How far back it is known what was told; beyond it something is told again.
_KNOWN = 1000
# Attempts within one delivery, for what is over in a moment.
_TRIES = 3
_BRIEF_S = 5.0
_ERROR = 500
_UNREADABLE = "nothing can be read from it"
_TOO_OLD = f"not delivered within {OLDEST_S // 3600} h"


class CourierClock(Protocol):
    """The time, and the clock of leases; `coverage_gate.clock.SystemClock` fits."""

    def now_iso(self) -> str:
        """Now, ISO 8601 in UTC, to the second."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""

    def now_ms(self) -> int:
        """Milliseconds, comparable between equal `boot_id()`."""

    def boot_id(self) -> str:
        """Names the clock of `now_ms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one look at the outbox did, in messages.

    Attributes:
        delivered: Arrived.
        repeated: Not told, since the same was told last.
        later: Are tried again.
        dead: Are not tried again.
        remarks: Each failure and remark, one line each.
    """

    delivered: int = 0
    repeated: int = 0
    later: int = 0
    dead: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was due."""
        return not (self.delivered or self.repeated or self.later or self.dead)


@dataclass(slots=True)
class _Tally:
    """What became of the messages of one round, as they are sent."""

    counts: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def done(self) -> Round:
        """The round, at its end."""
        return Round(**self.counts, remarks=tuple(self.remarks))


@dataclass(slots=True, kw_only=True)
class Courier:
    """Delivers what is due. Several at once on one store do not disturb each other.

    Attributes:
        store: Holds the messages.
        clock: Stamps them.
        receivers: Who is told; messages to others stay where they are.
        redact: Blanks secrets in what is kept of errors.
        pause: Waits that many seconds between two attempts.
        name: That no other courier has.
    """

    store: Store
    clock: CourierClock
    receivers: tuple[Receiver, ...]
    redact: Redactor = keep_text
    pause: Callable[[float], None]
    name: str = field(default_factory=lambda: f"courier-{token_hex(8)}")
    _silent_until: dict[str, float] = field(default_factory=dict)

    def deliver(self) -> Round:
        """Try everything that is due, once each. A receiver that fails stops no other one.

        Raises:
            StoreError: If the store cannot be used.
        """
        tally = _Tally()
        for receiver in self.receivers:
            self._serve(receiver, tally)
        return tally.done()

    def _serve(self, receiver: Receiver, tally: _Tally) -> None:
        if self._silent_until.get(receiver.topic, 0.0) > self.clock.monotonic():
            return
        # A look costs no write: only what is due takes the lease.
        if not self._due(receiver):
            return
        with self._lease(receiver.topic) as fence:
            if fence is not None:
                self._send_all(receiver, tally, fence)

    def _due(self, receiver: Receiver) -> tuple[OutboxRow, ...]:
        return self.store.due_messages(receiver.topic, at=self.clock.now_iso(), limit=TOGETHER)

    def _send_all(self, receiver: Receiver, tally: _Tally, fence: int) -> None:
        rows = self._due(receiver)
        at = self.clock.now_iso()
        old = [row.seq for row in rows if is_too_old(row, at)]
        plan = self._plan(receiver, [row for row in rows if row.seq not in old])
        self._settle(old, OutboxState.DEAD, _TOO_OLD, tally, "dead")
        self._settle(plan.broken, OutboxState.DEAD, _UNREADABLE, tally, "dead")
        self._settle(plan.repeated, OutboxState.DELIVERED, "told before", tally, "repeated")
        for message in plan.messages:
            if not (self._keeps(receiver.topic, fence) and self._send(receiver, message, tally)):
                return

    def _plan(self, receiver: Receiver, rows: list[OutboxRow]) -> Plan:
        if not receiver.is_chat:
            return plain_plan(rows)
        kept = self.store.messages(
            states=[OutboxState.DELIVERED], topic=receiver.topic, limit=_KNOWN
        )
        return plan_for_people(rows, told_by(reversed(kept)))

    def _send(self, receiver: Receiver, message: Message, tally: _Tally) -> bool:
        """Try one message. Returns whether the receiver can be tried with another one."""
        at = self.clock.now_iso()
        taken = self.store.claim_messages(
            at=at, retry_at=later(at, _TAKEN_S), limit=len(message.seqs), only=message.seqs
        )
        if len(taken) < len(message.seqs):
            return False  # somebody else is at it, lease or not
        try:
            remark = self._attempted(receiver, message)
        except DeliveryError as error:
            self._fail(receiver, message, error, tally)
            return not error.is_wide
        self._settle(message.seqs, OutboxState.DELIVERED, remark, tally, "delivered")
        return True

    def _attempted(self, receiver: Receiver, message: Message) -> str:
        from tenacity import (  # noqa: PLC0415 - loaded with the first message
            RetryCallState,
            Retrying,
            retry_if_exception,
            stop_after_attempt,
        )

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_s if isinstance(error, DeliveryError) else None
            return float(state.attempt_number) if asked is None else asked

        # What this program itself does wrong must not come back with each look.
        guarded = never_raises(
            lambda text: DeliveryError(text, is_final=True, is_wide=False),
            last=DeliveryError("it cannot be told", is_final=True, is_wide=False),
            redact=self.redact,
        )(_as_value)
        trying = Retrying(
            retry=retry_if_exception(_is_brief),
            stop=stop_after_attempt(_TRIES),
            wait=wait,
            sleep=self.pause,
            reraise=True,
        )

        def once() -> str:
            outcome = guarded(receiver, message)
            if isinstance(outcome, DeliveryError):
                raise outcome
            return outcome

        return trying(once)

    def _fail(
        self, receiver: Receiver, message: Message, error: DeliveryError, tally: _Tally
    ) -> None:
        attempts = message.attempts + 1
        text = visible(self.redact(str(error)), limit=_ERROR)
        if error.is_final or attempts >= MOST_ATTEMPTS:
            self._settle(message.seqs, OutboxState.DEAD, text, tally, "dead")
            return
        delay = max(float(retry_delay_s(attempts)), error.retry_s or 0.0)
        if error.is_wide:
            self._silent_until[receiver.topic] = self.clock.monotonic() + delay
        retry_at = later(self.clock.now_iso(), delay)
        self._settle(message.seqs, OutboxState.PENDING, text, tally, "later", retry_at=retry_at)

    def _settle(
        self,
        seqs: Iterable[int],
        state: OutboxState,
        text: str,
        tally: _Tally,
        what: str,
        *,
        retry_at: str | None = None,
    ) -> None:
        for seq in seqs:
            self.store.settle_message(seq, state=state, error=text, retry_at=retry_at)
            tally.counts[what] += 1
            if text and what != "repeated":
                tally.remarks.append(f"message {seq}: {text}")

    @contextmanager
    def _lease(self, topic: str) -> Iterator[int | None]:
        """One courier at a time for a receiver: two would write two sticky comments."""
        name = _lease_name(topic)
        fence = self.store.acquire_lease(
            name,
            holder=self.name,
            ttl_ms=_LEASE_MS,
            now_ms=self.clock.now_ms(),
            boot=self.clock.boot_id(),
        )
        try:
            yield fence
        finally:
            if fence is not None:
                self.store.release_lease(name, holder=self.name, fence=fence)

    def _keeps(self, topic: str, fence: int) -> bool:
        return self.store.renew_lease(
            _lease_name(topic),
            holder=self.name,
            fence=fence,
            ttl_ms=_LEASE_MS,
            now_ms=self.clock.now_ms(),
            boot=self.clock.boot_id(),
        )


def _lease_name(topic: str) -> str:
    return f"/notify/{topic}"  # no repository has such a name


def _as_value(receiver: Receiver, message: Message) -> str | DeliveryError:
    try:
        return receiver.deliver(message)
    except DeliveryError as error:
        return error


def _is_brief(error: BaseException) -> bool:
    """Whether it may be over in a moment, and whether the receiver is known to have taken nothing.

    Without an answer nobody knows, and a message that is told twice is worse than a late one.
    """
    if not isinstance(error, DeliveryError) or not error.is_wide or error.status is None:
        return False
    has_time = error.retry_s is None or error.retry_s <= _BRIEF_S
    return has_time and error.status != _UNAUTHORIZED


_UNAUTHORIZED = 401
