"""What every store promises: one suite over the one in memory and the one on SQLite."""

import json
import threading
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from coverage_gate.adapters.stores.store import open_store
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.ratchet import RANK_ONE, RatchetResult
from coverage_gate.core.rates import Counts
from coverage_gate.core.records import IntentState, OutboxState
from coverage_gate.ports import Store, StoreError
from coverage_gate.testing.fakes import FixedClock
from coverage_gate.testing.stores import MemoryStore
from coverage_gate.testing.values import covered, measurement

AT, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
STAR = BaselineKey(repository="repo")
OWN = BaselineKey(repository="repo", scope="scope", kind="ctrace-3.11-line")
OTHER = replace(OWN, kind="ctrace-3.12-line")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return open_store(tmp_path / "store.db", clock=FixedClock())


def rise(
    store: Store,
    rate: Fraction,
    *,
    key: BaselineKey = OWN,
    counts: Counts | None = None,
    sha: str = "sha",
    holder: str | None = None,
    fence: int | None = None,
    at: str = AT,
) -> RatchetResult:
    return store.ratchet(
        key=key,
        rate=rate,
        counts=counts,
        sha=sha,
        tree="tree",
        holder=holder,
        fence=fence,
        at=at,
    )


def reset(store: Store, rate: Fraction, *, actor: str = "ann", reason: str = "moved code") -> int:
    return store.reset_baseline(repository="repo", rate=rate, actor=actor, reason=reason, at=LATER)


def acquire(store: Store, holder: str = "task-1", *, now: int = 0, boot: str = "boot") -> int:
    fence = store.acquire_lease("repo", holder=holder, ttl_ms=100, now_ms=now, boot=boot)
    assert fence is not None
    return fence


def tenths(count: int) -> Fraction:
    return Fraction(count, 10)


# Baselines


def test_a_new_store_knows_nothing(store: Store) -> None:
    assert store.baseline(OWN) is None
    assert not store.has_baseline("repo")
    assert store.baselines() == ()


def test_the_first_value_founds_the_baseline(store: Store) -> None:
    assert rise(store, tenths(8), counts=Counts(covered=8, total=10)) is RatchetResult.FOUNDED
    row = store.baseline(OWN)
    assert row is not None
    assert (row.rate, row.counts, row.epoch) == (tenths(8), Counts(covered=8, total=10), 1)


def test_a_founded_baseline_is_there(store: Store) -> None:
    rise(store, tenths(8))
    assert store.has_baseline("repo")
    assert not store.has_baseline("another")


def test_a_higher_value_moves_the_baseline(store: Store) -> None:
    rise(store, tenths(8))
    assert rise(store, tenths(9), sha="new", at=LATER) is RatchetResult.MOVED
    row = store.baseline(OWN)
    assert row is not None
    assert (row.rate, row.sha, row.updated_at) == (tenths(9), "new", LATER)


def test_a_lower_value_changes_nothing(store: Store) -> None:
    rise(store, tenths(8))
    before = store.baseline(OWN)
    assert rise(store, tenths(7), sha="new", at=LATER) is RatchetResult.NOT_HIGHER
    assert store.baseline(OWN) == before


def test_an_equal_value_stamps_commit_time_and_integers_anew(store: Store) -> None:
    rise(store, tenths(8), counts=Counts(covered=8, total=10))
    again = rise(store, tenths(8), counts=Counts(covered=16, total=20), sha="new", at=LATER)
    assert again is RatchetResult.RESTAMPED
    row = store.baseline(OWN)
    assert row is not None
    assert (row.sha, row.updated_at, row.counts) == ("new", LATER, Counts(covered=16, total=20))


def test_a_value_that_is_higher_by_one_line_in_thirty_million_moves_it(store: Store) -> None:
    total = 30_000_000
    rise(store, Fraction(total - 2, total))
    assert rise(store, Fraction(total - 1, total)) is RatchetResult.MOVED


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(1, 3), Fraction(1), Fraction(8733, 10**17)])
def test_a_rate_comes_back_exactly(store: Store, rate: Fraction) -> None:
    rise(store, rate)
    row = store.baseline(OWN)
    assert row is not None
    assert row.rate == rate


