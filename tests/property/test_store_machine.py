"""Lease, ratchet, reset and intents in any order, against a model of fifty lines."""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from coverage_gate.adapters.stores.store import open_store
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.ratchet import RANK_ONE, RatchetResult, Rise
from coverage_gate.core.records import IntentState
from coverage_gate.ports import Store
from coverage_gate.testing.fakes import FixedClock
from coverage_gate.testing.stores import MemoryStore

AT = "2026-01-01T00:00:00Z"
TTL = 10
KEYS = [("*", "*"), ("a", "x"), ("a", "y")]
HOLDERS = st.sampled_from(["ann", "bob"])
MAYBE_HOLDERS = st.none() | HOLDERS
FENCES = st.integers(0, 4)
MAYBE_FENCES = st.none() | FENCES
VALUES = st.integers(0, 10)
BOOTS = st.sampled_from(["monday", "tuesday"])


class AbandonedError(Exception):
    """Raised in the middle of a transaction."""


@dataclass
class Model:
    """What must be true: tenths by key and epoch, the lease, the open intents."""

    epoch: int = 0
    tenths: dict[tuple[int, tuple[str, str]], int] = field(default_factory=dict)
    fence: int = 0
    holder: str | None = None
    boot: str = ""
    until: int = 0
    intents: list[tuple[int, str]] = field(default_factory=list)
    settled: list[tuple[int, str]] = field(default_factory=list)

    def own(self, key: tuple[str, str]) -> int | None:
        return self.tenths.get((self.epoch, key))

    def baselines(self) -> list[int | None]:
        star = self.own(("*", "*"))
        owns = [self.own(key) for key in KEYS]
        return [star if own is None else own for own in owns]

    def lease(self) -> tuple[str | None, int, int] | None:
        return (self.holder, self.fence, self.until) if self.fence else None

    def may_write(self, holder: str | None, fence: int | None) -> bool:
        if self.fence == 0:
            return True
        return holder is not None and holder == self.holder and fence in (None, self.fence)

    def ratchet(
        self, key: tuple[str, str], value: int, holder: str | None, fence: int | None
    ) -> RatchetResult:
        if not self.may_write(holder, fence):
            return RatchetResult.STALE_LEASE
        own, star = self.own(key), self.own(("*", "*"))
        if own is None and star is not None and value < star:
            return RatchetResult.NOT_HIGHER
        if own is not None and value < own:
            return RatchetResult.NOT_HIGHER
        self.epoch = self.epoch or 1
        self.tenths[self.epoch, key] = value
        if own is None:
            return RatchetResult.FOUNDED
        return RatchetResult.MOVED if value > own else RatchetResult.RESTAMPED

    def acquire(self, holder: str, now: int, boot: str) -> int | None:
        free = self.holder is None or now >= self.until or boot != self.boot
        if not free and holder != self.holder:
            return None
        self.fence += free
        self.until = now + TTL if free else max(self.until, now + TTL)
        self.holder, self.boot = holder, boot
        return self.fence


