"""What every store promises of the map of which tests run what."""

import pytest
from tests.contract.store_calls import AT, LATER

from coverage_gate.core.contexts import context_map
from coverage_gate.ports import Store, StoreError

ONE = context_map("one", {"a.py": "blob"}, {"a.py": {"t.py::a": 6}})
TWO = context_map("two", {"a.py": "blob"}, {"a.py": {"t.py::b": 2}})


def test_a_map_comes_back_whole(store: Store) -> None:
    store.save_contexts("repo", ONE, AT)
    assert store.load_contexts("repo") == ONE
    assert store.load_contexts("another") is None


def test_the_newest_map_takes_the_place_of_the_one_before(store: Store) -> None:
    store.save_contexts("repo", ONE, AT)
    store.save_contexts("repo", TWO, LATER)
    assert store.load_contexts("repo") == TWO


def test_a_map_needs_a_repository_that_can_be_stored(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be stored"):
        store.save_contexts("\ud800", ONE, AT)