@pytest.mark.parametrize("rate", [Fraction(-1, 100), Fraction(101, 100)])
def test_a_rate_out_of_range_is_refused(store: Store, rate: Fraction) -> None:
    with pytest.raises(ValueError, match=r"lies in 0\.\.1"):
        rise(store, rate)
    assert store.baselines() == ()


@pytest.mark.parametrize("counts", [Counts(covered=1, total=2), Counts(covered=0, total=0)])
def test_a_rate_that_is_not_that_of_its_integers_is_refused(store: Store, counts: Counts) -> None:
    with pytest.raises(ValueError, match="not that of the counts"):
        rise(store, tenths(8), counts=counts)
    assert store.baselines() == ()


def test_numbers_of_another_kind_are_not_compared(store: Store) -> None:
    rise(store, tenths(8))
    assert store.baseline(OTHER) is None
    assert rise(store, tenths(1), key=OTHER) is RatchetResult.FOUNDED


def test_a_key_without_own_row_is_compared_with_the_star_row(store: Store) -> None:
    rise(store, tenths(8), key=STAR)
    row = store.baseline(OWN)
    assert row is not None
    assert (row.key, row.rate) == (STAR, tenths(8))


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (7, RatchetResult.NOT_HIGHER),
        (8, RatchetResult.FOUNDED),
        (9, RatchetResult.FOUNDED),
    ],
)
def test_a_founding_reaches_the_star_row(store: Store, value: int, result: RatchetResult) -> None:
    rise(store, tenths(8), key=STAR)
    assert rise(store, tenths(value)) is result


def test_an_own_row_comes_before_the_star_row(store: Store) -> None:
    rise(store, tenths(8))
    rise(store, tenths(9), key=STAR)
    row = store.baseline(OWN)
    assert row is not None
    assert row.key == OWN


def test_a_star_row_is_compared_with_itself_only(store: Store) -> None:
    rise(store, tenths(8))
    assert rise(store, tenths(5), key=STAR) is RatchetResult.FOUNDED
    assert rise(store, tenths(4), key=STAR) is RatchetResult.NOT_HIGHER


def test_an_own_row_below_a_later_star_row_still_rises_by_its_own_rule(store: Store) -> None:
    rise(store, tenths(5))
    rise(store, tenths(9), key=STAR)
    assert rise(store, tenths(6)) is RatchetResult.MOVED


def test_the_snapshot_has_the_last_written_row_of_each_repository(store: Store) -> None:
    rise(store, tenths(9), key=OTHER, at=AT)
    rise(store, tenths(8), key=OWN, at=LATER)
    rise(store, tenths(7), key=BaselineKey(repository="another"))
    found = [(row.key.repository, row.rate) for row in store.baselines()]
    assert found == [("another", tenths(7)), ("repo", tenths(8))]


def test_within_a_second_the_measured_row_is_the_newer_one(store: Store) -> None:
    rise(store, tenths(8), key=STAR)
    rise(store, tenths(8))
    assert [row.key for row in store.baselines()] == [OWN]


# Reset: the one way down


def test_a_reset_opens_a_new_epoch_with_a_star_row(store: Store) -> None:
    rise(store, tenths(8))
    assert reset(store, tenths(5)) == 2
    row = store.baseline(OWN)
    assert row is not None
    assert (row.key, row.rate, row.counts, row.sha) == (STAR, tenths(5), None, "")


def test_a_reset_without_a_baseline_founds_the_first_epoch(store: Store) -> None:
    assert reset(store, tenths(5)) == 1


def test_after_a_reset_a_key_is_founded_anew_from_the_star_row(store: Store) -> None:
    rise(store, tenths(8))
    reset(store, tenths(5))
    assert rise(store, tenths(4)) is RatchetResult.NOT_HIGHER
    assert rise(store, tenths(6)) is RatchetResult.FOUNDED


def test_the_snapshot_shows_the_newest_epoch_even_with_an_older_clock(store: Store) -> None:
    rise(store, tenths(8), at="2026-12-31T00:00:00Z")
    reset(store, tenths(5))
    assert [row.rate for row in store.baselines()] == [tenths(5)]


