"""What every store promises of tool errors in a row, and of the repositories that it knows."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.contract.store_calls import AT, rise

from coverage_gate.core.measurement import Measurement
from coverage_gate.ports import Store
from coverage_gate.testing.values import covered, measurement


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


def test_repositories_are_those_of_which_something_is_known(store: Store) -> None:
    assert store.repositories() == ()
    count(store, 2, "errors")
    store.save_measurement("measured", measurement(covered(1, 2)), AT)
    store.save_measurement("both", replace_identity(measurement(covered(1, 2))), AT)
    count(store, 1, "both")
    rise(store, Fraction(1, 2))
    store.acquire_lease("leased", holder="task", ttl_ms=9, now_ms=0, boot="boot")
    store.audit(actor="a", action="b", repository="told", reason="c", detail={}, at=AT)
    assert store.repositories() == ("both", "errors", "leased", "measured", "repo")


def replace_identity(measured: Measurement) -> Measurement:
    return replace(measured, provenance=replace(measured.provenance, identity="another"))
