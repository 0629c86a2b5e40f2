"""The n-th call to the system fails, for each n until a run has no n-th call any more.

`FAULTS_STEP=1` (`make faults-night`) tries each n with each kind of error; else every n of some,
with another kind each time. A check makes some 380 calls, a run of the tests 600, a ratchet 70.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.faults.injector import KINDS, Injector
from tests.faults.traces import rows, settled, traces
from tests.shop import NAME, Shop

import coverage_gate
from coverage_gate.adapters.envelope import STATEMENT_NAME, read_statement
from coverage_gate.adapters.stores.schema import BASELINES

STEP = int(os.environ.get("FAULTS_STEP", "29"))
BRANCH = "feature/tested"
LEASES = "merge_lease"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the gate makes its private folders."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def turns(step: int) -> Iterator[tuple[int, str]]:
    """Which call fails, and how."""
    kinds = list(KINDS)
    for turn, number in enumerate(count(1, step)):
        for kind in kinds if STEP == 1 else [kinds[turn % len(kinds)]]:
            yield number, kind


def try_all(
    call: Callable[[], object],
    scratch: Path,
    *,
    holds: Callable[[object], bool],
    reset: Callable[[], object] = lambda: None,
    step: int = STEP,
) -> int:
    """Let call after call fail, and see what is left each time. Returns how many failed."""
    call()
    for tried, (number, kind) in enumerate(turns(step)):
        reset()
        before, injector = traces(scratch), Injector(fails_at=number, kind=kind)
        with injector.watching():
            answer = call()
        where = f"{kind} at call {number}, {injector.calls[-1:]}: {answer!r}"
        assert holds(answer), where
        assert settled(scratch, before) == before, where
        if not injector.has_failed:
            return tried
    raise AssertionError("unreachable")


def is_verdict(answer: object) -> bool:
    match answer:
        case (bool(), str(reason)):
            return bool(reason) and reason.isprintable()
        case _:
            return False


def is_report(text: str) -> bool:
    ok, _ = coverage_gate.parse_coverage_status(text)
    return ok and text.endswith("\n") and coverage_gate.read_measured_coverage(text) == 77.77


def test_a_check_answers_and_leaves_nothing(founded: Shop, scratch: Path) -> None:
    before = rows(founded.db, BASELINES.name)

    def holds(answer: object) -> bool:
        return (
            is_verdict(answer)
            and rows(founded.db, BASELINES.name) == before
            and (founded.reports.exists() is False or _reports_are_whole(founded))
        )

    assert try_all(lambda: founded.check(BRANCH), scratch, holds=holds) > 300 // STEP
    assert founded.check(BRANCH)[0] is True


def _reports_are_whole(shop: Shop) -> bool:
    """Report and statement are the old or the new ones; no half of one lies beside them."""
    found = {path.name: path for path in shop.reports.rglob("*") if path.is_file()}
    statement = found.pop(STATEMENT_NAME, None)
    if statement is not None and not read_statement(statement.read_text()).statement:
        return False
    return found.keys() <= {"18-coverage-report.md"} and all(
        coverage_gate.parse_coverage_status(path.read_text())[1] for path in found.values()
    )


def test_a_ratchet_moves_the_baseline_whole_or_not_at_all(founded: Shop, scratch: Path) -> None:
    founded.check(BRANCH)
    sha = founded.sha(BRANCH)
    founded.git.git("update-ref", "refs/heads/main", sha)
    old = founded.db.read_bytes()

    def baseline() -> str:
        (row,) = rows(founded.db, BASELINES.name)
        return "new" if sha in map(str, row) else "old"

    def reset() -> None:
        for path in founded.db.parent.glob(f"{founded.db.name}-*"):
            path.unlink()
        founded.db.write_bytes(old)

    def holds(answer: object) -> bool:
        # What was told may be less than what was done, never more.
        return answer in (True, False) and (baseline() == "new" or answer is False)

    def call() -> object:
        return coverage_gate.ratchet_baseline_on_merge(NAME, "ET-1", BRANCH, sha)

    assert try_all(call, scratch, holds=holds, reset=reset, step=min(STEP, 5)) > 10
    reset()
    assert (call(), baseline()) == (True, "new")


@pytest.mark.usefixtures("founded")
def test_a_snapshot_always_answers(scratch: Path) -> None:
    def holds(answer: object) -> bool:
        return isinstance(answer, dict) and answer["baselines"].keys() <= {NAME}

    assert try_all(coverage_gate.snapshot, scratch, holds=holds, step=1) > 5


def test_a_run_of_the_tests_leaves_nothing(founded: Shop, scratch: Path) -> None:
    """The same with a branch that was never measured: each time the tests really run."""
    store = founded.db.read_bytes()
    step = 1 if STEP == 1 else 127

    def holds(answer: object) -> bool:
        return is_verdict(answer)

    def reset() -> None:
        for path in founded.db.parent.glob(f"{founded.db.name}-*"):
            path.unlink()
        founded.db.write_bytes(store)
        shutil.rmtree(founded.reports, ignore_errors=True)

    founded.new_branch("fresh", {"README.md": "fresh\n"})
    call = lambda: founded.check("fresh")  # noqa: E731
    assert try_all(call, scratch, holds=holds, reset=reset, step=step) > 3
