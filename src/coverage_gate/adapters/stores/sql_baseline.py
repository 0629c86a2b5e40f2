"""Baselines in SQL: the one statement by which a value rises, and the epochs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Row,
    ScalarSelect,
    Select,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.dml import ReturningInsert

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import BASELINES, BIG, LEASES, RATCHET_LOG
from coverage_gate.adapters.stores.sql_lease import may_write
from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.ratchet import FIRST_EPOCH, RatchetResult, RatchetStep, Rise, checked_rank
from coverage_gate.core.rates import Counts, percent_number
from coverage_gate.ports import StoreError

_OWNER = ("repository", "scope", "kind")


def ratchet(connection: Connection, rise: Rise) -> RatchetResult:
    """Raise, found or stamp the baseline, and log a rise. See `ports.Store.ratchet`."""
    written = connection.execute(rising(connection.dialect.name, rise)).one_or_none()
    if written is None:
        return _refusal(connection, rise)
    if written.prior_rank == written.rank:
        return RatchetResult.RESTAMPED
    prior, epoch = written.prior_rank, written.epoch
    connection.execute(logged(rise, epoch=epoch, old_rank=prior, fence=written.fence))
    return RatchetResult.FOUNDED if prior is None else RatchetResult.MOVED


def open_epoch(connection: Connection, rise: Rise) -> int:
    """Write a "*" row into a new epoch of the repository, whatever the lease. Returns the epoch."""
    newest = connection.execute(select(newest_epoch(rise.key.repository))).scalar() or 0
    epoch: int = newest + 1
    connection.execute(insert(BASELINES).values(**_columns(rise), epoch=epoch, fence=None))
    connection.execute(logged(rise, epoch=epoch, old_rank=None, fence=None))
    return epoch


def rising(dialect: str, rise: Rise) -> ReturningInsert[Any]:
    """The guarded statement. It returns a row when the value was written, none when not.

    Who may write and whether the value rises is decided where it is written, so that no other
    process can come between. The rule in words is in `core.ratchet`.
    """
    epoch = func.coalesce(newest_epoch(rise.key.repository), FIRST_EPOCH)
    columns = _columns(rise)
    values = [literal(value, BASELINES.c[name].type) for name, value in columns.items()]
    source = select(*values, epoch, _fence(rise)).where(
        may_write(rise.key.repository, rise.holder, rise.fence), _reaches_star(rise, epoch)
    )
    statement = upsert(dialect, BASELINES).from_select([*columns, "epoch", "fence"], source)
    offered = statement.excluded
    changed = {name: offered[name] for name in (*columns, "fence") if name not in _OWNER}
    return statement.on_conflict_do_update(
        index_elements=[*_OWNER, "epoch"],
        set_={**changed, "prior_rank": BASELINES.c.rank},
        where=offered.rank >= BASELINES.c.rank,
    ).returning(BASELINES.c.epoch, BASELINES.c.rank, BASELINES.c.prior_rank, BASELINES.c.fence)


def newest_epoch(repository: str) -> ScalarSelect[Any]:
    """The newest epoch of a repository, NULL without a baseline."""
    return (
        select(func.max(BASELINES.c.epoch))
        .where(BASELINES.c.repository == repository)
        .correlate(None)
        .scalar_subquery()
    )


def logged(rise: Rise, *, epoch: int, old_rank: int | None, fence: int | None) -> Insert:
    """The step of a rise, for the log."""
    columns = _columns(rise)
    kept = {name: columns[name] for name in (*_OWNER, "covered", "total", "sha")}
    return insert(RATCHET_LOG).values(
        **kept, epoch=epoch, old_rank=old_rank, new_rank=columns["rank"], fence=fence, at=rise.at
    )


def rows_for(key: BaselineKey) -> Select[Any]:
    """The key's own row and the "*" row, in the newest epoch."""
    table = BASELINES.c
    star = BaselineKey(repository=key.repository)
    return select(BASELINES).where(
        table.epoch == newest_epoch(key.repository), or_(_owned(key), _owned(star))
    )


def newest_steps(repository: str, limit: int) -> Select[Any]:
    """The newest steps of a repository, newest first."""
    log = RATCHET_LOG.c
    return (
        select(RATCHET_LOG)
        .where(log.repository == repository)
        .order_by(log.seq.desc())
        .limit(max(limit, 0))
    )


def baseline_of(row: Row[Any]) -> Baseline:
    """A row as a value.

    Raises:
        StoreError: If its parts contradict each other, so that it was changed by hand.
    """
    counts = _counts(row)
    try:
        rate = _rate(row.rate)
        sound = checked_rank(rate, counts) == row.rank
    except (ValueError, ZeroDivisionError):
        sound, rate = False, Fraction(0)
    if not sound:
        raise StoreError(
            f"the baseline of {row.repository!r} was changed by hand and contradicts itself; set "
            "it anew with `coverage-gate baseline set`"
        )
    return Baseline(
        key=BaselineKey(repository=row.repository, scope=row.scope, kind=row.kind),
        epoch=row.epoch,
        rate=rate,
        counts=counts,
        sha=row.sha,
        updated_at=row.updated_at,
        tree=row.tree,
    )


def step_of(row: Row[Any]) -> RatchetStep:
    """A row of the log as a value."""
    return RatchetStep(
        repository=row.repository,
        scope=row.scope,
        kind=row.kind,
        epoch=row.epoch,
        old_rank=row.old_rank,
        new_rank=row.new_rank,
        counts=_counts(row),
        sha=row.sha,
        fence=row.fence,
        at=row.at,
    )


def _columns(rise: Rise) -> dict[str, str | int | None]:
    return {
        "repository": rise.key.repository,
        "scope": rise.key.scope,
        "kind": rise.key.kind,
        "rank": checked_rank(rise.rate, rise.counts),
        "rate": f"{rise.rate.numerator}/{rise.rate.denominator}",
        "percent": str(percent_number(rise.rate)),
        "covered": rise.counts.covered if rise.counts else None,
        "total": rise.counts.total if rise.counts else None,
        "sha": rise.sha,
        "tree": rise.tree,
        "updated_at": rise.at,
    }


def _fence(rise: Rise) -> ColumnElement[Any]:
    ours = select(LEASES.c.fence).where(LEASES.c.repository == rise.key.repository)
    return func.coalesce(ours.scalar_subquery(), literal(rise.fence, BIG))


def _reaches_star(rise: Rise, epoch: ColumnElement[Any]) -> ColumnElement[bool]:
    star = BaselineKey(repository=rise.key.repository)
    own = exists().where(_owned(rise.key), BASELINES.c.epoch == epoch)
    higher = exists().where(
        _owned(star),
        BASELINES.c.epoch == epoch,
        BASELINES.c.rank > checked_rank(rise.rate, rise.counts),
    )
    return or_(own, ~higher)


def _owned(key: BaselineKey) -> ColumnElement[bool]:
    table = BASELINES.c
    return and_(
        table.repository == key.repository, table.scope == key.scope, table.kind == key.kind
    )


def _refusal(connection: Connection, rise: Rise) -> RatchetResult:
    allowed = select(may_write(rise.key.repository, rise.holder, rise.fence))
    lawful = connection.execute(allowed).scalar_one()
    return RatchetResult.NOT_HIGHER if lawful else RatchetResult.STALE_LEASE


def _counts(row: Row[Any]) -> Counts | None:
    return None if row.covered is None else Counts(covered=row.covered, total=row.total)


def _rate(text: str) -> Fraction:
    numerator, denominator = text.split("/")
    return Fraction(int(numerator), int(denominator))
