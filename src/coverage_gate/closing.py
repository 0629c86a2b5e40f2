"""Three tool errors in a row close the gate of a repository until a person looks. See ADR 0014."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from coverage_gate.core.decide import closed
from coverage_gate.core.measurement import BRANCH_FAILURES, FailureCode
from coverage_gate.core.verdict import Reason, State, Verdict
from coverage_gate.ports import Clock, Store, StoreError

#: After so many errors in a row nothing opens any more that was not measured.
MOST = 3

#: Failures of a branch that no control run has seen: they tell nothing about the tool.
_UNTRIED = BRANCH_FAILURES | {FailureCode.ERROR}


def kept_count(verdict: Verdict, *, repository: str, store: Store, clock: Clock) -> Verdict:
    """Count what the verdict tells about the tool; the verdict itself, or that the gate is closed.

    Args:
        verdict: As judged.
        repository: Whose errors are counted.
        store: Keeps the count.
        clock: Says when.
    """
    if verdict.state is State.UNMEASURABLE:
        return _counted(verdict, count_error(store, repository, clock))
    if _shows_that_it_works(verdict):
        forget_errors(store, repository)
    return verdict


def count_error(store: Store, repository: str, clock: Clock) -> int:
    """One more tool error. Returns how many came in a row.

    A store that cannot be written counts none: no branch can make it so.
    """
    try:
        return store.count_tool_error(repository, at=clock.now_iso())
    except StoreError:
        return 0


def forget_errors(store: Store, repository: str) -> None:
    """The tool works; what is closed stays closed."""
    with suppress(StoreError):
        # Most often there is none: then nothing is written.
        if store.tool_errors(repository):
            store.forget_tool_errors(repository, fewer_than=MOST)


def is_closed(store: Store, repository: str) -> bool:
    """Whether a tool error would fail. Raises StoreError."""
    return store.tool_errors(repository) >= MOST


def reopen(store: Store, repository: str, *, actor: str, reason: str, clock: Clock) -> bool:
    """Forget the errors, audited. False when the gate was not closed; then nothing changes.

    Raises:
        ValueError: Without actor or reason.
        StoreError: If the store cannot be written.
    """
    at = clock.now_iso()
    with store.transaction() as block:
        count = block.tool_errors(repository)
        if count < MOST:
            return False
        block.audit(
            actor=actor,
            action="reopened",
            repository=repository,
            reason=reason,
            detail={"tool_errors": count},
            at=at,
        )
        block.forget_tool_errors(repository)
    return True


def _counted(verdict: Verdict, count: int) -> Verdict:
    if count > MOST:
        return closed(verdict, MOST)
    if count < MOST:
        return verdict
    last = f"{MOST} tool errors in a row: the gate is closed now (coverage-gate reopen)"
    return replace(verdict, warnings=(*verdict.warnings, last))


def _shows_that_it_works(verdict: Verdict) -> bool:
    if verdict.measurement is not None:
        return True
    failed = verdict.failure
    tried = failed is not None and failed.code not in _UNTRIED
    return tried and verdict.code is Reason.BRANCH_UNMEASURABLE
