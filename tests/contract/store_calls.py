"""Short calls of a store, with what a test does not care about filled in."""

from dataclasses import replace
from fractions import Fraction

from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.ratchet import RatchetResult, Rise
from coverage_gate.core.rates import Counts
from coverage_gate.ports import Store

AT, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
STAR = BaselineKey(repository="repo")
OWN = BaselineKey(repository="repo", scope="scope", kind="ctrace-3.11-line")
OTHER = replace(OWN, kind="ctrace-3.12-line")


def rise(
    store: Store,
    rate: Fraction,
    *,
    key: BaselineKey = OWN,
    counts: Counts | None = None,
    sha: str = "sha",
    holder: str | None = None,
    fence: int | None = None,
    at: str = AT,
) -> RatchetResult:
    return store.ratchet(
        Rise(
            key=key,
            rate=rate,
            counts=counts,
            sha=sha,
            tree="tree",
            holder=holder,
            fence=fence,
            at=at,
        )
    )


def reset(store: Store, rate: Fraction, *, actor: str = "ann", reason: str = "moved code") -> int:
    return store.reset_baseline(repository="repo", rate=rate, actor=actor, reason=reason, at=LATER)


def acquire(store: Store, holder: str = "task-1", *, now: int = 0, boot: str = "boot") -> int:
    fence = store.acquire_lease("repo", holder=holder, ttl_ms=100, now_ms=now, boot=boot)
    assert fence is not None
    return fence


def tenths(count: int) -> Fraction:
    return Fraction(count, 10)


def intend(store: Store, fence: int, *, sha: str = "abc", holder: str = "task-1") -> int | None:
    return store.open_intent(
        repository="repo", holder=holder, fence=fence, sha=sha, payload={"n": 1}, at=AT
    )


def tell(store: Store, topic: str = "telegram", *, key: str | None = None) -> bool:
    return store.enqueue(topic=topic, payload={"text": "hello"}, dedup_key=key, at=AT)
