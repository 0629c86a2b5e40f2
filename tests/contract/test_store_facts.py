"""What every store promises of the facts about source files."""

import pytest
from tests.contract.store_calls import AT, LATER

from coverage_gate.ports import Store, StoreError

FACTS = {"one": b"1", "two": b"\x00\xff"}


def test_facts_come_back_by_their_names(store: Store) -> None:
    store.keep_facts("repo", "key", FACTS, at=AT, since="")
    assert store.load_facts("repo", "key", ["two", "three"]) == {"two": b"\x00\xff"}
    assert store.load_facts("repo", "other", ["two"]) == {}
    assert store.load_facts("another", "key", ["two"]) == {}
    assert store.load_facts("repo", "key", []) == {}


def test_many_facts_are_found_at_once(store: Store) -> None:
    facts = {f"name-{number}": b"%d" % number for number in range(1_001)}
    store.keep_facts("repo", "key", facts, at=AT, since="")
    assert store.load_facts("repo", "key", facts.keys()) == facts


def test_a_fact_takes_the_place_of_the_one_before(store: Store) -> None:
    store.keep_facts("repo", "key", {"one": b"old"}, at=AT, since="")
    store.keep_facts("repo", "key", {"one": b"new"}, at=AT, since="")
    assert store.load_facts("repo", "key", ["one"]) == {"one": b"new"}


def test_what_was_kept_long_ago_goes(store: Store) -> None:
    store.keep_facts("repo", "key", {"one": b"1"}, at=AT, since="")
    store.keep_facts("another", "key", {"one": b"1"}, at=AT, since="")
    store.keep_facts("repo", "key", {"two": b"2"}, at=LATER, since=LATER)
    store.keep_facts("repo", "key", {}, at=LATER, since=LATER)
    assert store.load_facts("repo", "key", ["one", "two"]) == {"two": b"2"}
    assert store.load_facts("another", "key", ["one"]) == {"one": b"1"}


def test_facts_of_a_repository_can_be_forgotten(store: Store) -> None:
    store.keep_facts("repo", "key", FACTS, at=AT, since="")
    store.keep_facts("another", "key", FACTS, at=AT, since="")
    store.forget_facts("repo")
    assert store.load_facts("repo", "key", FACTS.keys()) == {}
    assert store.load_facts("another", "key", FACTS.keys()) == FACTS


def test_facts_need_a_repository_that_can_be_stored(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be stored"):
        store.keep_facts("\ud800", "key", FACTS, at=AT, since="")
