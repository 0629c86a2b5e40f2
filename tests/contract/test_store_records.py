"""What every store promises of measurements, audit and outbox."""

from dataclasses import replace

import pytest
from tests.contract.store_calls import AT, LATER, tell

from coverage_gate.core.rates import Counts
from coverage_gate.core.records import OutboxState
from coverage_gate.ports import Store
from coverage_gate.testing.values import covered, measurement

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


def test_a_failed_attempt_may_be_put_off(store: Store) -> None:
    tell(store)
    (row,) = store.claim_messages(at=AT, retry_at=AT, limit=5)
    assert store.settle_message(row.seq, state=OutboxState.PENDING, error="", retry_at=LATER)
    assert store.claim_messages(at=AT, retry_at=AT, limit=5) == ()
    assert store.claim_messages(at=LATER, retry_at=LATER, limit=5)


def test_chosen_messages_are_taken_and_no_others(store: Store) -> None:
    for _ in range(3):
        tell(store)
    taken = store.claim_messages(at=AT, retry_at=LATER, limit=5, only=[1, 3, 99])
    assert [row.seq for row in taken] == [1, 3]
    assert store.claim_messages(at=AT, retry_at=LATER, limit=5, only=[]) == ()


def test_due_messages_of_a_topic_can_be_looked_at_without_taking_them(store: Store) -> None:
    for topic in ("plane", "telegram", "plane", "plane"):
        tell(store, topic)
    store.claim_messages(at=AT, retry_at=LATER, limit=1)
    for _ in range(2):
        assert [row.seq for row in store.due_messages("plane", at=AT, limit=5)] == [3, 4]
    assert len(store.due_messages("plane", at=LATER, limit=1)) == 1


def test_messages_are_listed_newest_first_by_state_and_topic(store: Store) -> None:
    for topic in ("plane", "telegram", "plane"):
        tell(store, topic)
    store.settle_message(1, state=OutboxState.DEAD, error="gone")
    everything = tuple(OutboxState)
    assert [row.seq for row in store.messages(states=everything, limit=2)] == [3, 2]
    listed = store.messages(states=[OutboxState.PENDING], topic="plane", limit=5)
    assert [row.seq for row in listed] == [3]
    assert store.messages(states=[], limit=5) == ()


def test_messages_are_counted_by_topic_and_state(store: Store) -> None:
    assert store.message_counts() == {}
    for topic in ("plane", "telegram", "plane"):
        tell(store, topic)
    store.settle_message(1, state=OutboxState.DEAD, error="gone")
    assert store.message_counts() == {
        ("plane", OutboxState.DEAD): 1,
        ("plane", OutboxState.PENDING): 1,
        ("telegram", OutboxState.PENDING): 1,
    }


def test_a_dead_message_can_be_tried_anew(store: Store) -> None:
    tell(store)
    store.claim_messages(at=AT, retry_at=LATER, limit=5)
    assert not store.revive_message(1, at=AT)
    store.settle_message(1, state=OutboxState.DEAD, error="gone")
    assert store.revive_message(1, at=AT)
    (row,) = store.claim_messages(at=AT, retry_at=LATER, limit=5)
    assert (row.attempts, row.last_error) == (1, "gone")


def test_what_is_settled_is_forgotten_after_a_time_and_what_waits_is_not(store: Store) -> None:
    for state in (OutboxState.DELIVERED, OutboxState.DEAD, OutboxState.PENDING):
        tell(store, "plane")
        (row,) = store.claim_messages(at=AT, retry_at=AT, limit=1)
        store.settle_message(row.seq, state=state, error="")
    assert store.forget_messages(before=AT) == 0
    assert store.forget_messages(before=LATER) == 2
    assert store.message_counts() == {("plane", OutboxState.PENDING): 1}
    tell(store, "plane")
    numbers = [row.seq for row in store.claim_messages(at=AT, retry_at=LATER, limit=5)]
    assert numbers == [3, 4]


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
