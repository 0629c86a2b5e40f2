"""What every store promises of writes that belong together."""

import threading
from contextlib import suppress

import pytest
from tests.contract.store_calls import AT, LATER, rise, tell, tenths

from coverage_gate.core.ratchet import RatchetResult
from coverage_gate.ports import Store, StoreError


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
