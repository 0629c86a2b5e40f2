"""The store on a database. See `ports.Store` for what each method promises."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, Update, select

from coverage_gate.adapters.stores import (
    sql_baseline,
    sql_contexts,
    sql_errors,
    sql_facts,
    sql_flaky,
    sql_history,
    sql_lease,
    sql_records,
    sql_waivers,
)
from coverage_gate.adapters.stores.codec import encode
from coverage_gate.adapters.stores.context_codec import decode_contexts, encode_contexts
from coverage_gate.adapters.stores.database import Database, OpenTransaction, Transactions
from coverage_gate.adapters.stores.engine import SqlitePlace, sqlite_engine
from coverage_gate.adapters.stores.failures import bound
from coverage_gate.adapters.stores.history_codec import decode_files, encode_files
from coverage_gate.adapters.stores.journal import MOUNTS, journal_of, read_mounts
from coverage_gate.adapters.stores.schema import BASELINES
from coverage_gate.adapters.stores.target import sqlite_path
from coverage_gate.adapters.stores.texts import json_text, name_text, needed, prose_text
from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.flaky import FlakyLine
from coverage_gate.core.history import FileCounts, Point, Pruned, checked_files
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.ratchet import (
    LeaseRow,
    RatchetResult,
    RatchetStep,
    checked_rank,
    checked_ttl,
    newest_of,
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
from coverage_gate.core.waiver import Waiver
from coverage_gate.ports import Clock, StoreError

BUSY_TIMEOUT_MS = 30_000


def open_store(
    target: str | Path, *, clock: Clock, busy_timeout_ms: int = BUSY_TIMEOUT_MS
) -> SqlStore:
    """A store on a SQLite file. Nothing is opened or made before its first use.

    Args:
        target: Path of the file, or a `sqlite:///` URL of it.
        clock: Stamps the making of the tables.
        busy_timeout_ms: How long to wait for another process that writes.

    Raises:
        StoreError: For a target that is not supported.
    """
    path = sqlite_path(target)
    place = SqlitePlace(
        path=path,
        journal=journal_of(path, read_mounts(MOUNTS)),
        busy_timeout_ms=busy_timeout_ms,
    )
    return SqlStore(
        transactions=Database(
            name=place.name, make_engine=lambda: sqlite_engine(place), clock=clock
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlStore:
    """Fits `ports.Store`. Safe to use from many threads and processes.

    Attributes:
        transactions: Where its statements run. A caller's own tables in the same database can
            take part: `with store.transaction() as block, block.transactions.writing() as c:`.
    """

    transactions: Transactions

    @contextmanager
    def transaction(self) -> Iterator[SqlStore]:
        """See `ports.Store.transaction`."""
        with self.transactions.writing() as connection:
            name = self.transactions.name
            yield SqlStore(transactions=OpenTransaction(name=name, connection=connection))

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self.transactions.reading() as connection, bound():
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self.transactions.writing() as connection, bound():
            yield connection

    def _changed(self, statement: Update) -> bool:
        with self._write() as connection:
            return connection.execute(statement).rowcount == 1

    def baseline(self, key: BaselineKey) -> Baseline | None:
        """See `ports.Store.baseline`."""
        with self._read() as connection:
            rows = connection.execute(sql_baseline.rows_for(key)).all()
        found = {row.key: row for row in map(sql_baseline.baseline_of, rows)}
        return found.get(key) or found.get(BaselineKey(repository=key.repository))

    def has_baseline(self, repository: str) -> bool:
        """See `ports.Store.has_baseline`."""
        with self._read() as connection:
            newest = connection.execute(select(sql_baseline.newest_epoch(repository))).scalar()
        return newest is not None

    def baselines(self) -> tuple[Baseline, ...]:
        """See `ports.Store.baselines`."""
        with self._read() as connection:
            rows = connection.execute(select(BASELINES)).all()
        return newest_of(map(sql_baseline.baseline_of, rows))

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
        checked_rank(rate, counts)
        rise = sql_baseline.Rise(
            key=key,
            rate=rate,
            counts=counts,
            sha=sha,
            tree=tree,
            holder=holder,
            fence=fence,
            at=at,
        )
        with self._write() as connection:
            return sql_baseline.ratchet(connection, rise)

    def reset_baseline(
        self, *, repository: str, rate: Fraction, actor: str, reason: str, at: str
    ) -> int:
        """See `ports.Store.reset_baseline`."""
        rank = checked_rank(rate, None)
        rise = sql_baseline.Rise(
            key=BaselineKey(repository=repository),
            rate=rate,
            counts=None,
            sha="",
            tree=None,
            holder=None,
            fence=None,
            at=at,
        )
        note = sql_records.audit_row(
            actor=actor,
            action="baseline-reset",
            repository=repository,
            reason=reason,
            detail={},
            at=at,
        )
        with self._write() as connection:
            epoch = sql_baseline.open_epoch(connection, rise)
            detail = json_text({"epoch": epoch, "rank": rank}, name="detail")
            connection.execute(sql_records.auditing({**note, "detail": detail}))
        return epoch

    def ratchet_log(self, repository: str, *, limit: int) -> tuple[RatchetStep, ...]:
        """See `ports.Store.ratchet_log`."""
        with self._read() as connection:
            rows = connection.execute(sql_baseline.newest_steps(repository, limit)).all()
        return tuple(map(sql_baseline.step_of, rows))

    def load_measurement(self, identity: str) -> Measurement | None:
        """See `ports.Store.load_measurement`."""
        with self._read() as connection:
            payload = connection.execute(sql_records.payload_of(identity)).scalar()
        return sql_records.readable(payload, identity)

    def save_measurement(self, repository: str, measurement: Measurement, at: str) -> None:
        """See `ports.Store.save_measurement`."""
        identity = measurement.provenance.identity
        if not identity:
            return
        payload = encode(measurement)
        row = sql_records.measurement_row(repository, measurement, payload, at)
        with self._write() as connection:
            sql_records.keep(connection, row)

    def measurements(self, repository: str, *, limit: int) -> tuple[MeasurementSummary, ...]:
        """See `ports.Store.measurements`."""
        with self._read() as connection:
            rows = connection.execute(sql_records.newest_measurements(repository, limit)).all()
        return tuple(map(sql_records.summary_of, rows))

    def note_point(self, point: Point, files: Sequence[FileCounts]) -> bool:
        """See `ports.Store.note_point`."""
        row = sql_history.point_row(point, encode_files(checked_files(point, files)))
        # What is measured again and again is looked up and waits for no writer.
        with self._read() as connection:
            if connection.execute(sql_history.point_known(row)).one_or_none() is not None:
                return False
        with self._write() as connection:
            return sql_history.note(connection, row)

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
        wanted = sql_history.measured_tree(repository, tree, scope, kind)
        with self._write() as connection:
            found = connection.execute(wanted).one_or_none()
            if found is None:
                return None
            moved = replace(
                sql_history.point_from(found), branch=branch, commit=commit, at=at, recorded_at=at
            )
            row = sql_history.point_row(moved, found.payload)
            sql_history.note(connection, row)
            return sql_history.point_from(connection.execute(sql_history.point_known(row)).one())

    def history(
        self, repository: str, *, branch: str | None = None, limit: int
    ) -> tuple[Point, ...]:
        """See `ports.Store.history`."""
        wanted = sql_history.newest_points(repository, branch, limit)
        with self._read() as connection:
            return tuple(map(sql_history.point_from, connection.execute(wanted)))

    def history_branches(self, repository: str) -> tuple[str, ...]:
        """See `ports.Store.history_branches`."""
        with self._read() as connection:
            return tuple(connection.execute(sql_history.branches_of(repository)).scalars())

    def point_files(self, seq: int) -> tuple[FileCounts, ...]:
        """See `ports.Store.point_files`."""
        with self._read() as connection:
            payload = connection.execute(sql_history.payload_of_point(seq)).scalar()
        return () if payload is None else decode_files(payload)

    def prune(self, repository: str, *, before: str) -> Pruned:
        """See `ports.Store.prune`."""
        with self._write() as connection:
            points = connection.execute(sql_history.pruning_points(repository, before))
            kept = connection.execute(sql_history.pruning_measurements(repository, before))
            return Pruned(points=points.rowcount, measurements=kept.rowcount)

    def note_flaky(self, repository: str, lines: Iterable[FlakyLine], at: str) -> None:
        """See `ports.Store.note_flaky`."""
        name_text(repository)
        rows = [sql_flaky.row_of(repository, line, at) for line in lines]
        with self._write() as connection:
            for row in rows:
                connection.execute(sql_flaky.noting(connection.dialect.name, row))

    def flaky_lines(self, repository: str, *, since: str) -> tuple[FlakyLine, ...]:
        """See `ports.Store.flaky_lines`."""
        with self._read() as connection:
            rows = connection.execute(sql_flaky.seen_since(repository, since)).all()
        return tuple(sorted(map(sql_flaky.line_of, rows)))

    def save_contexts(self, repository: str, contexts: ContextMap, at: str) -> None:
        """See `ports.Store.save_contexts`."""
        row = {
            "repository": name_text(repository),
            "tree": contexts.tree,
            "created_at": at,
            "payload": encode_contexts(contexts),
        }
        with self._write() as connection:
            connection.execute(sql_contexts.keeping(connection.dialect.name, row))

    def load_contexts(self, repository: str) -> ContextMap | None:
        """See `ports.Store.load_contexts`."""
        with self._read() as connection:
            payload = connection.execute(sql_contexts.payload_of(repository)).scalar()
        try:
            return None if payload is None else decode_contexts(payload)
        except StoreError:
            return None  # it only explains: a verdict does not need it

    def load_facts(self, repository: str, key: str, names: Collection[str]) -> dict[str, bytes]:
        """See `ports.Store.load_facts`."""
        with self._read() as connection:
            return sql_facts.found(connection, repository, key, names)

    def keep_facts(
        self, repository: str, key: str, facts: Mapping[str, bytes], *, at: str, since: str
    ) -> None:
        """See `ports.Store.keep_facts`."""
        name_text(repository)
        with self._write() as connection:
            connection.execute(sql_facts.forgetting(repository, before=since))
            sql_facts.keep(connection, repository, key, facts, at)

    def forget_facts(self, repository: str) -> None:
        """See `ports.Store.forget_facts`."""
        with self._write() as connection:
            connection.execute(sql_facts.forgetting(repository))

    def acquire_lease(
        self, repository: str, *, holder: str, ttl_ms: int, now_ms: int, boot: str
    ) -> int | None:
        """See `ports.Store.acquire_lease`."""
        grant = sql_lease.Grant(
            repository=repository,
            holder=needed(holder, name="holder"),
            expires_ms=now_ms + checked_ttl(ttl_ms),
            now_ms=now_ms,
            boot=boot,
        )
        with self._write() as connection:
            granting = sql_lease.granting(connection.dialect.name, grant)
            fence: int | None = connection.execute(granting).scalar_one_or_none()
        return fence

    def renew_lease(
        self, repository: str, *, holder: str, fence: int, ttl_ms: int, now_ms: int, boot: str
    ) -> bool:
        """See `ports.Store.renew_lease`."""
        grant = sql_lease.Grant(
            repository=repository,
            holder=holder,
            expires_ms=now_ms + checked_ttl(ttl_ms),
            now_ms=now_ms,
            boot=boot,
        )
        return self._changed(sql_lease.renewing(grant, fence))

    def release_lease(self, repository: str, *, holder: str, fence: int) -> bool:
        """See `ports.Store.release_lease`."""
        return self._changed(sql_lease.releasing(repository, holder, fence))

    def lease(self, repository: str) -> LeaseRow | None:
        """See `ports.Store.lease`."""
        with self._read() as connection:
            row = connection.execute(sql_lease.lease_row(repository)).one_or_none()
        return None if row is None else sql_lease.lease_of(row)

    def leases(self) -> tuple[LeaseRow, ...]:
        """See `ports.Store.leases`."""
        with self._read() as connection:
            return tuple(map(sql_lease.lease_of, connection.execute(sql_lease.lease_rows())))

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
        plan = sql_lease.Plan(
            repository=repository,
            holder=holder,
            fence=fence,
            sha=needed(sha, name="sha"),
            payload=json_text(payload, name="payload"),
            at=at,
        )
        with self._write() as connection:
            planning = sql_lease.planning(connection.dialect.name, plan)
            seq: int | None = connection.execute(planning).scalar_one_or_none()
        return seq

    def open_intents(self, repository: str) -> tuple[Intent, ...]:
        """See `ports.Store.open_intents`."""
        with self._read() as connection:
            rows = connection.execute(sql_lease.open_ones(repository)).all()
        return tuple(map(sql_lease.intent_of, rows))

    def settle_intent(self, seq: int, *, state: IntentState, at: str) -> bool:
        """See `ports.Store.settle_intent`."""
        return self._changed(sql_lease.settling(seq, state, at))

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

    def grant_waiver(self, waiver: Waiver) -> int:
        """See `ports.Store.grant_waiver`."""
        row = sql_waivers.waiver_row(waiver)
        with self._write() as connection:
            return sql_waivers.grant(connection, row)

    def revoke_waiver(self, seq: int, *, actor: str, reason: str, at: str) -> bool:
        """See `ports.Store.revoke_waiver`."""
        needed(actor, name="actor")
        needed(reason, name="reason")
        with self._write() as connection:
            return sql_waivers.revoke(connection, seq, actor=actor, reason=reason, at=at)

    def waivers(self, repository: str) -> tuple[Waiver, ...]:
        """See `ports.Store.waivers`."""
        with self._read() as connection:
            rows = connection.execute(sql_waivers.standing(repository)).all()
        return tuple(map(sql_waivers.waiver_of, rows))

    def note_waivers(self, repository: str, *, tree: str, waivers: Sequence[int]) -> None:
        """See `ports.Store.note_waivers`."""
        with self._write() as connection:
            sql_waivers.note(connection, repository, tree=tree, waivers=waivers)

    def use_up_waivers(self, repository: str, *, tree: str, sha: str, at: str) -> tuple[int, ...]:
        """See `ports.Store.use_up_waivers`."""
        with self._write() as connection:
            return sql_waivers.use_up(connection, repository, tree=tree, sha=sha, at=at)

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
