"""The public fakes keep the promises of the ports that they stand for."""

from __future__ import annotations

from coverage_gate.clock import SystemClock
from coverage_gate.core.changes import Changes, Commit, Landing
from coverage_gate.ports import Clock, Repository
from coverage_gate.testing.fakes import FakeRepository, FixedClock

COMMIT = Commit(sha="a" * 40, tree="b" * 40)


def test_a_fixed_clock_never_goes_back_as_the_real_one() -> None:
    clocks: tuple[Clock, ...] = (FixedClock(seconds=3.0), SystemClock())
    for clock in clocks:
        assert clock.monotonic() <= clock.monotonic()
        assert clock.now_iso() <= clock.now_iso()


def test_a_fake_repository_has_no_file() -> None:
    repository: Repository = FakeRepository(
        landed=Landing(base=COMMIT, head=COMMIT, tree=COMMIT.tree),
        changed=Changes(base_tree=COMMIT.tree, tree=COMMIT.tree),
        refs={},
    )
    assert repository.read_file(COMMIT.tree, "pyproject.toml") is None
    assert repository.read_small(COMMIT.tree, ["a.py"], max_total=9) == {}
