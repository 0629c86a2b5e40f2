"""What is remembered from one verdict to the next, part by part."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Protocol

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.core.history import FileCounts, Merged, Point, Pruned
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.ratchet import LeaseRow, RatchetResult, RatchetStep, Rise
from coverage_gate.core.records import (
    AuditRow,
    Intent,
    IntentState,
    MeasurementSummary,
    OutboxRow,
    OutboxState,
)
from coverage_gate.core.waiver import Waiver


class StoreError(Exception):
    """The store could not answer or write. The message says what to do next."""


class Accounts(Protocol):
    """Who did what and why, how often the tool failed in a row, and for which repositories."""

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
        """Keep for ever who did what and why."""

    def audits(self, repository: str, *, limit: int) -> tuple[AuditRow, ...]:
        """The newest audit rows of a repository, newest first."""

    def count_tool_error(self, repository: str, *, at: str) -> int:
        """One more tool error of this repository. Returns how many came in a row."""

    def tool_errors(self, repository: str) -> int:
        """How many tool errors came in a row."""

    def forget_tool_errors(self, repository: str, *, fewer_than: int | None = None) -> None:
        """Begin again at none; where `fewer_than` is given, only if there are fewer."""

    def repositories(self) -> tuple[str, ...]:
        """The names that have a baseline, number, tool error or lease, in their order."""


class Baselines(Protocol):
    """Baselines, which only rise, and the one way down."""

    def baseline(self, key: BaselineKey) -> Baseline | None:
        """The key's own row of the repository's newest epoch, else its "*" row."""

    def has_baseline(self, repository: str) -> bool:
        """Whether the repository has a baseline of any scope and kind in its newest epoch."""

    def baselines(self) -> tuple[Baseline, ...]:
        """Of each repository the row that was written last in its newest epoch, by name."""

    def ratchet(self, rise: Rise) -> RatchetResult:
        """Raise the key's baseline in the newest epoch, found it, or stamp an equal one anew.

        Decided by one statement in the database; see `core.ratchet` for the rule. ValueError for
        a rate that is not that of the counts.
        """

    def reset_baseline(
        self, *, repository: str, rate: Fraction, actor: str, reason: str, at: str
    ) -> int:
        """Open a new epoch with this "*" value, audited: the one way down. Returns the epoch.

        ValueError without actor or reason.
        """

    def ratchet_log(self, repository: str, *, limit: int) -> tuple[RatchetStep, ...]:
        """The newest steps of all baselines of a repository, newest first."""


class Measurements(Protocol):
    """Measurements, under their identity."""

    def load_measurement(self, identity: str) -> Measurement | None:
        """The stored measurement of this identity; None, too, when it cannot be read any more."""

    def save_measurement(self, repository: str, measurement: Measurement, at: str) -> None:
        """Keep a measurement under its identity; the first one that is readable wins.

        One without identity (an uncommitted tree) is not kept.
        """

    def measurements(self, repository: str, *, limit: int) -> tuple[MeasurementSummary, ...]:
        """The newest measurements of a repository, newest first."""


class History(Protocol):
    """The history of numbers."""

    def note_point(self, point: Point, files: Iterable[FileCounts]) -> bool:
        """Keep a point of the history; False where its branch has the same numbers of its commit.

        The files are read only of one that is new. ValueError without repository or identity, or
        where the counts of a new one are not those of its files.
        """

    def note_merge(self, merged: Merged) -> Point | None:
        """Keep what was measured of a tree as a point of the branch that it landed in.

        Returns:
            The point, also one that was kept before; None where the tree was not measured so.
        """

    def history(
        self, repository: str, *, branch: str | None = None, limit: int
    ) -> tuple[Point, ...]:
        """The newest points of a branch, or of all, newest first by their time."""

    def history_branches(self, repository: str) -> tuple[str, ...]:
        """The branches that have points, by name; the empty name where nobody said which."""

    def point_files(self, seq: int) -> tuple[FileCounts, ...]:
        """The files of a point, by path; none for an unknown number."""

    def prune(self, repository: str, *, before: str) -> Pruned:
        """Forget the points and measurements that are older.

        What a baseline stands on stays, and so does the newest point of each branch and kind,
        with the measurements of its tree: a base that cannot be measured any more could before.
        """


class Lessons(Protocol):
    """What runs on main taught: flaky lines, who runs which line, and facts."""

    def note_flaky(self, repository: str, lines: Iterable[FlakyLine], at: str) -> None:
        """Keep flaky lines of main; one that is known is stamped anew."""

    def flaky_lines(self, repository: str, *, since: str) -> tuple[FlakyLine, ...]:
        """The flaky lines that were seen at that time or later, by tree and place."""

    def save_contexts(self, repository: str, contexts: ContextMap, at: str) -> None:
        """Keep which tests run which lines of main, in the place of the map before."""

    def load_contexts(self, repository: str) -> ContextMap | None:
        """The newest map; None, too, when it cannot be read any more."""

    def load_facts(self, repository: str, key: str, names: Collection[str]) -> dict[str, bytes]:
        """Those of these facts that are kept under this key, by their name, as they were given."""

    def keep_facts(
        self, repository: str, key: str, facts: Mapping[str, bytes], *, at: str, since: str
    ) -> None:
        """Keep facts in the place of those of their name; what was kept before `since` goes."""

    def forget_facts(self, repository: str) -> None:
        """Keep none of a repository any more."""


class Leases(Protocol):
    """The merge lease, and the merges that were begun under it."""

    def acquire_lease(
        self, repository: str, *, holder: str, ttl_ms: int, now_ms: int, boot: str
    ) -> int | None:
        """Take the merge lease. Returns its fence, or None while another one holds it.

        Each grant raises the fence. The holder of a lease that still runs gets its current fence
        again and the longer of both times: so a repeated call is no hand-over to oneself.
        """

    def renew_lease(
        self, repository: str, *, holder: str, fence: int, ttl_ms: int, now_ms: int, boot: str
    ) -> bool:
        """Prolong the lease to now + ttl; False when it is someone else's by now."""

    def release_lease(self, repository: str, *, holder: str, fence: int) -> bool:
        """Give the lease back; False when it is someone else's by now."""

    def lease(self, repository: str) -> LeaseRow | None:
        """The lease row as it stands; None where the repository never had a lease."""

    def leases(self) -> tuple[LeaseRow, ...]:
        """The lease rows of all repositories that ever had one, by name."""

    def open_intent(
        self,
        *,
        repository: str,
        holder: str,
        fence: int,
        sha: str,
        payload: Mapping[str, object],
        at: str,
    ) -> int | None:
        """Note a merge before it is made. Returns its number; None when the lease is not held so.

        The same sha under the same fence is the same intent.
        """

    def open_intents(self, repository: str) -> tuple[Intent, ...]:
        """The intents that nobody has settled, oldest first."""

    def settle_intent(self, seq: int, *, state: IntentState, at: str) -> bool:
        """Close an open intent as DONE or DROPPED; False when it was closed before."""


