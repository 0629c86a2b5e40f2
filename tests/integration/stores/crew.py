"""Processes that use one store at once. Run as a program, so that forking meets no threads.

Each command prints one JSON object. `python -m tests.integration.stores.crew COMMAND FILE SEED`.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

from coverage_gate.adapters.stores.store import SqlStore, open_store
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.ratchet import RANK_ONE, RatchetResult, RatchetStep, Rise
from coverage_gate.ports import StoreError
from coverage_gate.testing.fakes import FixedClock

KEY = BaselineKey(repository="repo", scope="scope", kind="kind")
AT = "2026-01-01T00:00:00Z"
SCALE = 10**6
CREW = 8
ROUNDS = 200
KILLS = 30
LEASES = 15
TTL_MS = 15

Report = dict[str, object]
Work = Callable[[SqlStore, random.Random, int], list[object]]


def store_at(file: Path) -> SqlStore:
    return open_store(file, clock=FixedClock())


def rise(
    store: SqlStore, value: int, *, holder: str | None = None, fence: int | None = None
) -> RatchetResult:
    return store.ratchet(
        Rise(
            key=KEY,
            rate=Fraction(value, SCALE),
            sha=f"sha-{value}",
            holder=holder,
            fence=fence,
            at=AT,
        )
    )


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a test that can be repeated, no secret


def crew(file: Path, seed: int, work: Work) -> list[list[object]]:
    """What each of the processes reports; they start together."""
    start_read, start_write = os.pipe()
    pipes = []
    store = store_at(file)  # shared across the fork on purpose
    for number in range(CREW):
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(start_write)
            os.read(start_read, 1)
            report = guarded(work, store, seeded(seed * CREW + number), number)
            with os.fdopen(write, "w") as stream:
                json.dump(report, stream)
            os._exit(0)
        os.close(write)
        pipes.append(read)
    os.close(start_write)
    reports = [json.loads(os.fdopen(pipe).read()) for pipe in pipes]
    for _ in pipes:
        os.wait()
    return reports


def guarded(work: Work, store: SqlStore, rng: random.Random, number: int) -> list[object]:
    try:
        return work(store, rng, number)
    except StoreError as error:
        return [["error", str(error)]]


def first_open(store: SqlStore, rng: random.Random, number: int) -> list[object]:
    del rng
    return [[number, rise(store, number)]]


def values(store: SqlStore, rng: random.Random, number: int) -> list[object]:
    """First random values, most of them too low, then rising ones that are all in each other's way.

    Reports each as [value, result].
    """
    low = [rng.randrange(SCALE // 2) for _ in range(ROUNDS // 2)]
    high = [SCALE // 2 + step * CREW + number for step in range(ROUNDS // 2)]
    return [[value, rise(store, value)] for value in low + high]


def leases(store: SqlStore, rng: random.Random, number: int) -> list[object]:
    """Take the lease, now and then sleep past its end, and ratchet under its fence.

    Reports each write as [fence held, fence of the row just before the write, result].
    """
    reports: list[object] = []
    holder = f"task-{number}"
    while len(reports) < LEASES:
        fence = store.acquire_lease(
            "repo", holder=holder, ttl_ms=TTL_MS, now_ms=now_ms(), boot="boot"
        )
        if fence is None:
            time.sleep(0.002)
            continue
        if rng.random() < 1 / 3:
            time.sleep(TTL_MS * 1.5 / 1000)
        row = store.lease("repo")
        assert row is not None
        result = rise(store, min(SCALE, fence), holder=holder, fence=fence)
        reports.append([fence, row.fence, result])
        store.release_lease("repo", holder=holder, fence=fence)
    return reports


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def kills(file: Path, seed: int) -> Report:
    """Writers that are killed at any moment; what they acknowledged must be in the log."""
    rng, store, acknowledged, broken = seeded(seed), store_at(file), list[int](), 0
    rise(store, 0)
    for number in range(KILLS):
        first = max(acknowledged, default=0) + 1
        # Every other one is killed only after it has done something.
        acknowledged += killed_writer(store, first, rng.random() * 0.03, 3 * (number % 2))
        with closing(sqlite3.connect(file)) as connection:
            broken += connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]
    steps = store.ratchet_log("repo", limit=10**6)
    row = store.baseline(KEY)
    return {
        "acknowledged": len(acknowledged),
        "lost": sorted(set(acknowledged) - {int(rate_of(step) * SCALE) for step in steps}),
        "broken": broken,
        "holds": row is not None and row.rate * SCALE >= max(acknowledged),
    }


def rate_of(step: RatchetStep) -> Fraction:
    return Fraction(step.new_rank, RANK_ONE)


def killed_writer(store: SqlStore, first: int, seconds: float, at_least: int) -> list[int]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        for value in range(first, first + 10_000):
            if rise(store, value).wrote:
                os.write(write, f"{value}\n".encode())
        os._exit(1)
    os.close(write)
    with os.fdopen(read) as stream:
        told = [int(stream.readline()) for _ in range(at_least)]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return told + [int(line) for line in stream]


def ratchets(file: Path, seed: int, work: Work) -> Report:
    reports = crew(file, seed, work)
    store = store_at(file)
    steps, row = store.ratchet_log("repo", limit=10**6), store.baseline(KEY)
    return {
        "reports": reports,
        "log": [[step.old_rank, step.new_rank, step.fence] for step in reversed(steps)],
        "stored": None if row is None else int(row.rate * SCALE),
    }


def main(command: str, file: Path, seed: int) -> Report:
    works = {
        "first-open": first_open,
        "values": values,
        "leases": leases,
    }
    return kills(file, seed) if command == "kills" else ratchets(file, seed, works[command])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
