"""Baselines for hosts that bring a percent of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverage_gate import baselines

SHA = "a" * 40


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that is not there yet."""
    path = tmp_path / "store.db"
    monkeypatch.setenv("ORCH_DB_PATH", str(path))
    monkeypatch.delenv("ORCH_DB_URL", raising=False)
    return path


def test_making_the_tables_answers_whether_the_store_is_ready(database: Path) -> None:
    assert baselines.init_db() is True
    assert database.is_file()


def test_without_a_baseline_there_is_none() -> None:
    assert baselines.get_coverage_baseline("shop") is None
    assert baselines.all_coverage_baselines() == {}


def test_a_percent_is_founded_stamped_anew_moved_and_never_lowered() -> None:
    steps = [
        baselines.ratchet_coverage_baseline("shop", percent, SHA)
        for percent in (80.5, 80.5, 80.6, 80.59)
    ]
    assert steps == [True, True, True, False]
    assert baselines.get_coverage_baseline("shop") == 80.6


def test_each_repository_has_its_own() -> None:
    baselines.ratchet_coverage_baseline("shop", 80, SHA)
    baselines.ratchet_coverage_baseline("bank", 90, SHA)
    listed = baselines.all_coverage_baselines()
    assert {name: row["coverage"] for name, row in listed.items()} == {"shop": 80.0, "bank": 90.0}
    assert set(listed["shop"]) == {"coverage", "sha", "updated_at"}


def test_a_store_that_is_none_gives_nothing_and_stays_as_it_is(database: Path) -> None:
    database.write_bytes(b"no database" * 500)
    assert baselines.init_db() is False
    assert baselines.get_coverage_baseline("shop") is None
    assert baselines.ratchet_coverage_baseline("shop", 80, SHA) is False
    assert baselines.all_coverage_baselines() == {}
    assert database.read_bytes() == b"no database" * 500


def test_an_empty_answer_is_a_new_one_each_time(database: Path) -> None:
    database.write_bytes(b"no database" * 500)
    baselines.all_coverage_baselines()["shop"] = {}
    assert baselines.all_coverage_baselines() == {}
