"""The merge lease in SQL, and the intents that are written under it. Rows are never deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Update,
    case,
    exists,
    false,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import BIG, INTENTS, LEASES
from coverage_gate.core.ratchet import LeaseRow
from coverage_gate.core.records import Intent, IntentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A wish for the lease; the fields are those of `ports.Store.acquire_lease`."""

    repository: str
    holder: str
    expires_ms: int
    now_ms: int
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A merge about to be made; the fields are those of `ports.Store.open_intent`."""

    repository: str
    holder: str
    fence: int
    sha: str
    payload: str
    at: str


def may_write(repository: str, holder: str | None, fence: int | None) -> ColumnElement[bool]:
    """Whether there is no lease row, or one with this holder and, where given, this fence."""
    return or_(~exists().where(LEASES.c.repository == repository), held(repository, holder, fence))


def held(repository: str, holder: str | None, fence: int | None) -> ColumnElement[bool]:
    """Whether there is a lease row with this holder and, where given, this fence."""
    if holder is None:  # would read as IS NULL and fit a lease that was given back
        return false()
    fences = () if fence is None else (LEASES.c.fence == fence,)
    return exists().where(LEASES.c.repository == repository, LEASES.c.holder == holder, *fences)


def granting(dialect: str, grant: Grant) -> ReturningInsert[Any]:
    """Take the lease if it is free or the holder's own. Returns the fence, or no row."""
    row = LEASES.c
    offered = {
        "repository": grant.repository,
        "holder": grant.holder,
        "fence": 1,
        "boot": grant.boot,
        "expires_ms": grant.expires_ms,
    }
    free = or_(row.holder.is_(None), row.expires_ms <= grant.now_ms, row.boot != grant.boot)
    longer = case((row.expires_ms > grant.expires_ms, row.expires_ms), else_=grant.expires_ms)
    return (
        upsert(dialect, LEASES)
        .values(**offered)
        .on_conflict_do_update(
            index_elements=["repository"],
            set_={
                "holder": grant.holder,
                "fence": row.fence + case((free, 1), else_=0),
                "boot": grant.boot,
                "expires_ms": case((free, literal(grant.expires_ms, BIG)), else_=longer),
            },
            where=or_(free, row.holder == grant.holder),
        )
        .returning(row.fence)
    )


def renewing(grant: Grant, fence: int) -> Update:
    """Prolong the lease that this holder has under this fence and clock."""
    return (
        update(LEASES)
        .where(*_exactly(grant.repository, grant.holder, fence), LEASES.c.boot == grant.boot)
        .values(expires_ms=grant.expires_ms)
    )


def releasing(repository: str, holder: str, fence: int) -> Update:
    """Give back the lease that this holder has under this fence."""
    return (
        update(LEASES).where(*_exactly(repository, holder, fence)).values(holder=None, expires_ms=0)
    )


def lease_rows() -> Select[Any]:
    """The lease of every repository that ever had one, by name."""
    return select(LEASES).order_by(LEASES.c.repository)


def lease_row(repository: str) -> Select[Any]:
    """The lease row as it stands."""
    return select(LEASES).where(LEASES.c.repository == repository)


def planning(dialect: str, plan: Plan) -> ReturningInsert[Any]:
    """Note an intent under the lease. Returns its number, also of the one noted before."""
    columns = {
        "repository": plan.repository,
        "holder": plan.holder,
        "fence": plan.fence,
        "sha": plan.sha,
        "payload": plan.payload,
        "state": IntentState.OPEN.value,
        "at": plan.at,
    }
    values = [literal(value, INTENTS.c[name].type) for name, value in columns.items()]
    source = select(*values).where(held(plan.repository, plan.holder, plan.fence))
    return (
        upsert(dialect, INTENTS)
        .from_select(list(columns), source)
        .on_conflict_do_update(
            index_elements=["repository", "fence", "sha"],
            set_={"at": INTENTS.c.at},  # changes nothing, but returns the row
        )
        .returning(INTENTS.c.seq)
    )


def open_ones(repository: str) -> Select[Any]:
    """The intents that nobody has settled, oldest first."""
    intent = INTENTS.c
    return (
        select(INTENTS)
        .where(intent.repository == repository, intent.state == IntentState.OPEN.value)
        .order_by(intent.seq)
    )


def settling(seq: int, state: IntentState, at: str) -> Update:
    """Close an open intent."""
    return (
        update(INTENTS)
        .where(INTENTS.c.seq == seq, INTENTS.c.state == IntentState.OPEN.value)
        .values(state=state.value, settled_at=at)
    )


def lease_of(row: Row[Any]) -> LeaseRow:
    """A lease row as a value."""
    return LeaseRow(
        repository=row.repository,
        holder=row.holder,
        fence=row.fence,
        boot=row.boot,
        expires_ms=row.expires_ms,
    )


def intent_of(row: Row[Any]) -> Intent:
    """An intent's row as a value."""
    return Intent(
        seq=row.seq,
        repository=row.repository,
        holder=row.holder,
        fence=row.fence,
        sha=row.sha,
        payload=row.payload,
        state=IntentState(row.state),
        at=row.at,
    )


def _exactly(repository: str, holder: str, fence: int) -> tuple[ColumnElement[bool], ...]:
    row = LEASES.c
    return row.repository == repository, row.holder == holder, row.fence == fence
