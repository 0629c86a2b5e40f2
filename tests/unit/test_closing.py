"""Three tool errors in a row close the gate of a repository until a person looks."""

from dataclasses import replace

import pytest

from coverage_gate.closing import MOST, is_closed, kept_count, reopen
from coverage_gate.core.decide import branch_unmeasurable, gate_error, refused, tool_error
from coverage_gate.core.measurement import FailureCode, MeasureFailure
from coverage_gate.core.policy import Policy
from coverage_gate.core.verdict import Reason, State, Verdict
from coverage_gate.ports import Store, StoreError
from coverage_gate.testing.fakes import FixedClock
from coverage_gate.testing.stores import MemoryStore
from coverage_gate.testing.values import covered, measurement

TIMEOUT = MeasureFailure(code=FailureCode.TIMEOUT, message="the tests did not end")


class FullStore(MemoryStore):
    """Counts nothing, since it cannot be written."""

    def count_tool_error(self, repository: str, *, at: str) -> int:
        del repository, at
        raise StoreError("found no room")

    def tool_errors(self, repository: str) -> int:
        del repository
        raise StoreError("found no room")


def error(*, fail_closed: bool = False) -> Verdict:
    return tool_error(TIMEOUT, Policy(fail_closed=fail_closed))


def blamed(code: FailureCode) -> Verdict:
    failure = MeasureFailure(code=code, message="")
    return branch_unmeasurable(failure, Policy(), commit=None, tree=None, base_commit=None)


def keep(store: Store, verdict: Verdict) -> Verdict:
    return kept_count(verdict, repository="repo", store=store, clock=FixedClock())


def store_after(errors: int) -> MemoryStore:
    store = MemoryStore()
    for _ in range(errors):
        keep(store, error())
    return store


@pytest.mark.parametrize("fail_closed", [False, True])
def test_the_first_errors_are_answered_as_ever(*, fail_closed: bool) -> None:
    verdict = error(fail_closed=fail_closed)
    assert keep(store_after(MOST - 2), verdict) == verdict


def test_the_last_error_that_is_let_pass_says_that_it_was() -> None:
    verdict = keep(store_after(MOST - 1), error())
    assert verdict.merge_allowed
    assert "the gate is closed now (coverage-gate reopen)" in verdict.warnings[-1]


@pytest.mark.parametrize("fail_closed", [False, True])
@pytest.mark.parametrize("broken", [False, True])
def test_then_nothing_opens_that_was_not_measured(*, fail_closed: bool, broken: bool) -> None:
    policy = Policy(fail_closed=fail_closed)
    made = gate_error("it broke", policy) if broken else tool_error(TIMEOUT, policy)
    verdict = keep(store_after(MOST), made)
    assert (verdict.state, verdict.merge_allowed, verdict.code) == (
        State.FAIL,
        False,
        Reason.CLOSED,
    )
    assert verdict.reason.startswith("closed after 3 tool errors in a row, until a person looks")
    assert verdict.warnings == ()


def test_an_error_without_a_failure_tells_its_reason() -> None:
    verdict = keep(store_after(MOST), replace(error(), failure=None))
    assert verdict.reason.endswith(error().reason)


def measured() -> Verdict:
    return replace(
        error(), state=State.FAIL, merge_allowed=False, measurement=measurement(covered(1, 2))
    )


@pytest.mark.parametrize("good", [measured(), blamed(FailureCode.TIMEOUT)])
def test_a_measurement_or_a_good_control_run_begins_the_count_again(good: Verdict) -> None:
    store = store_after(MOST - 1)
    assert keep(store, good) == good
    assert store.tool_errors("repo") == 0


@pytest.mark.parametrize(
    "verdict",
    [
        blamed(FailureCode.FOREIGN_MODULE),
        blamed(FailureCode.ERROR),
        refused("does not merge", Reason.DOES_NOT_MERGE, Policy()),
    ],
)
def test_what_tells_nothing_about_the_tool_changes_nothing(verdict: Verdict) -> None:
    store = store_after(MOST - 1)
    assert keep(store, verdict) == verdict
    assert store.tool_errors("repo") == MOST - 1


def test_a_measurement_does_not_open_what_is_closed() -> None:
    store = store_after(MOST)
    assert keep(store, measured()) == measured()
    assert is_closed(store, "repo")


def test_a_store_that_cannot_be_written_counts_nothing() -> None:
    assert keep(FullStore(), error()) == error()
    assert keep(FullStore(), measured()) == measured()


def test_a_person_opens_it_again_and_that_is_kept() -> None:
    store = store_after(MOST)
    assert reopen(store, "repo", actor="ana", reason="the disk was full", clock=FixedClock())
    assert not is_closed(store, "repo")
    (row,) = store.audits("repo", limit=5)
    assert (row.actor, row.action, row.reason, row.detail) == (
        "ana",
        "reopened",
        "the disk was full",
        '{"tool_errors": 3}',
    )


def test_what_is_not_closed_is_not_opened() -> None:
    store = store_after(MOST - 1)
    assert not reopen(store, "repo", actor="ana", reason="why not", clock=FixedClock())
    assert store.audits("repo", limit=5) == ()
    assert store.tool_errors("repo") == MOST - 1


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("ana", " ")])
def test_nobody_opens_it_without_name_and_reason(actor: str, reason: str) -> None:
    store = store_after(MOST)
    with pytest.raises(ValueError, match=r"actor|reason"):
        reopen(store, "repo", actor=actor, reason=reason, clock=FixedClock())
    assert is_closed(store, "repo")
