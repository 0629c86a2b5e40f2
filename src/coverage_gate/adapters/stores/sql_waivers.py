"""Waivers in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from coverage_gate.adapters.stores.dialect import upsert
from coverage_gate.adapters.stores.schema import WAIVER_USES, WAIVERS
from coverage_gate.adapters.stores.sql_records import audit_row, auditing
from coverage_gate.adapters.stores.texts import name_text, needed_prose
from coverage_gate.core.waiver import GATE, Category, Waiver, facts_of


def waiver_row(waiver: Waiver) -> dict[str, Any]:
    """The columns of a new waiver. ValueError without actor or reason."""
    return {
        "repository": name_text(waiver.repository),
        "category": waiver.category.value,
        "actor": needed_prose(waiver.actor, name="actor"),
        "reason": needed_prose(waiver.reason, name="reason"),
        "granted_at": waiver.granted_at,
        "expires_at": waiver.expires_at,
        "path": name_text(waiver.path),
        "first_line": waiver.first,
        "last_line": waiver.last,
        "digest": waiver.digest,
        "tests": json.dumps([name_text(test) for test in waiver.tests]),
    }


def waiver_of(row: Row[Any]) -> Waiver:
    """A waiver's row as a value."""
    return Waiver(
        seq=row.seq,
        repository=row.repository,
        category=Category(row.category),
        actor=row.actor,
        reason=row.reason,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        path=row.path,
        first=row.first_line,
        last=row.last_line,
        digest=row.digest,
        tests=tuple(json.loads(row.tests)),
        used_at=row.used_at or "",
        used_by=row.used_by or "",
    )


def grant(connection: Connection, row: dict[str, Any]) -> int:
    """Keep a waiver and audit it."""
    kept = connection.execute(insert(WAIVERS).values(**row).returning(WAIVERS)).one()
    note_of = audit_row(
        actor=row["actor"],
        action="waiver-granted",
        repository=row["repository"],
        reason=row["reason"],
        detail=facts_of(waiver_of(kept)),
        at=row["granted_at"],
    )
    connection.execute(auditing(note_of))
    return int(kept.seq)


def revoke(connection: Connection, seq: int, *, actor: str, reason: str, at: str) -> bool:
    """End a waiver and audit it; False where nothing is to be ended."""
    row = WAIVERS.c
    ended = connection.execute(
        update(WAIVERS)
        .where(row.seq == seq, row.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(row.repository)
    ).one_or_none()
    if ended is None:
        return False
    note_of = audit_row(
        actor=actor,
        action="waiver-revoked",
        repository=ended.repository,
        reason=reason,
        detail={"waiver": seq},
        at=at,
    )
    connection.execute(auditing(note_of))
    return True


def standing(repository: str) -> Select[Any]:
    """The waivers that were not revoked, oldest first."""
    row = WAIVERS.c
    return (
        select(WAIVERS)
        .where(row.repository == repository, row.revoked_at.is_(None))
        .order_by(row.seq)
    )


def note(connection: Connection, repository: str, *, tree: str, waivers: Sequence[int]) -> None:
    """Remember that the verdict on a tree used these waivers."""
    row = WAIVERS.c
    own = select(row.seq).where(row.repository == repository, row.seq.in_(list(waivers)))
    for seq in connection.execute(own).scalars().all():
        uses = upsert(connection.dialect.name, WAIVER_USES).values(waiver=seq, tree=tree)
        connection.execute(uses.on_conflict_do_nothing())


def use_up(
    connection: Connection, repository: str, *, tree: str, sha: str, at: str
) -> tuple[int, ...]:
    """End the waivers that the verdict on a merged tree used, and audit it."""
    row = WAIVERS.c
    noted = select(WAIVER_USES.c.waiver).where(WAIVER_USES.c.tree == tree)
    ended = connection.execute(
        update(WAIVERS)
        .where(
            row.repository == repository,
            row.used_at.is_(None),
            row.revoked_at.is_(None),
            row.seq.in_(noted),
        )
        .values(used_at=at, used_by=sha)
        .returning(row.seq)
    ).scalars()
    numbers = tuple(sorted(ended.all()))
    for seq in numbers:
        note_of = audit_row(
            actor=GATE,
            action="waiver-used",
            repository=repository,
            reason="the merge of what it allowed",
            detail={"waiver": seq, "sha": sha},
            at=at,
        )
        connection.execute(auditing(note_of))
    return numbers