class Waivers(Protocol):
    """Waivers, and what used them up."""

    def grant_waiver(self, waiver: Waiver) -> int:
        """Keep a waiver, audited. Returns its number. ValueError without actor or reason."""

    def revoke_waiver(self, seq: int, *, actor: str, reason: str, at: str) -> bool:
        """End a waiver, audited; False where there is none, or it was revoked before."""

    def waivers(self, repository: str) -> tuple[Waiver, ...]:
        """The waivers of a repository that were not revoked, oldest first."""

    def note_waivers(self, repository: str, *, tree: str, waivers: Sequence[int]) -> None:
        """Remember that the verdict on a tree used these waivers of a repository."""

    def use_up_waivers(self, repository: str, *, tree: str, sha: str, at: str) -> tuple[int, ...]:
        """End the waivers that the verdict on a merged tree used, audited. Returns which."""


class Messages(Protocol):
    """Messages that wait to be sent."""

    def enqueue(
        self, *, topic: str, payload: Mapping[str, object], dedup_key: str | None, at: str
    ) -> bool:
        """Leave a message to be sent; False when topic and key were told already."""

    def claim_messages(
        self, *, at: str, retry_at: str, limit: int, only: Sequence[int] | None = None
    ) -> tuple[OutboxRow, ...]:
        """Take due messages to be sent, oldest first; nobody else gets them before `retry_at`.

        Args:
            at: Now.
            retry_at: When they are due again, unless they are settled before.
            limit: How many at most.
            only: Of these numbers; None: of all.
        """

    def settle_message(
        self, seq: int, *, state: OutboxState, error: str, retry_at: str | None = None
    ) -> bool:
        """Say how sending ended. False when it was settled before.

        Args:
            seq: Which.
            state: PENDING: it is tried again.
            error: Why it did not arrive, or a remark; empty for none.
            retry_at: When it is tried again; None: as it was claimed.
        """

    def due_messages(self, topic: str, *, at: str, limit: int) -> tuple[OutboxRow, ...]:
        """The messages of a topic that are due, oldest first. They are not taken."""

    def messages(
        self, *, states: Collection[OutboxState], topic: str | None = None, limit: int
    ) -> tuple[OutboxRow, ...]:
        """The newest messages in these states, newest first; of one topic, or of all."""

    def message_counts(self) -> Mapping[tuple[str, OutboxState], int]:
        """How many messages there are, by topic and state."""

    def revive_message(self, seq: int, *, at: str) -> bool:
        """Have a dead message tried again, as if it were new. False when it is not dead."""

    def forget_messages(self, *, before: str) -> int:
        """Delete what was delivered, or is dead, and was last tried before a time. How many.

        What waits stays, however old it is.
        """


class Store(
    Accounts, Baselines, Measurements, History, Lessons, Leases, Waivers, Messages, Protocol
):
    """Baselines, measurements, lease, intents, audit and outbox. Any method may raise StoreError.

    Times (`at`) are ISO 8601 in UTC of one and the same form. A value that cannot be stored (a
    rate outside [0, 1], a name that is empty where one is needed, a payload that is no JSON)
    raises ValueError before anything is written. Each writing method is durable when it returns.
    """

    def transaction(self) -> AbstractContextManager[Store]:
        """All or nothing: what is written through the store that the block gets.

        It is written when the block ends and forgotten when the block raises. One writer at a
        time: others wait. Inside the block this thread writes only through what it was given.
        """
