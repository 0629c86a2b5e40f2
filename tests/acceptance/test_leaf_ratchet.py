"""The baseline rises after a merge, and only rises."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.shop import NAME, Shop

import coverage_gate
from coverage_gate import baselines, gate
from coverage_gate.clock import SystemClock
from coverage_gate.core.baseline import Baseline

HOUR_MS = 3_600_000


def stored(shop: Shop) -> Baseline:
    (row,) = shop.store.baselines()
    return row


def take_lease(shop: Shop, holder: str) -> int:
    clock = SystemClock()
    fence = shop.store.acquire_lease(
        NAME, holder=holder, ttl_ms=HOUR_MS, now_ms=clock.now_ms(), boot=clock.boot_id()
    )
    assert fence is not None
    return fence


def test_the_first_merge_founds_the_baseline(shop: Shop) -> None:
    shop.check("docs")
    assert shop.merge("docs") is True
    row = stored(shop)
    assert (str(row.counts), row.sha) == ("8/12", shop.sha("docs"))


def test_a_higher_value_moves_it(founded: Shop) -> None:
    founded.check("feature/tested")
    assert founded.merge("feature/tested") is True
    row = stored(founded)
    assert (str(row.counts), row.sha) == ("14/18", founded.sha("feature/tested"))


def test_an_equal_value_stamps_commit_and_time_anew(founded: Shop) -> None:
    before = stored(founded)
    founded.check("docs")
    assert founded.merge("docs") is True
    row = stored(founded)
    assert (row.rate, row.sha) == (before.rate, founded.sha("docs"))
    assert row.updated_at > before.updated_at


def test_a_lower_value_changes_nothing(founded: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stored(founded)
    monkeypatch.setenv("ORCH_COVERAGE_POLICY", "absolute")
    monkeypatch.setenv("ORCH_COVERAGE_RULES", "")
    assert founded.check("feature/untested")[0]
    assert founded.merge("feature/untested") is False
    assert stored(founded) == before


def test_the_check_alone_moves_nothing(founded: Shop) -> None:
    before = stored(founded)
    founded.check("feature/tested")
    assert stored(founded) == before


def test_a_branch_that_failed_never_ratchets(shop: Shop) -> None:
    assert not shop.check("no-python")[0]
    assert shop.merge("no-python") is False
    assert shop.store.baselines() == ()


def test_another_tree_than_the_judged_one_never_ratchets(founded: Shop) -> None:
    before = stored(founded)
    founded.check("feature/tested")
    sha = founded.sha("docs")
    assert gate.ratchet_baseline_on_merge(NAME, "ET-1", "feature/tested", sha) is False
    assert stored(founded) == before


def test_a_merge_commit_of_the_judged_tree_ratchets(founded: Shop) -> None:
    founded.check("feature/tested")
    tree = founded.git.git("rev-parse", "feature/tested^{tree}")
    parents = founded.sha("main"), founded.sha("feature/tested")
    sha = founded.git.commit_tree(tree, *parents, branch="main")
    assert gate.ratchet_baseline_on_merge(NAME, "ET-1", "feature/tested", sha) is True
    assert stored(founded).sha == sha


def test_the_report_of_another_work_item_is_not_taken(founded: Shop) -> None:
    founded.check("feature/tested", "ET-1")
    assert founded.merge("feature/tested", "ET-2") is False


@pytest.mark.parametrize(
    "text",
    ["", "no front matter", "---\ncoverage_status: PASS\ncoverage_status: PASS\n---\n", "\0"],
)
def test_what_is_no_report_never_ratchets(shop: Shop, text: str) -> None:
    shop.check("docs")
    gate.report_path(NAME, "ET-1").write_text(text)
    assert shop.merge("docs") is False
    assert shop.store.baselines() == ()


def test_a_report_without_a_number_never_ratchets(shop: Shop) -> None:
    path = gate.report_path(NAME, "ET-1")
    path.parent.mkdir(parents=True)
    path.write_text("---\ncoverage_status: PASS\n---\n")
    assert shop.merge("docs") is False


def test_a_report_of_an_older_writer_ratchets_by_its_number(shop: Shop) -> None:
    path = gate.report_path(NAME, "ET-1")
    path.parent.mkdir(parents=True)
    path.write_text("---\ncoverage_status: PASS\nmeasured_coverage: 81.25\n---\n")
    assert shop.merge("docs") is True
    assert stored(shop).counts is None
    assert float(stored(shop).rate) == 0.8125


def test_a_gate_that_is_off_ratchets_nothing(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded.check("feature/tested")
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "false")
    assert founded.merge("feature/tested") is False


def test_a_commit_that_is_unknown_never_ratchets(founded: Shop) -> None:
    founded.check("feature/tested")
    assert gate.ratchet_baseline_on_merge(NAME, "ET-1", "feature/tested", "0" * 40) is False


# The lease


def test_the_lease_of_another_one_keeps_the_baseline_as_it_is(founded: Shop) -> None:
    before = stored(founded)
    founded.check("feature/tested")
    take_lease(founded, "ET-999")
    assert founded.merge("feature/tested") is False
    assert stored(founded) == before


def test_the_holder_of_the_lease_ratchets_under_its_fence(founded: Shop) -> None:
    founded.check("feature/tested")
    fence = take_lease(founded, "ET-1")
    assert founded.merge("feature/tested") is True
    assert founded.store.ratchet_log(NAME, limit=1)[0].fence == fence


def test_a_lease_that_was_given_back_is_nobodys(founded: Shop) -> None:
    founded.check("feature/tested")
    fence = take_lease(founded, "ET-1")
    founded.store.release_lease(NAME, holder="ET-1", fence=fence)
    assert founded.merge("feature/tested") is False


# Kinds


def test_numbers_of_different_kinds_are_never_compared(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_BRANCH", "off")
    ok, reason = founded.check("docs")
    assert ok
    # Without branches main has 6 of 8, measured now, and not the stored 8 of 12.
    assert "75% (6/8)" in reason
    assert "75% ≥ baseline 75%" in reason


def test_a_new_kind_is_founded_beside_the_old_one(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_BRANCH", "off")
    founded.check("docs")
    assert founded.merge("docs") is True
    kinds = {step.kind.rpartition("-")[2] for step in founded.store.ratchet_log(NAME, limit=5)}
    assert kinds == {"branch", "line"}


# The snapshot


def test_the_snapshot_has_its_keys(founded: Shop) -> None:
    block = coverage_gate.snapshot()
    assert list(block) == ["enabled", "policy", "floor", "epsilon", "repos", "baselines"]
    assert block["baselines"] == {
        NAME: {
            "coverage": 66.6666,
            "sha": founded.sha("main"),
            "updated_at": "2026-01-01T00:00:00Z",
        }
    }


@pytest.mark.usefixtures("shop")
def test_the_snapshot_shows_the_defaults() -> None:
    block = coverage_gate.snapshot()
    del block["baselines"]
    assert block == {
        "enabled": True,
        "policy": "both",
        "floor": 0.0,
        "epsilon": 0.5,
        "repos": [],
    }


@pytest.mark.usefixtures("shop")
def test_the_snapshot_shows_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "no")
    monkeypatch.setenv("ORCH_COVERAGE_GATE_REPOS", "b, a")
    monkeypatch.setenv("ORCH_COVERAGE_EPSILON", "-3")
    block = coverage_gate.snapshot()
    assert (block["enabled"], block["repos"], block["epsilon"]) == (False, ["a", "b"], 0.0)


@pytest.mark.parametrize("url", [None, "postgresql://me:hunter2@host/db"])
def test_a_store_that_fails_shows_no_baselines(
    founded: Shop, monkeypatch: pytest.MonkeyPatch, url: str | None
) -> None:
    founded.db.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    if url:
        monkeypatch.delenv("ORCH_DB_PATH")
        monkeypatch.setenv("ORCH_DB_URL", url)
    block = coverage_gate.snapshot()
    assert (block["enabled"], block["baselines"]) == (True, {})


# What hosts use beside it


@pytest.mark.usefixtures("shop")
def test_a_host_keeps_percents_of_its_own() -> None:
    assert baselines.init_db() is True
    assert baselines.get_coverage_baseline("theirs") is None
    steps = [
        baselines.ratchet_coverage_baseline("theirs", percent, sha)
        for percent, sha in ((80.25, "a" * 40), (80.25, "b" * 40), (81, "c" * 40), (80, "d" * 40))
    ]
    assert steps == [True, True, True, False]
    assert baselines.get_coverage_baseline("theirs") == 81.0


@pytest.mark.usefixtures("shop")
def test_a_host_gets_the_very_percent_that_it_gave() -> None:
    baselines.ratchet_coverage_baseline("theirs", 66.66667, "a" * 40)
    assert baselines.get_coverage_baseline("theirs") == 66.66667


def test_all_baselines_are_listed_by_repository(founded: Shop) -> None:
    baselines.ratchet_coverage_baseline("theirs", 12.5, "a" * 40)
    listed = baselines.all_coverage_baselines()
    assert {repo: row["coverage"] for repo, row in listed.items()} == {
        NAME: 66.6666,
        "theirs": 12.5,
    }
    assert listed[NAME]["sha"] == founded.sha("main")


@pytest.mark.parametrize("percent", ["80", None, float("nan"), -1, 100.5, True])
@pytest.mark.usefixtures("shop")
def test_what_is_no_percent_is_not_kept(percent: float) -> None:
    assert baselines.ratchet_coverage_baseline("theirs", percent, "a" * 40) is False
    assert baselines.get_coverage_baseline("theirs") is None


@pytest.mark.usefixtures("shop")
def test_making_the_tables_touches_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT)")
        connection.execute("INSERT INTO tasks (title) VALUES ('theirs')")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCH_DB_PATH", str(path))
        assert (baselines.init_db(), baselines.init_db()) == (True, True)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM tasks").fetchall() == [(1, "theirs")]
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert {"tasks", "coverage_baseline"} <= names


def test_the_database_itself_refuses_a_fall(founded: Shop) -> None:
    with closing(sqlite3.connect(founded.db)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(coverage_baseline)")]
        assert "rank" in columns
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE coverage_baseline SET rank = rank - 1")


def test_a_store_that_fails_gives_hosts_nothing_and_raises_nothing(founded: Shop) -> None:
    founded.db.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert baselines.init_db() is False
    assert baselines.get_coverage_baseline(NAME) is None
    assert baselines.ratchet_coverage_baseline(NAME, 99.0, "a" * 40) is False
    assert baselines.all_coverage_baselines() == {}
