"""What every store promises of the lease, and of what may be written under it."""

import pytest
from tests.contract.store_calls import LATER, acquire, intend, rise, tenths

from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.ratchet import RatchetResult
from coverage_gate.core.records import IntentState
from coverage_gate.ports import Store

# Lease and ratchet


def test_the_leases_of_all_repositories_are_listed_by_name(store: Store) -> None:
    for name in ("b", "a"):
        store.acquire_lease(name, holder="x", ttl_ms=9, now_ms=1, boot="boot")
    store.release_lease("b", holder="x", fence=1)
    assert store.leases() == (store.lease("a"), store.lease("b"))


def test_without_a_lease_row_the_hosts_own_lease_is_trusted(store: Store) -> None:
    assert rise(store, tenths(8), holder="host-task", fence=77) is RatchetResult.FOUNDED
    assert store.ratchet_log("repo", limit=1)[0].fence == 77


@pytest.mark.parametrize(
    ("holder", "fence", "allowed"),
    [
        ("task-1", 1, True),
        ("task-1", None, True),
        ("task-1", 2, False),
        ("task-2", 1, False),
        ("task-2", None, False),
        (None, 1, False),
        (None, None, False),
        ("", None, False),
    ],
)
def test_under_a_lease_only_its_holder_ratchets(
    store: Store, holder: str | None, fence: int | None, allowed: bool
) -> None:
    assert acquire(store, "task-1") == 1
    result = rise(store, tenths(8), holder=holder, fence=fence)
    assert result is (RatchetResult.FOUNDED if allowed else RatchetResult.STALE_LEASE)
    assert store.has_baseline("repo") is allowed


@pytest.mark.parametrize("holder", ["task-1", None])
def test_a_lease_that_was_given_back_lets_nobody_ratchet(store: Store, holder: str | None) -> None:
    store.release_lease("repo", holder="task-1", fence=acquire(store))
    assert rise(store, tenths(8), holder=holder) is RatchetResult.STALE_LEASE


def test_a_holder_that_slept_through_a_hand_over_is_refused(store: Store) -> None:
    old = acquire(store, "task-1")
    acquire(store, "task-2", now=1000)
    assert rise(store, tenths(8), holder="task-1", fence=old) is RatchetResult.STALE_LEASE


def test_a_holder_that_slept_through_two_hand_overs_is_refused_by_its_fence(store: Store) -> None:
    old = acquire(store, "task-1")
    acquire(store, "task-2", now=1000)
    acquire(store, "task-1", now=2000)
    assert rise(store, tenths(8), holder="task-1", fence=old) is RatchetResult.STALE_LEASE


def test_a_lease_that_ran_out_but_was_not_taken_still_ratchets(store: Store) -> None:
    acquire(store, "task-1", now=-(10**9))
    assert rise(store, tenths(8), holder="task-1") is RatchetResult.FOUNDED


def test_a_stale_lease_is_told_before_a_value_that_is_too_low(store: Store) -> None:
    rise(store, tenths(8))
    acquire(store, "task-1")
    assert rise(store, tenths(7), holder="task-2") is RatchetResult.STALE_LEASE
    assert rise(store, tenths(7), holder="task-1") is RatchetResult.NOT_HIGHER


def test_a_lease_of_one_repository_does_not_bind_another(store: Store) -> None:
    acquire(store)
    assert rise(store, tenths(8), key=BaselineKey(repository="x")) is RatchetResult.FOUNDED


# Lease


def test_a_repository_without_a_lease_has_no_row(store: Store) -> None:
    assert store.lease("repo") is None


def test_the_first_grant_has_fence_one(store: Store) -> None:
    assert acquire(store, now=5) == 1
    row = store.lease("repo")
    assert row is not None
    assert (row.holder, row.fence, row.boot, row.expires_ms) == ("task-1", 1, "boot", 105)


def test_a_held_lease_is_not_granted(store: Store) -> None:
    acquire(store, "task-1")
    assert store.acquire_lease("repo", holder="x", ttl_ms=9, now_ms=99, boot="boot") is None
    row = store.lease("repo")
    assert row is not None
    assert row.holder == "task-1"


def test_the_live_holder_gets_its_fence_again_and_the_longer_time(store: Store) -> None:
    acquire(store, now=0)
    assert store.acquire_lease("repo", holder="task-1", ttl_ms=10, now_ms=50, boot="boot") == 1
    assert store.acquire_lease("repo", holder="task-1", ttl_ms=100, now_ms=50, boot="boot") == 1
    row = store.lease("repo")
    assert row is not None
    assert row.expires_ms == 150


def test_asking_again_never_shortens_the_lease(store: Store) -> None:
    acquire(store, now=0)
    store.acquire_lease("repo", holder="task-1", ttl_ms=10, now_ms=50, boot="boot")
    row = store.lease("repo")
    assert row is not None
    assert row.expires_ms == 100


@pytest.mark.parametrize("holder", ["task-1", "task-2"])
def test_a_lease_that_ran_out_is_granted_with_the_next_fence(store: Store, holder: str) -> None:
    acquire(store, "task-1", now=0)
    assert acquire(store, holder, now=100) == 2


