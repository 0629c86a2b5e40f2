"""Eight processes on one file, writers that are killed, holders that slept too long."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.integration.stores.crew import CREW, KILLS, LEASES, ROUNDS, SCALE

from coverage_gate.core.ratchet import RANK_ONE

ROOT = Path(__file__).parents[3]


def run(command: str, file: Path, seed: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.stores.crew", command, str(file), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="session")
def ratchets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The reports of eight processes that ratcheted two hundred times each."""
    return run("values", tmp_path_factory.mktemp("crew") / "store.db", 7)


def outcomes(answer: dict[str, Any]) -> list[list[Any]]:
    return [outcome for report in answer["reports"] for outcome in report]


def test_no_process_meets_a_busy_database(ratchets: dict[str, Any]) -> None:
    assert len(outcomes(ratchets)) == CREW * ROUNDS
    assert [outcome for outcome in outcomes(ratchets) if outcome[0] == "error"] == []


def test_the_baseline_ends_at_the_highest_value(ratchets: dict[str, Any]) -> None:
    assert ratchets["stored"] == max(value for value, _ in outcomes(ratchets))


def test_the_log_strictly_rises_and_each_step_begins_where_the_last_one_ended(
    ratchets: dict[str, Any],
) -> None:
    log = ratchets["log"]
    assert log[0][0] is None
    assert all(after[0] == before[1] < after[1] for before, after in pairwise(log))


def test_log_and_acknowledgements_are_one_to_one(ratchets: dict[str, Any]) -> None:
    told = sorted(
        value * RANK_ONE // SCALE
        for value, result in outcomes(ratchets)
        if result in ("founded", "moved")
    )
    assert told == [rank for _, rank, _ in ratchets["log"]]


def test_no_process_gets_a_lower_value_in_after_a_higher_one(ratchets: dict[str, Any]) -> None:
    for report in ratchets["reports"]:
        accepted = [value for value, result in report if result != "not-higher"]
        assert accepted == sorted(accepted)


def test_eight_processes_may_make_the_store_at_once(tmp_path: Path) -> None:
    for attempt in range(3):
        answer = run("first-open", tmp_path / f"{attempt}" / "store.db", attempt)
        results = [result for _, result in outcomes(answer)]
        assert results.count("founded") == 1
        assert set(results) <= {"founded", "moved", "not-higher"}


def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    answer = run("kills", tmp_path / "store.db", 11)
    assert answer["acknowledged"] >= KILLS
    assert (answer["lost"], answer["broken"], answer["holds"]) == ([], 0, True)


@pytest.fixture(scope="session")
def leases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The writes of eight processes of which some slept past the end of their lease."""
    return run("leases", tmp_path_factory.mktemp("leases") / "store.db", 3)


def test_no_write_under_a_fence_that_is_over_is_accepted(leases: dict[str, Any]) -> None:
    stale = [result for fence, current, result in outcomes(leases) if fence != current]
    assert len(stale) >= CREW
    assert set(stale) == {"stale-lease"}


def test_no_two_grants_have_the_same_fence(leases: dict[str, Any]) -> None:
    fences = [fence for fence, _, _ in outcomes(leases)]
    assert len(set(fences)) == len(fences) == CREW * LEASES


def test_fences_in_the_log_only_rise(leases: dict[str, Any]) -> None:
    fences = [fence for _, _, fence in leases["log"]]
    assert fences == sorted(fences)