def test_a_reset_is_audited_with_actor_reason_and_value(store: Store) -> None:
    reset(store, tenths(5), actor="ann", reason="generated code left")
    (row,) = store.audits("repo", limit=10)
    assert (row.actor, row.action, row.reason) == ("ann", "baseline-reset", "generated code left")
    assert json.loads(row.detail) == {"epoch": 1, "rank": RANK_ONE // 2}


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), (" \n", "why"), ("ann", "")])
def test_a_reset_without_actor_or_reason_writes_nothing(
    store: Store, actor: str, reason: str
) -> None:
    with pytest.raises(ValueError, match="must be given"):
        reset(store, tenths(5), actor=actor, reason=reason)
    assert store.baselines() == ()


def test_a_refused_reset_leaves_nothing_in_a_transaction_that_goes_on(store: Store) -> None:
    with store.transaction() as block, pytest.raises(ValueError, match="must be given"):
        reset(block, tenths(5), actor="")
    assert not store.has_baseline("repo")


def test_a_reset_to_more_than_everything_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match=r"lies in 0\.\.1"):
        reset(store, Fraction(2))
    assert store.audits("repo", limit=10) == ()


def test_hostile_words_of_an_actor_are_kept_as_escapes(store: Store) -> None:
    reset(store, tenths(5), actor="a\0b\udc80", reason="línea\nnueva")
    (row,) = store.audits("repo", limit=1)
    assert (row.actor, row.reason) == ("a\\u0000b\\udc80", "línea\nnueva")


# The log


