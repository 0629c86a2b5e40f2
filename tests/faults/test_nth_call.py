"""The n-th call to the system fails, for each n until a run has no n-th call any more.

With `FAULTS_STEP=1` (`make faults-night`) each n fails in each of six ways. Else: each n in each
way for a ratchet (70 calls) and a snapshot; for a check (400 calls) each place in our source that
makes calls, in a way that goes round; for a run of the tests (600 calls) every 127th call.
The calls of one place differ in what was done before them, which the night tries.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, cycle
from pathlib import Path

import pytest
from tests.faults.injector import KINDS, Injector
from tests.faults.traces import rows, settled, traces
from tests.shop import NAME, Shop

import coverage_gate
from coverage_gate.adapters.envelope import STATEMENT_NAME, read_statement
from coverage_gate.adapters.stores.schema import BASELINES

IS_NIGHT = os.environ.get("FAULTS_STEP") == "1"
BRANCH = "feature/tested"
LEASES = "merge_lease"
_TOLD_EVERY = 20


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the gate makes its private folders."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


#: Which call fails, and how.
Turn = tuple[int, str]


def all_turns() -> Iterator[Turn]:
    """Each call in each way; says from time to time how far it is, since there are thousands."""
    for number in count(1):
        if number % _TOLD_EVERY == 0:
            print(f"call {number}", file=sys.stderr)  # noqa: T201 - seen with -s
        yield from ((number, kind) for kind in KINDS)


def by_place(sites: Sequence[str], ways: int) -> Iterator[Turn]:
    """Each place in some ways, by another one of its calls each time; the ways go round.

    Args:
        sites: Where each call of a run is made.
        ways: How many for each place.
    """
    calls: dict[str, list[int]] = {}
    for number, site in enumerate(sites, start=1):
        calls.setdefault(site, []).append(number)
    kinds = cycle(KINDS)
    for _, numbers in sorted(calls.items()):
        for turn in range(ways):
            # From the first call to the last.
            yield numbers[turn * (len(numbers) - 1) // max(ways - 1, 1)], next(kinds)


def sites_of(call: Callable[[], object]) -> list[str]:
    """Where each call of a run is made, when none fails."""
    watching = Injector()
    with watching.watching():
        call()
    return watching.sites


def try_all(
    call: Callable[[], object],
    scratch: Path,
    *,
    holds: Callable[[object], bool],
    reset: Callable[[], object] = lambda: None,
    turns: Iterable[Turn] | None = None,
) -> int:
    """Let call after call fail, and see what is left each time. Returns how many failed.

    Without turns that are named each call fails in each way, until there is none any more.
    """
    tried = 0
    for number, kind in turns or all_turns():
        reset()
        before, injector = traces(scratch), Injector(fails_at=number, kind=kind)
        with injector.watching():
            answer = call()
        where = f"{kind} at call {number}, {injector.calls[-1:]}: {answer!r}"
        assert holds(answer), where
        assert settled(scratch, before) == before, where
        tried += injector.has_failed
        if turns is None and not injector.has_failed:
            break
    return tried


def restored(shop: Shop) -> Callable[[], None]:
    """Brings the store back as it is now: a row of errors would close the gate."""
    store = shop.db.read_bytes()

    def restore() -> None:
        for path in shop.db.parent.glob(f"{shop.db.name}-*"):
            path.unlink()
        shop.db.write_bytes(store)

    return restore


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
    def call() -> object:
        return founded.check(BRANCH)

    call()
    before, reset = rows(founded.db, BASELINES.name), restored(founded)

    def holds(answer: object) -> bool:
        return (
            is_verdict(answer)
            and rows(founded.db, BASELINES.name) == before
            and (founded.reports.exists() is False or _reports_are_whole(founded))
        )

    turns = None if IS_NIGHT else list(by_place(sites_of(call), ways=1))
    assert try_all(call, scratch, holds=holds, reset=reset, turns=turns) > 30
    reset()
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
    reset = restored(founded)

    def baseline() -> str:
        (row,) = rows(founded.db, BASELINES.name)
        return "new" if sha in map(str, row) else "old"

    def holds(answer: object) -> bool:
        # What was told may be less than what was done, never more.
        return answer in (True, False) and (baseline() == "new" or answer is False)

    def call() -> object:
        return coverage_gate.ratchet_baseline_on_merge(NAME, "ET-1", BRANCH, sha)

    assert try_all(call, scratch, holds=holds, reset=reset) > 300
    reset()
    assert (call(), baseline()) == (True, "new")


@pytest.mark.usefixtures("founded")
def test_a_snapshot_always_answers(scratch: Path) -> None:
    def holds(answer: object) -> bool:
        return isinstance(answer, dict) and answer["baselines"].keys() <= {NAME}

    coverage_gate.snapshot()
    assert try_all(coverage_gate.snapshot, scratch, holds=holds) > 30


def test_a_run_of_the_tests_leaves_nothing(founded: Shop, scratch: Path) -> None:
    """The same with a branch that was never measured: each time the tests really run."""
    restore = restored(founded)

    def reset() -> None:
        restore()
        shutil.rmtree(founded.reports, ignore_errors=True)

    founded.new_branch("fresh", {"README.md": "fresh\n"})

    def call() -> object:
        return founded.check("fresh")

    call()
    turns = None if IS_NIGHT else list(zip(range(1, 600, 127), KINDS, strict=False))
    assert try_all(call, scratch, holds=is_verdict, reset=reset, turns=turns) > 3


def test_each_place_fails_in_some_ways_which_go_round() -> None:
    kinds = list(KINDS)
    turns = list(by_place(["a", *["b"] * 11, "c"], ways=3))
    assert [number for number, _ in turns] == [1, 1, 1, 2, 7, 12, 13, 13, 13]
    assert [kind for _, kind in turns] == [*kinds, *kinds[:3]]
