"""A store in memory, for tests. It passes the same contract suite as the one on a database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction

from coverage_gate.adapters.stores.texts import (
    json_text,
    name_text,
    needed,
    needed_prose,
    prose_text,
)
from coverage_gate.core.baseline import Baseline, BaselineKey, kind_text
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.core.history import FileCounts, Origin, Point, Pruned, checked_files
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.ratchet import (
    FIRST_EPOCH,
    LeaseRow,
    RatchetResult,
    RatchetStep,
    checked_rank,
    checked_ttl,
    judge_ratchet,
    lease_allows,
    newest_of,
    rank_of,
)
from coverage_gate.core.rates import Counts
from coverage_gate.core.records import (
    AuditRow,
    Intent,
    IntentState,
    MeasurementSummary,
    OutboxRow,
    OutboxState,
)
from coverage_gate.core.waiver import GATE, Waiver, facts_of
from coverage_gate.ports import StoreError
from coverage_gate.testing.rows import (
    Rows,
    change_message,
    epoch_of,
    is_due,
    is_needed,
    is_prunable,
    newest_first,
    point_key,
    put_baseline,
    rank_in,
)


@dataclass(slots=True, kw_only=True)
class MemoryStore:
    """Fits `ports.Store`; forgets everything with the process. Safe to use from many threads.

    Attributes:
        rows: What is kept, for tests to look at.
    """

    rows: Rows = field(default_factory=Rows)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _writes: bool = False
    _inner: bool = False
    _over: bool = False

    @contextmanager
    def transaction(self) -> Iterator[MemoryStore]:
        """See `ports.Store.transaction`."""
        if self._over:
            raise StoreError("the transaction is over: write through the store")
        if self._inner:
            yield self
            return
        with self._lock:
            if self._writes:
                raise StoreError("a transaction is open: write through what it gave")
            block = MemoryStore(rows=self.rows.copy(), _inner=True)
            self._writes = True
            try:
                yield block
                self.rows = block.rows
            finally:
                self._writes, block._over = False, True

    @contextmanager
    def _change(self) -> Iterator[Rows]:
        with self.transaction() as block:
            yield block.rows

    def baseline(self, key: BaselineKey) -> Baseline | None:
        """See `ports.Store.baseline`."""
        epoch = epoch_of(self.rows, key.repository)
        star = BaselineKey(repository=key.repository)
        rows = self.rows.baselines
        return rows.get((key, epoch)) or rows.get((star, epoch))

    def has_baseline(self, repository: str) -> bool:
        """See `ports.Store.has_baseline`."""
        return epoch_of(self.rows, repository) > 0

    def baselines(self) -> tuple[Baseline, ...]:
        """See `ports.Store.baselines`."""
        return newest_of(self.rows.baselines.values())

    def ratchet(
        self,
        *,
        key: BaselineKey,
        rate: Fraction,
        counts: Counts | None,
        sha: str,
        tree: str | None,
        holder: str | None,
        fence: int | None,
        at: str,
    ) -> RatchetResult:
        """See `ports.Store.ratchet`."""
        rank = checked_rank(rate, counts)
        for name in (key.repository, key.scope, key.kind, sha, tree or "", holder or ""):
            name_text(name)
        with self._change() as rows:
            lease = rows.leases.get(key.repository)
            if not lease_allows(lease, holder=holder, fence=fence):
                return RatchetResult.STALE_LEASE
            epoch = max(FIRST_EPOCH, epoch_of(rows, key.repository))
            own = rows.baselines.get((key, epoch))
            star = rows.baselines.get((BaselineKey(repository=key.repository), epoch))
            result = judge_ratchet(own=rank_in(own), star=rank_in(star), new=rank)
            if result.wrote:
                put_baseline(
                    rows,
                    Baseline(
                        key=key,
                        epoch=epoch,
                        rate=rate,
                        counts=counts,
                        sha=sha,
                        updated_at=at,
                        tree=tree,
                    ),
                    fence=lease.fence if lease else fence,
                )
            return result

    def reset_baseline(
        self, *, repository: str, rate: Fraction, actor: str, reason: str, at: str
    ) -> int:
        """See `ports.Store.reset_baseline`."""
        rank = rank_of(rate)
        key = BaselineKey(repository=name_text(repository))
        with self.transaction() as block:
            epoch = epoch_of(block.rows, repository) + 1
            block.audit(
                actor=actor,
                action="baseline-reset",
                repository=repository,
                reason=reason,
                detail={"epoch": epoch, "rank": rank},
                at=at,
            )
            row = Baseline(key=key, epoch=epoch, rate=rate, counts=None, sha="", updated_at=at)
            put_baseline(block.rows, row, fence=None)
        return epoch

    def ratchet_log(self, repository: str, *, limit: int) -> tuple[RatchetStep, ...]:
        """See `ports.Store.ratchet_log`."""
        return newest_first(
            [step for step in self.rows.steps if step.repository == repository], limit
        )

    def load_measurement(self, identity: str) -> Measurement | None:
        """See `ports.Store.load_measurement`."""
        found = self.rows.measurements.get(identity)
        return found[1] if found else None

    def save_measurement(self, repository: str, measurement: Measurement, at: str) -> None:
        """See `ports.Store.save_measurement`."""
        name_text(repository)
        origin = measurement.provenance
        if not origin.identity:
            return
        summary = MeasurementSummary(
            identity=origin.identity,
            repository=repository,
            commit=origin.commit,
            tree=origin.tree,
            scope=origin.scope,
            kind=kind_text(origin.kind),
            counts=measurement.counts,
            created_at=at,
        )
        with self._change() as rows:
            rows.measurements.setdefault(origin.identity, (summary, measurement))

    def measurements(self, repository: str, *, limit: int) -> tuple[MeasurementSummary, ...]:
        """See `ports.Store.measurements`."""
        kept = [summary for summary, _ in self.rows.measurements.values()]
        return newest_first(
            [summary for summary in kept if summary.repository == repository], limit
        )

    def note_point(self, point: Point, files: Sequence[FileCounts]) -> bool:
        """See `ports.Store.note_point`."""
        needed(point.repository, name="repository")
        needed(point.identity, name="identity")
        for name in (point.repository, point.branch, point.commit or ""):
            name_text(name)
        checked = checked_files(point, files)
        with self._change() as rows:
            known = {point_key(each) for each, _ in rows.points}
            if point_key(point) in known:
                return False
            rows.last_point += 1
            rows.points.append((replace(point, seq=rows.last_point), checked))
            return True

    def note_merge(
        self,
        repository: str,
        *,
        tree: str,
        scope: str,
        kind: str,
        branch: str,
        commit: str,
        at: str,
    ) -> Point | None:
        """See `ports.Store.note_merge`."""
        wanted = (repository, tree, scope, kind, Origin.MEASURED)
        with self.transaction() as block:
            found = [
                each
                for each in block.rows.points
                if (each[0].repository, each[0].tree, each[0].scope, each[0].kind, each[0].origin)
                == wanted
            ]
            if not found:
                return None
            point, files = found[-1]
            moved = replace(point, branch=branch, commit=commit, at=at, recorded_at=at)
            block.note_point(moved, files)
            known = {point_key(each): each for each, _ in block.rows.points}
            return known[point_key(moved)]

    def history(
        self, repository: str, *, branch: str | None = None, limit: int
    ) -> tuple[Point, ...]:
        """See `ports.Store.history`."""
        own = [point for point, _ in self.rows.points if point.repository == repository]
        chosen = [point for point in own if branch in (None, point.branch)]
        return newest_first(sorted(chosen, key=lambda point: (point.at, point.seq)), limit)

    def history_branches(self, repository: str) -> tuple[str, ...]:
        """See `ports.Store.history_branches`."""
        own = (point for point, _ in self.rows.points if point.repository == repository)
        return tuple(sorted({point.branch for point in own}))

    def point_files(self, seq: int) -> tuple[FileCounts, ...]:
        """See `ports.Store.point_files`."""
        return next((files for point, files in self.rows.points if point.seq == seq), ())

    def prune(self, repository: str, *, before: str) -> Pruned:
        """See `ports.Store.prune`."""
        with self._change() as rows:
            old = [
                each
                for each in rows.points
                if each[0].repository == repository and is_prunable(rows, each[0], before)
            ]
            rows.points = [each for each in rows.points if each not in old]
            gone = [
                identity
                for identity, (each, _) in rows.measurements.items()
                if each.repository == repository
                and each.created_at < before
                and not is_needed(rows, repository, commit=each.commit, tree=each.tree)
            ]
            for identity in gone:
                del rows.measurements[identity]
            return Pruned(points=len(old), measurements=len(gone))

    def note_flaky(self, repository: str, lines: Iterable[FlakyLine], at: str) -> None:
        """See `ports.Store.note_flaky`."""
        name_text(repository)
        with self._change() as rows:
            for line in lines:
                rows.flaky[repository, line.tree, line.unit] = line, at

    def flaky_lines(self, repository: str, *, since: str) -> tuple[FlakyLine, ...]:
        """See `ports.Store.flaky_lines`."""
        return tuple(
            sorted(
                line
                for (owner, _, _), (line, at) in self.rows.flaky.items()
                if owner == repository and at >= since
            )
        )

    def save_contexts(self, repository: str, contexts: ContextMap, at: str) -> None:
        """See `ports.Store.save_contexts`."""
        del at
        with self._change() as rows:
            rows.contexts[name_text(repository)] = contexts

    def load_contexts(self, repository: str) -> ContextMap | None:
        """See `ports.Store.load_contexts`."""
        return self.rows.contexts.get(repository)

    def load_facts(self, repository: str, key: str, names: Collection[str]) -> dict[str, bytes]:
        """See `ports.Store.load_facts`."""
        kept = {name: self.rows.facts.get((repository, key, name)) for name in names}
        return {name: fact[1] for name, fact in kept.items() if fact is not None}

    def keep_facts(
        self, repository: str, key: str, facts: Mapping[str, bytes], *, at: str, since: str
    ) -> None:
        """See `ports.Store.keep_facts`."""
        name_text(repository)
        with self._change() as rows:
            for place, (kept_at, _) in list(rows.facts.items()):
                if place[0] == repository and kept_at < since:
                    del rows.facts[place]
            rows.facts.update(
                ((repository, key, name), (at, payload)) for name, payload in facts.items()
            )

    def forget_facts(self, repository: str) -> None:
        """See `ports.Store.forget_facts`."""
        with self._change() as rows:
            for place in [place for place in rows.facts if place[0] == repository]:
                del rows.facts[place]

    def acquire_lease(
        self, repository: str, *, holder: str, ttl_ms: int, now_ms: int, boot: str
    ) -> int | None:
        """See `ports.Store.acquire_lease`."""
        expires = now_ms + checked_ttl(ttl_ms)
        name_text(repository)
        needed(holder, name="holder")
        with self._change() as rows:
            row = rows.leases.get(repository)
            free = row is None or row.is_free(now_ms=now_ms, boot=boot)
            if row is not None and not free and row.holder != holder:
                return None
            fence = row.fence if row is not None else 0
            rows.leases[repository] = LeaseRow(
                repository=repository,
                holder=holder,
                fence=fence + 1 if free else fence,
                boot=boot,
                expires_ms=expires if row is None or free else max(expires, row.expires_ms),
            )
            return rows.leases[repository].fence

    def renew_lease(
        self, repository: str, *, holder: str, fence: int, ttl_ms: int, now_ms: int, boot: str
    ) -> bool:
        """See `ports.Store.renew_lease`."""
        expires = now_ms + checked_ttl(ttl_ms)
        with self._change() as rows:
            row = rows.leases.get(repository)
            held = row is not None and (row.holder, row.fence, row.boot) == (holder, fence, boot)
            if row is not None and held:
                rows.leases[repository] = replace(row, expires_ms=expires)
            return held

    def release_lease(self, repository: str, *, holder: str, fence: int) -> bool:
        """See `ports.Store.release_lease`."""
        with self._change() as rows:
            row = rows.leases.get(repository)
            held = row is not None and (row.holder, row.fence) == (holder, fence)
            if row is not None and held:
                rows.leases[repository] = replace(row, holder=None, expires_ms=0)
            return held

    def lease(self, repository: str) -> LeaseRow | None:
        """See `ports.Store.lease`."""
        return self.rows.leases.get(repository)

    def leases(self) -> tuple[LeaseRow, ...]:
        """See `ports.Store.leases`."""
        return tuple(self.rows.leases[name] for name in sorted(self.rows.leases))

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
        """See `ports.Store.open_intent`."""
        text = json_text(payload, name="payload")
        needed(sha, name="sha")
        with self._change() as rows:
            lease = rows.leases.get(repository)
            if lease is None or not lease_allows(lease, holder=holder, fence=fence):
                return None
            for intent in rows.intents:
                if (intent.repository, intent.fence, intent.sha) == (repository, fence, sha):
                    return intent.seq
            rows.intents.append(
                Intent(
                    seq=len(rows.intents) + 1,
                    repository=repository,
                    holder=holder,
                    fence=fence,
                    sha=sha,
                    payload=text,
                    state=IntentState.OPEN,
                    at=at,
                )
            )
            return len(rows.intents)

    def open_intents(self, repository: str) -> tuple[Intent, ...]:
        """See `ports.Store.open_intents`."""
        return tuple(
            intent
            for intent in self.rows.intents
            if intent.repository == repository and intent.state is IntentState.OPEN
        )

    def settle_intent(self, seq: int, *, state: IntentState, at: str) -> bool:
        """See `ports.Store.settle_intent`."""
        del at
        with self._change() as rows:
            for index, intent in enumerate(rows.intents):
                if intent.seq == seq and intent.state is IntentState.OPEN:
                    rows.intents[index] = replace(intent, state=state)
                    return True
            return False

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

    def grant_waiver(self, waiver: Waiver) -> int:
        """See `ports.Store.grant_waiver`."""
        name_text(waiver.repository)
        for text in (waiver.path, *waiver.tests):
            name_text(text)
        kept = replace(
            waiver,
            actor=needed_prose(waiver.actor, name="actor"),
            reason=needed_prose(waiver.reason, name="reason"),
        )
        with self.transaction() as block:
            seq = len(block.rows.waivers) + 1
            block.rows.waivers.append(replace(kept, seq=seq))
            block.audit(
                actor=kept.actor,
                action="waiver-granted",
                repository=kept.repository,
                reason=kept.reason,
                detail=facts_of(replace(kept, seq=seq)),
                at=kept.granted_at,
            )
        return seq

    def revoke_waiver(self, seq: int, *, actor: str, reason: str, at: str) -> bool:
        """See `ports.Store.revoke_waiver`."""
        needed(actor, name="actor")
        needed(reason, name="reason")
        with self.transaction() as block:
            found = [row for row in block.rows.standing_waivers() if row.seq == seq]
            for row in found:
                block.rows.revoked.add(seq)
                block.audit(
                    actor=actor,
                    action="waiver-revoked",
                    repository=row.repository,
                    reason=reason,
                    detail={"waiver": seq},
                    at=at,
                )
        return bool(found)

    def waivers(self, repository: str) -> tuple[Waiver, ...]:
        """See `ports.Store.waivers`."""
        return tuple(row for row in self.rows.standing_waivers() if row.repository == repository)

    def note_waivers(self, repository: str, *, tree: str, waivers: Sequence[int]) -> None:
        """See `ports.Store.note_waivers`."""
        with self._change() as rows:
            own = {row.seq for row in rows.waivers if row.repository == repository}
            rows.waiver_uses.update((seq, tree) for seq in waivers if seq in own)

    def use_up_waivers(self, repository: str, *, tree: str, sha: str, at: str) -> tuple[int, ...]:
        """See `ports.Store.use_up_waivers`."""
        with self.transaction() as block:
            used = [
                row
                for row in block.waivers(repository)
                if not row.used_at and (row.seq, tree) in block.rows.waiver_uses
            ]
            for row in used:
                block.rows.waivers[row.seq - 1] = replace(row, used_at=at, used_by=sha)
                block.audit(
                    actor=GATE,
                    action="waiver-used",
                    repository=repository,
                    reason="the merge of what it allowed",
                    detail={"waiver": row.seq, "sha": sha},
                    at=at,
                )
        return tuple(row.seq for row in used)

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