def test_the_log_chains_each_rise_to_the_one_before(store: Store) -> None:
    for value in (5, 7, 7, 6, 9):
        rise(store, tenths(value), sha=f"sha-{value}")
    steps = store.ratchet_log("repo", limit=10)
    assert [(step.old_rank, step.new_rank) for step in steps] == [
        (7 * RANK_ONE // 10, 9 * RANK_ONE // 10),
        (5 * RANK_ONE // 10, 7 * RANK_ONE // 10),
        (None, 5 * RANK_ONE // 10),
    ]


def test_a_step_of_the_log_says_what_rose_and_under_which_lease(store: Store) -> None:
    fence = acquire(store)
    counts = Counts(covered=8, total=10)
    rise(store, tenths(8), counts=counts, sha="abc", holder="task-1", at=LATER)
    (step,) = store.ratchet_log("repo", limit=10)
    assert (step.scope, step.kind, step.epoch) == (OWN.scope, OWN.kind, 1)
    assert (step.counts, step.sha, step.fence, step.at) == (counts, "abc", fence, LATER)


def test_a_reset_begins_a_chain_of_its_own_in_the_log(store: Store) -> None:
    rise(store, tenths(8))
    reset(store, tenths(5))
    step = store.ratchet_log("repo", limit=1)[0]
    assert (step.epoch, step.old_rank, step.sha) == (2, None, "")


@pytest.mark.parametrize(("limit", "count"), [(2, 2), (0, 0), (-1, 0)])
def test_the_log_is_as_long_as_asked_for(store: Store, limit: int, count: int) -> None:
    for value in (5, 6, 7):
        rise(store, tenths(value))
    assert len(store.ratchet_log("repo", limit=limit)) == count


# Lease and ratchet


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


def intend(store: Store, fence: int, *, sha: str = "abc", holder: str = "task-1") -> int | None:
    return store.open_intent(
        repository="repo", holder=holder, fence=fence, sha=sha, payload={"n": 1}, at=AT
    )


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


# Measurements

GOOD = measurement(covered(9, 10), tests={"tests/test_a.py::test_a": "passed"})


def test_a_measurement_comes_back_whole(store: Store) -> None:
    store.save_measurement("repo", GOOD, AT)
    assert store.load_measurement(GOOD.provenance.identity) == GOOD


def test_an_unknown_measurement_is_absent(store: Store) -> None:
    assert store.load_measurement("nothing") is None


def test_of_two_measurements_of_one_identity_the_first_is_kept(store: Store) -> None:
    store.save_measurement("repo", GOOD, AT)
    store.save_measurement("another", replace(GOOD, files=()), LATER)
    assert store.load_measurement(GOOD.provenance.identity) == GOOD
    assert store.measurements("another", limit=5) == ()


def test_an_uncommitted_measurement_is_not_kept(store: Store) -> None:
    loose = replace(GOOD, provenance=replace(GOOD.provenance, identity="", tree=None))
    store.save_measurement("repo", loose, AT)
    assert store.load_measurement("") is None
    assert store.measurements("repo", limit=5) == ()


def test_a_summary_has_the_totals_and_where_they_come_from(store: Store) -> None:
    store.save_measurement("repo", GOOD, AT)
    (summary,) = store.measurements("repo", limit=5)
    origin = GOOD.provenance
    assert (summary.identity, summary.commit, summary.tree, summary.scope) == (
        origin.identity,
        origin.commit,
        origin.tree,
        origin.scope,
    )
    assert (summary.repository, summary.kind, summary.counts, summary.created_at) == (
        "repo",
        "ctrace-3.11-line",
        Counts(covered=9, total=10),
        AT,
    )


@pytest.mark.parametrize(("limit", "trees"), [(9, ["c", "b", "a"]), (2, ["c", "b"]), (-1, [])])
def test_measurements_of_one_second_come_newest_first(
    store: Store, limit: int, trees: list[str]
) -> None:
    for tree in ("a", "b", "c"):
        store.save_measurement("repo", measurement(tree=tree), AT)
    found = [summary.identity for summary in store.measurements("repo", limit=limit)]
    assert found == [f"identity-of-{tree}" for tree in trees]


# Audit


def note(store: Store, reason: str, *, repository: str = "repo", action: str = "waive") -> None:
    store.audit(
        actor="ann", action=action, repository=repository, reason=reason, detail={"b": 1}, at=AT
    )


def test_audits_of_a_repository_come_newest_first(store: Store) -> None:
    for reason in ("one", "two", "three"):
        note(store, reason)
    note(store, "elsewhere", repository="another")
    assert [row.reason for row in store.audits("repo", limit=2)] == ["three", "two"]


def test_audits_are_numbered_in_their_order(store: Store) -> None:
    note(store, "one")
    note(store, "two")
    assert [row.seq for row in store.audits("repo", limit=2)] == [2, 1]


def test_an_audit_names_its_action(store: Store) -> None:
    with pytest.raises(ValueError, match="action is empty"):
        note(store, "why", action="")


# Outbox


def tell(store: Store, topic: str = "telegram", *, key: str | None = None) -> bool:
    return store.enqueue(topic=topic, payload={"text": "hello"}, dedup_key=key, at=AT)


def test_a_message_waits_until_it_is_taken(store: Store) -> None:
    assert tell(store, key="k")
    (row,) = store.claim_messages(at=AT, retry_at=LATER, limit=5)
    assert (row.topic, row.dedup_key, row.payload) == ("telegram", "k", '{"text": "hello"}')
    assert (row.state, row.attempts, row.created_at) == (OutboxState.PENDING, 1, AT)


def test_the_same_key_is_told_once_per_topic(store: Store) -> None:
    assert tell(store, "telegram", key="k")
    assert not tell(store, "telegram", key="k")
    assert tell(store, "forge", key="k")


def test_messages_without_a_key_are_told_each_time(store: Store) -> None:
    assert tell(store)
    assert tell(store)
    assert len(store.claim_messages(at=AT, retry_at=LATER, limit=5)) == 2


def test_a_message_that_was_taken_is_not_given_twice_before_its_time(store: Store) -> None:
    tell(store)
    store.claim_messages(at=AT, retry_at=LATER, limit=5)
    assert store.claim_messages(at=AT, retry_at=LATER, limit=5) == ()


def test_a_message_whose_sender_died_is_given_again_after_its_time(store: Store) -> None:
    tell(store)
    store.claim_messages(at=AT, retry_at=LATER, limit=5)
    (row,) = store.claim_messages(at=LATER, retry_at="2026-01-03T00:00:00Z", limit=5)
    assert row.attempts == 2


def test_messages_are_taken_oldest_first_and_no_more_than_asked_for(store: Store) -> None:
    for topic in ("a", "b", "c"):
        tell(store, topic)
    first = store.claim_messages(at=AT, retry_at=LATER, limit=2)
    rest = store.claim_messages(at=AT, retry_at=LATER, limit=2)
    assert [row.topic for row in (*first, *rest)] == ["a", "b", "c"]


@pytest.mark.parametrize("state", [OutboxState.DELIVERED, OutboxState.DEAD])
def test_a_message_that_is_settled_is_never_given_again(store: Store, state: OutboxState) -> None:
    tell(store)
    (row,) = store.claim_messages(at=AT, retry_at=LATER, limit=5)
    assert store.settle_message(row.seq, state=state, error="")
    assert not store.settle_message(row.seq, state=OutboxState.DEAD, error="")
    assert store.claim_messages(at=LATER, retry_at=LATER, limit=5) == ()


def test_a_failed_attempt_leaves_its_reason_for_the_next_one(store: Store) -> None:
    tell(store)
    (row,) = store.claim_messages(at=AT, retry_at=AT, limit=5)
    assert store.settle_message(row.seq, state=OutboxState.PENDING, error="refused\0")
    (again,) = store.claim_messages(at=AT, retry_at=AT, limit=5)
    assert (again.last_error, again.attempts) == ("refused\\u0000", 2)


@pytest.mark.parametrize("payload", [{"n": float("nan")}, {"n": object()}, {(1, 2): 3}])
def test_a_payload_that_is_no_json_is_refused(store: Store, payload: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        store.enqueue(topic="t", payload=payload, dedup_key=None, at=AT)
    assert store.claim_messages(at=AT, retry_at=AT, limit=5) == ()


@pytest.mark.parametrize(("topic", "key"), [("", None), ("t", "")])
def test_a_message_has_a_topic_and_a_key_is_not_blank(
    store: Store, topic: str, key: str | None
) -> None:
    with pytest.raises(ValueError, match="must be given"):
        tell(store, topic, key=key)


# Transactions


class StopError(Exception):
    """What a caller may raise in the middle of its transaction."""


def test_what_is_written_in_a_transaction_is_written_together(store: Store) -> None:
    with store.transaction() as block:
        rise(block, tenths(8))
        tell(block)
        assert not store.has_baseline("repo")
    assert store.has_baseline("repo")
    assert len(store.claim_messages(at=AT, retry_at=LATER, limit=5)) == 1


def test_a_transaction_sees_what_it_wrote(store: Store) -> None:
    with store.transaction() as block:
        rise(block, tenths(8))
        assert block.has_baseline("repo")


def test_a_transaction_that_raises_leaves_nothing(store: Store) -> None:
    with suppress(StopError), store.transaction() as block:
        rise(block, tenths(8))
        tell(block)
        raise StopError
    assert not store.has_baseline("repo")
    assert store.claim_messages(at=AT, retry_at=LATER, limit=5) == ()


def test_a_transaction_within_a_transaction_is_part_of_it(store: Store) -> None:
    with suppress(StopError), store.transaction() as block:
        with block.transaction() as inner:
            tell(inner)
        raise StopError
    assert store.claim_messages(at=AT, retry_at=LATER, limit=5) == ()


def test_writing_beside_an_open_transaction_is_refused_at_once(store: Store) -> None:
    with (
        store.transaction(),
        pytest.raises(StoreError, match="write through what it gave"),
    ):
        tell(store)


def test_after_a_refused_write_the_store_goes_on(store: Store) -> None:
    with store.transaction() as block:
        with pytest.raises(StoreError):
            tell(store)
        assert tell(block)
    assert tell(store)


def test_a_transaction_that_is_over_writes_no_more(store: Store) -> None:
    with store.transaction() as block:
        pass
    with pytest.raises(StoreError):
        tell(block)
    assert store.claim_messages(at=AT, retry_at=LATER, limit=5) == ()


def test_writers_of_several_threads_wait_for_each_other(store: Store) -> None:
    entered, results = threading.Event(), list[RatchetResult]()

    def second() -> None:
        entered.wait()
        results.append(rise(store, tenths(8)))

    thread = threading.Thread(target=second)
    thread.start()
    with store.transaction() as block:
        entered.set()
        rise(block, tenths(9))
    thread.join()
    assert results == [RatchetResult.NOT_HIGHER]


# Hostile text


def test_a_name_that_no_database_keeps_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="stored"):
        rise(store, tenths(8), key=BaselineKey(repository="re\udc80po"))
    assert store.baselines() == ()


@pytest.mark.parametrize("name", ["x'; DROP TABLE coverage_baseline; --", "a\nb", "ü", "*", "%"])
def test_any_other_name_is_only_a_name(store: Store, name: str) -> None:
    key = BaselineKey(repository=name, scope=name, kind=name)
    rise(store, tenths(8), key=key)
    row = store.baseline(key)
    assert row is not None
    assert row.key == key