class StoreMachine(RuleBasedStateMachine):
    """Every answer of the store is that of the model."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.now = 0
        self.store = self.opened(MemoryStore())

    def opened(self, before: Store) -> Store:
        """The store as another process would see it; one in memory is seen by nobody else."""
        return before

    def ratchet(
        self,
        store: Store,
        key: tuple[str, str],
        value: int,
        holder: str | None,
        fence: int | None,
    ) -> RatchetResult:
        scope, kind = key
        return store.ratchet(
            Rise(
                key=BaselineKey(repository="repo", scope=scope, kind=kind),
                rate=Fraction(value, 10),
                sha="sha",
                holder=holder,
                fence=fence,
                at=AT,
            )
        )

    @rule(key=st.sampled_from(KEYS), value=VALUES, holder=MAYBE_HOLDERS, fence=MAYBE_FENCES)
    def ratchets(
        self, key: tuple[str, str], value: int, holder: str | None, fence: int | None
    ) -> None:
        expected = self.model.ratchet(key, value, holder, fence)
        assert self.ratchet(self.store, key, value, holder, fence) is expected

    @rule(key=st.sampled_from(KEYS), value=VALUES)
    def holder_ratchets(self, key: tuple[str, str], value: int) -> None:
        holder, fence = self.model.holder, self.model.fence or None
        expected = self.model.ratchet(key, value, holder, fence)
        assert self.ratchet(self.store, key, value, holder, fence) is expected

    @rule(key=st.sampled_from(KEYS), value=VALUES)
    def abandons_a_transaction(self, key: tuple[str, str], value: int) -> None:
        with suppress(AbandonedError), self.store.transaction() as block:
            self.ratchet(block, key, value, self.model.holder, None)
            block.reset_baseline(
                repository="repo", rate=Fraction(0), actor="ann", reason="try", at=AT
            )
            raise AbandonedError

    @rule(value=VALUES)
    def resets(self, value: int) -> None:
        self.model.epoch += 1
        self.model.tenths[self.model.epoch, ("*", "*")] = value
        epoch = self.store.reset_baseline(
            repository="repo", rate=Fraction(value, 10), actor="ann", reason="why", at=AT
        )
        assert epoch == self.model.epoch

    @rule(steps=st.integers(1, TTL + 2))
    def time_passes(self, steps: int) -> None:
        self.now += steps

    @rule(holder=HOLDERS, boot=BOOTS)
    def acquires(self, holder: str, boot: str) -> None:
        expected = self.model.acquire(holder, self.now, boot)
        found = self.store.acquire_lease(
            "repo", holder=holder, ttl_ms=TTL, now_ms=self.now, boot=boot
        )
        assert found == expected

    @rule(holder=HOLDERS, fence=FENCES, boot=BOOTS)
    def renews(self, holder: str, fence: int, boot: str) -> None:
        model = self.model
        expected = (holder, fence, boot) == (model.holder, model.fence, model.boot)
        if expected:
            model.until = self.now + TTL
        found = self.store.renew_lease(
            "repo", holder=holder, fence=fence, ttl_ms=TTL, now_ms=self.now, boot=boot
        )
        assert found is expected

    @rule(holder=HOLDERS, fence=FENCES)
    def releases(self, holder: str, fence: int) -> None:
        expected = (holder, fence) == (self.model.holder, self.model.fence)
        if expected:
            self.model.holder, self.model.until = None, 0
        assert self.store.release_lease("repo", holder=holder, fence=fence) is expected

    @rule(holder=HOLDERS, fence=FENCES, sha=st.sampled_from(["c1", "c2"]))
    def intends(self, holder: str, fence: int, sha: str) -> None:
        seq = self.store.open_intent(
            repository="repo", holder=holder, fence=fence, sha=sha, payload={}, at=AT
        )
        lawful = (holder, fence) == (self.model.holder, self.model.fence)
        assert (seq is not None) is lawful
        known = (*self.model.intents, *self.model.settled)
        if lawful and (fence, sha) not in known:
            self.model.intents.append((fence, sha))

    @rule()
    def settles_the_oldest_intent(self) -> None:
        for intent in self.store.open_intents("repo")[:1]:
            assert self.store.settle_intent(intent.seq, state=IntentState.DONE, at=AT)
            self.model.settled.append(self.model.intents.pop(0))

    @rule()
    def is_opened_anew(self) -> None:
        self.store = self.opened(self.store)

    @invariant()
    def what_is_stored_is_that_of_the_model(self) -> None:
        with self.store.transaction() as block:
            assert baselines_of(block) == self.model.baselines()
            row = block.lease("repo")
            found = None if row is None else (row.holder, row.fence, row.expires_ms)
            assert found == self.model.lease()
            intents = [(intent.fence, intent.sha) for intent in block.open_intents("repo")]
            assert intents == self.model.intents
            assert log_of(block) == self.model.tenths


def baselines_of(store: Store) -> list[Fraction | None]:
    keys = [BaselineKey(repository="repo", scope=scope, kind=kind) for scope, kind in KEYS]
    rows = [store.baseline(key) for key in keys]
    return [None if row is None else row.rate * 10 for row in rows]


def log_of(store: Store) -> dict[tuple[int, tuple[str, str]], Fraction]:
    """Where each chain of the log ends, in tenths; each of its steps rises from the one before."""
    last: dict[tuple[int, tuple[str, str]], int] = {}
    for step in reversed(store.ratchet_log("repo", limit=10_000)):
        place = (step.epoch, (step.scope, step.kind))
        assert last.get(place) == step.old_rank
        assert step.new_rank > (-1 if step.old_rank is None else step.old_rank)
        last[place] = step.new_rank
    return {place: Fraction(rank * 10, RANK_ONE) for place, rank in last.items()}


class SqliteMachine(StoreMachine):
    """The same on a file, which may be opened anew at any time."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        super().__init__()

    def opened(self, before: Store) -> Store:
        del before
        return open_store(self.folder / "store.db", clock=FixedClock())

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


TestMemoryStore = StoreMachine.TestCase
TestMemoryStore.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSqliteStore = SqliteMachine.TestCase
TestSqliteStore.settings = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
