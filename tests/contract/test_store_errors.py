"""What every store promises of tool errors in a row."""

import pytest
from tests.contract.store_calls import AT

from coverage_gate.ports import Store


def count(store: Store, times: int, repository: str = "repo") -> list[int]:
    return [store.count_tool_error(repository, at=AT) for _ in range(times)]


def test_errors_are_counted_by_repository(store: Store) -> None:
    assert count(store, 3) == [1, 2, 3]
    assert count(store, 1, "another") == [1]
    assert (store.tool_errors("repo"), store.tool_errors("another")) == (3, 1)


def test_a_repository_without_errors_has_none(store: Store) -> None:
    assert store.tool_errors("repo") == 0
    store.forget_tool_errors("repo")
    assert store.tool_errors("repo") == 0


@pytest.mark.parametrize(("limit", "left"), [(None, 0), (3, 0), (2, 2)])
def test_they_are_forgotten_when_there_are_few(store: Store, limit: int | None, left: int) -> None:
    count(store, 2)
    count(store, 1, "another")
    store.forget_tool_errors("repo", fewer_than=limit)
    assert (store.tool_errors("repo"), store.tool_errors("another")) == (left, 1)


def test_what_is_counted_in_a_transaction_that_fails_is_not_counted(store: Store) -> None:
    def count_and_break() -> None:
        with store.transaction() as block:
            count(block, 1)
            raise RuntimeError

    count(store, 1)
    with pytest.raises(RuntimeError):
        count_and_break()
    assert store.tool_errors("repo") == 1
