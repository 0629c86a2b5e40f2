"""Waivers as a person grants, lists and revokes them. Raises; the command line tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.boundary import visible
from coverage_gate.clock import SystemClock
from coverage_gate.core.similar import did_you_mean_file, did_you_mean_test
from coverage_gate.core.waiver import (
    BadWaiverError,
    Category,
    Waiver,
    expiry,
    read_range,
    taken_from,
)
from coverage_gate.ports import RepositoryError
from coverage_gate.settings import Settings
from coverage_gate.wiring import open_repository, store_of

#: Measurements among which that of the base is looked for, and how many are read.
_LISTED, _READ = 200, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody wants to allow.

    Attributes:
        repository: Where.
        category: Of the reason.
        actor: Who.
        reason: Why.
        expires: How long, as in "14d".
    """

    repository: str
    category: Category
    actor: str
    reason: str
    expires: str


def grant_lines(
    settings: Settings, wish: Grant, folder: Path, *, ref: str, path: str, lines: str
) -> Waiver:
    """Allow lines as they stand in a commit.

    Args:
        settings: Where the store is.
        wish: What is common to all waivers.
        folder: The repository.
        ref: The commit, mostly the branch.
        path: A file of it.
        lines: As in "10-14".

    Raises:
        BadWaiverError: If it has no such lines, or something is missing.
        RepositoryError, StoreError: As they occur.
    """
    first, last = read_range(lines)
    with open_repository(settings, wish.repository, folder=folder) as view:
        tree = view.resolve(ref).tree
        text = view.read_file(tree, path)
        if text is None:
            near = did_you_mean_file(path, view.paths(tree))
            raise BadWaiverError(f"{visible(ref)} has no file {visible(path)}{near}")
    digest = taken_from(text, first, last)
    return _granted(settings, wish, path=path, first=first, last=last, digest=digest)


def grant_tests(settings: Settings, wish: Grant, tests: tuple[str, ...]) -> Waiver:
    """Allow tests to be gone. Raises as `grant_lines`."""
    return _granted(settings, wish, tests=tests)


def doubts(
    settings: Settings, repository: str, folder: Path, tests: tuple[str, ...]
) -> tuple[str, ...]:
    """Which of these tests nobody has seen, in sentences; a waiver of those allows nothing.

    It is no refusal: what is stored may be another environment's, or nothing yet.

    Raises:
        StoreError: If the store cannot be read.
    """
    known: set[str] = set()
    for outcomes in _seen(settings, repository, folder):
        known.update(outcomes)
        if known.issuperset(tests):
            return ()
    missing = [test for test in dict.fromkeys(tests) if test not in known]
    if not known:
        return (
            f"no measurement tells which tests there are, so {' and '.join(missing)} may not exist",
        )
    return tuple(
        f"no stored measurement has a test {test}{did_you_mean_test(test, known)}"
        for test in missing
    )


def _seen(settings: Settings, repository: str, folder: Path) -> Iterator[Mapping[str, object]]:
    """The tests of stored measurements: those of the base first, then the newest ones."""
    store, tree = store_of(settings), None
    with suppress(RepositoryError), open_repository(settings, repository, folder=folder) as view:
        tree = view.resolve(settings.base).tree
    rows = sorted(store.measurements(repository, limit=_LISTED), key=lambda row: row.tree != tree)
    for row in rows[:_READ]:
        found = store.load_measurement(row.identity)
        yield (found.tests.outcomes if found else None) or {}


def _granted(
    settings: Settings,
    wish: Grant,
    *,
    path: str = "",
    first: int = 0,
    last: int = 0,
    digest: str = "",
    tests: tuple[str, ...] = (),
) -> Waiver:
    now = SystemClock().now_iso()
    waiver = Waiver(
        repository=wish.repository,
        category=wish.category,
        actor=wish.actor,
        reason=wish.reason,
        granted_at=now,
        expires_at=expiry(wish.expires, now),
        path=path,
        first=first,
        last=last,
        digest=digest,
        tests=tests,
    )
    store = store_of(settings)
    seq = store.grant_waiver(waiver)
    return next(row for row in store.waivers(wish.repository) if row.seq == seq)


def standing(settings: Settings, repository: str) -> tuple[Waiver, ...]:
    """The waivers of a repository that were not revoked, oldest first."""
    return store_of(settings).waivers(repository)


def revoke(settings: Settings, seq: int, *, actor: str, reason: str) -> bool:
    """End a waiver; False where there is none. ValueError without actor or reason."""
    now = SystemClock().now_iso()
    return store_of(settings).revoke_waiver(seq, actor=actor, reason=reason, at=now)