@pytest.mark.parametrize("holder", ["task-1", "task-2"])
def test_a_lease_of_another_boot_is_granted_with_the_next_fence(store: Store, holder: str) -> None:
    acquire(store, "task-1", now=10**9)
    assert acquire(store, holder, now=0, boot="next boot") == 2
    row = store.lease("repo")
    assert row is not None
    assert (row.boot, row.expires_ms) == ("next boot", 100)


def test_a_lease_that_was_given_back_is_granted_with_the_next_fence(store: Store) -> None:
    assert store.release_lease("repo", holder="task-1", fence=acquire(store))
    row = store.lease("repo")
    assert row is not None
    assert (row.holder, row.fence) == (None, 1)
    assert acquire(store, "task-2") == 2


@pytest.mark.parametrize(("holder", "fence"), [("task-2", 1), ("task-1", 2)])
def test_nobody_else_gives_a_lease_back(store: Store, holder: str, fence: int) -> None:
    acquire(store)
    assert not store.release_lease("repo", holder=holder, fence=fence)
    row = store.lease("repo")
    assert row is not None
    assert row.holder == "task-1"


def test_a_lease_that_was_never_taken_cannot_be_given_back_or_prolonged(store: Store) -> None:
    assert not store.release_lease("repo", holder="task-1", fence=1)
    assert not store.renew_lease("repo", holder="task-1", fence=1, ttl_ms=1, now_ms=0, boot="boot")


def test_a_holder_prolongs_its_lease(store: Store) -> None:
    fence = acquire(store)
    assert store.renew_lease(
        "repo", holder="task-1", fence=fence, ttl_ms=100, now_ms=70, boot="boot"
    )
    row = store.lease("repo")
    assert row is not None
    assert (row.expires_ms, row.fence) == (170, fence)


@pytest.mark.parametrize(
    ("holder", "fence", "boot"), [("task-2", 1, "boot"), ("task-1", 2, "boot"), ("task-1", 1, "x")]
)
def test_a_stale_holder_does_not_prolong(store: Store, holder: str, fence: int, boot: str) -> None:
    acquire(store)
    assert not store.renew_lease(
        "repo", holder=holder, fence=fence, ttl_ms=100, now_ms=70, boot=boot
    )
    row = store.lease("repo")
    assert row is not None
    assert row.expires_ms == 100


@pytest.mark.parametrize(("holder", "ttl"), [("", 1), ("  ", 1), ("task", 0), ("task", -5)])
def test_a_lease_needs_a_holder_and_a_time(store: Store, holder: str, ttl: int) -> None:
    with pytest.raises(ValueError, match=r"must be given|lasts longer"):
        store.acquire_lease("repo", holder=holder, ttl_ms=ttl, now_ms=0, boot="boot")
    assert store.lease("repo") is None


# Intents


def test_an_intent_under_the_lease_stays_open_until_it_is_settled(store: Store) -> None:
    seq = intend(store, acquire(store))
    assert seq is not None
    (intent,) = store.open_intents("repo")
    assert (intent.seq, intent.sha, intent.payload) == (seq, "abc", '{"n": 1}')


@pytest.mark.parametrize("state", [IntentState.DONE, IntentState.DROPPED])
def test_an_intent_is_settled_once(store: Store, state: IntentState) -> None:
    seq = intend(store, acquire(store))
    assert seq is not None
    assert store.settle_intent(seq, state=state, at=LATER)
    assert not store.settle_intent(seq, state=state, at=LATER)
    assert store.open_intents("repo") == ()


def test_an_unknown_intent_cannot_be_settled(store: Store) -> None:
    assert not store.settle_intent(7, state=IntentState.DONE, at=LATER)


def test_the_same_merge_under_the_same_fence_is_one_intent(store: Store) -> None:
    fence = acquire(store)
    assert intend(store, fence) == intend(store, fence)
    assert len(store.open_intents("repo")) == 1


def test_intents_come_back_oldest_first(store: Store) -> None:
    fence = acquire(store)
    for sha in ("b", "a", "c"):
        intend(store, fence, sha=sha)
    assert [intent.sha for intent in store.open_intents("repo")] == ["b", "a", "c"]


@pytest.mark.parametrize(("holder", "fence"), [("task-2", 1), ("task-1", 2)])
def test_an_intent_needs_the_lease(store: Store, holder: str, fence: int) -> None:
    acquire(store)
    assert intend(store, fence, holder=holder) is None
    assert store.open_intents("repo") == ()


def test_an_intent_needs_a_lease_row(store: Store) -> None:
    assert intend(store, 1) is None


def test_whoever_gets_the_lease_next_sees_the_open_intents(store: Store) -> None:
    old = acquire(store, "task-1")
    intend(store, old)
    acquire(store, "task-2", now=1000)
    (intent,) = store.open_intents("repo")
    assert (intent.holder, intent.fence, intent.state) == ("task-1", old, IntentState.OPEN)


def test_an_intent_names_its_commit(store: Store) -> None:
    with pytest.raises(ValueError, match="sha is empty"):
        intend(store, acquire(store), sha="")
