"""What every store promises of baselines: they only rise, and one audited way leads down."""

import json
from fractions import Fraction

import pytest
from tests.contract.store_calls import AT, LATER, OTHER, OWN, STAR, acquire, reset, rise, tenths

from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.ratchet import RANK_ONE, RatchetResult
from coverage_gate.core.rates import Counts
from coverage_gate.ports import Store, StoreError

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
