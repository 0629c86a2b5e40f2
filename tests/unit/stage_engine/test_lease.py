"""The merge lease as the engine holds it."""

import time
from collections.abc import Callable

import pytest
from tests.engine_world import REPO, World

from stage_engine.engine import Engine, open_engine
from stage_engine.lease import Lease, acquire


@pytest.fixture
def engine(world: World) -> Engine:
    del world
    return open_engine()


def take(engine: Engine, holder: str = "A", ttl_s: float = 60.0) -> Lease | None:
    return acquire(engine.store.shared, engine.clock, repo=REPO, holder=holder, ttl_s=ttl_s)


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_one_holder_at_a_time_and_the_same_one_again(engine: Engine) -> None:
    first = take(engine)
    assert first is not None
    assert take(engine, "B") is None
    assert take(engine) == first


def test_a_new_holder_has_a_higher_fence(engine: Engine) -> None:
    first = take(engine)
    assert first is not None
    first.release()
    second = take(engine, "B")
    assert second is not None
    assert second.fence == first.fence + 1


def test_a_lease_that_was_handed_over_is_not_ours_any_more(engine: Engine) -> None:
    lease = take(engine)
    assert lease is not None
    lease.release()
    with engine.store.writing() as rows:
        assert not lease.is_ours(rows)
    assert not lease.renew()


def test_a_release_in_a_transaction_is_undone_with_it(engine: Engine, world: World) -> None:
    lease = take(engine)
    assert lease is not None
    with pytest.raises(KeyError), engine.store.writing() as rows:  # noqa: PT012 - the rollback
        lease.release(rows)
        raise KeyError
    assert world.lease_holder(engine) == "A"


def test_a_lease_that_nobody_ever_took_is_not_ours(engine: Engine) -> None:
    lease = Lease(
        store=engine.store.shared, clock=engine.clock, repo="x", holder="A", fence=1, ttl_ms=1
    )
    with engine.store.reading() as rows:
        assert not lease.is_ours(rows)


def test_it_is_renewed_while_a_long_step_runs(engine: Engine) -> None:
    lease = take(engine, ttl_s=0.3)
    assert lease is not None
    first = engine.store.shared.lease(REPO)
    assert first is not None

    def is_renewed() -> bool:
        row = engine.store.shared.lease(REPO)
        return row is not None and row.expires_ms > first.expires_ms

    with lease.kept():
        assert until(is_renewed)


def test_the_renewal_ends_when_somebody_else_has_it(engine: Engine, world: World) -> None:
    lease = take(engine, ttl_s=0.03)
    assert lease is not None
    with lease.kept():
        lease.release()
        assert take(engine, "B") is not None
        time.sleep(0.05)
    assert world.lease_holder(engine) == "B"
