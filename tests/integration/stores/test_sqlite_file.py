"""The store on a real file: how it is made, shared, found broken, and left alone."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.integration.stores.sqlite_files import AT, KEY, change_by_hand, rise, sql, store_at

from coverage_gate.adapters.stores.engine import check_sqlite
from coverage_gate.adapters.stores.migration import migrate
from coverage_gate.adapters.stores.schema import SCHEMA_VERSION
from coverage_gate.adapters.stores.store import SqlStore, open_store
from coverage_gate.core.baseline import BaselineKey
from coverage_gate.core.history import counts_of, point_of
from coverage_gate.core.ratchet import RatchetResult
from coverage_gate.core.rates import Counts
from coverage_gate.core.records import OutboxState
from coverage_gate.ports import StoreError
from coverage_gate.testing.fakes import FixedClock
from coverage_gate.testing.values import covered, measurement


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


# How it is made


def test_nothing_is_made_before_the_first_use(file: Path) -> None:
    store_at(file)
    assert not file.exists()


def test_the_file_and_the_folders_that_we_make_are_private(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "store.db"
    rise(store_at(file), 8)
    assert [mode_of(path) for path in (file.parent.parent, file.parent, file)] == [
        0o700,
        0o700,
        0o600,
    ]


def test_a_folder_that_was_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    rise(store_at(tmp_path / "store.db"), 8)
    assert mode_of(tmp_path) == 0o755


def test_an_empty_file_becomes_a_store(file: Path) -> None:
    file.touch()
    assert rise(store_at(file), 8) is RatchetResult.FOUNDED


def test_a_url_of_a_file_opens_it(file: Path) -> None:
    rise(open_store(f"sqlite:///{file}", clock=FixedClock()), 8)
    assert store_at(file).has_baseline("repo")


def test_a_file_name_of_any_bytes_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"a?b#c%20\xff.db")
    rise(store_at(file), 8)
    assert [path for path in tmp_path.iterdir() if path.suffix == ".db"] == [file]


def test_what_was_written_survives_closing(file: Path) -> None:
    rise(store_at(file), 8)
    row = store_at(file).baseline(KEY)
    assert row is not None
    assert row.rate == Fraction(8, 10)


def test_no_connection_stays_open_between_two_uses(file: Path) -> None:
    store = store_at(file)
    rise(store, 8)
    # The last one to close a database removes its log.
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("busy_timeout", 50),
    ],
)
def test_a_connection_is_set_up_to_lose_nothing(file: Path, pragma: str, value: object) -> None:
    with store_at(file).transactions.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_file_that_is_moved_away_is_made_anew(file: Path) -> None:
    store = store_at(file)
    rise(store, 8)
    file.rename(file.with_suffix(".old"))
    assert rise(store, 5) is RatchetResult.FOUNDED


def test_the_default_waits_half_a_minute_for_other_processes(file: Path) -> None:
    with open_store(file, clock=FixedClock()).transactions.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_a_sqlite_without_what_we_need_is_refused() -> None:
    with pytest.raises(StoreError, match=r"SQLite 3\.36\.9; the store needs 3\.37\.0 or newer"):
        check_sqlite((3, 36, 9))


# Whose tables


def test_tables_that_a_host_has_in_the_file_are_not_touched(file: Path) -> None:
    sql(file, "CREATE TABLE tasks(id INTEGER, stage TEXT)", "INSERT INTO tasks VALUES(1, 'done')")
    rise(store_at(file), 8)
    kept = sql(file, "SELECT * FROM tasks", "SELECT sql FROM sqlite_master WHERE name = 'tasks'")
    assert kept == [(1, "done"), ("CREATE TABLE tasks(id INTEGER, stage TEXT)",)]


def test_a_table_of_our_name_that_is_not_ours_is_refused_and_left_alone(file: Path) -> None:
    sql(file, "CREATE TABLE coverage_baseline(repo TEXT, percent REAL)")
    with pytest.raises(StoreError, match="coverage_baseline that is not ours"):
        rise(store_at(file), 8)
    assert sql(file, "SELECT name FROM sqlite_master") == [("coverage_baseline",)]


def test_a_store_of_a_newer_version_is_refused_and_left_alone(file: Path) -> None:
    store = store_at(file)
    rise(store, 8)
    change_by_hand(file, "coverage_schema", f"version = {SCHEMA_VERSION + 1}")
    before = file.read_bytes()
    for act in (lambda: store.baseline(KEY), lambda: rise(store, 9)):
        with pytest.raises(StoreError, match=r"newer coverage-gate .* Upgrade coverage-gate"):
            act()
    assert file.read_bytes() == before


def test_a_store_of_an_older_version_gets_what_it_lacks_and_keeps_what_it_has(file: Path) -> None:
    store = store_at(file)
    rise(store, 8)
    change_by_hand(file, "coverage_schema", "version = 0")
    sql(file, "DROP TABLE coverage_outbox")
    assert store.enqueue(topic="t", payload={}, dedup_key=None, at=AT)
    assert store.has_baseline("repo")
    assert sql(file, "SELECT max(version) FROM coverage_schema") == [(SCHEMA_VERSION,)]


def test_a_database_of_schema_4_gets_a_history_and_keeps_what_it_has(file: Path) -> None:
    with closing(sqlite3.connect(file)) as made:
        made.executescript((Path(__file__).parent / "schema_4.sql").read_text())
    store = store_at(file)
    key = BaselineKey(repository="repo", scope="scope", kind="ctrace-3.11-line")
    before = store.baseline(key)
    assert before is not None
    assert (before.counts, before.tree) == (Counts(covered=3, total=4), "b" * 40)
    # Its measurements are no points: nobody knows of which branch they were.
    assert [each.counts for each in store.measurements("repo", limit=5)] == [before.counts]
    assert store.history("repo", limit=5) == ()
    measured = measurement(covered(3, 4))
    point = point_of(measured, repository="repo", branch="main", at=AT, recorded_at=AT)
    assert store.note_point(point, [counts_of(each) for each in measured.files])
    assert len(store.history("repo", limit=5)) == 1
    assert store.messages(states=[OutboxState.PENDING], limit=5)[0].dedup_key == "k"
    assert [row.reason for row in store.audits("repo", limit=5)] == ["why"]
    assert sql(file, "SELECT max(version) FROM coverage_schema") == [(SCHEMA_VERSION,)]


def test_the_making_of_the_tables_is_stamped_with_the_time(file: Path) -> None:
    open_store(file, clock=FixedClock(iso="2026-05-05T05:05:05Z")).baselines()
    assert sql(file, "SELECT * FROM coverage_schema") == [(SCHEMA_VERSION, "2026-05-05T05:05:05Z")]


def test_whoever_comes_second_finds_the_tables_made(file: Path) -> None:
    with store_at(file).transactions.writing() as connection:
        migrate(connection, name="it", at="later")
    assert sql(file, "SELECT * FROM coverage_schema") == [(SCHEMA_VERSION, FixedClock().now_iso())]


# What the database itself refuses


@pytest.mark.parametrize(
    "change",
    [
        "rank = rank - 1",
        "rank = 0",
        "repository = 'another'",
        "scope = 'x'",
        "kind = '*'",
        "epoch = epoch + 1",
    ],
)
def test_a_fall_or_a_change_of_the_key_is_refused_by_the_database(file: Path, change: str) -> None:
    rise(store_at(file), 8)
    with pytest.raises(sqlite3.IntegrityError, match="only rises"):
        change_by_hand(file, "coverage_baseline", change)


@pytest.mark.parametrize(
    "change",
    ["rank = 1000000000000001", "rank = 'high'", "covered = 1", "covered = 2, total = 1"],
)
def test_a_value_out_of_range_is_refused_by_the_database(file: Path, change: str) -> None:
    rise(store_at(file), 8)
    with pytest.raises(sqlite3.IntegrityError):
        change_by_hand(file, "coverage_baseline", change)


def test_a_refusal_of_the_database_is_a_store_error(file: Path) -> None:
    store = store_at(file)
    rise(store, 8)
    with (
        pytest.raises(StoreError, match="only rises"),
        store.transactions.writing() as connection,
    ):
        connection.exec_driver_sql("UPDATE coverage_baseline SET rank = 0")


@pytest.mark.parametrize(
    "change",
    [
        "rank = rank + 1",
        "rate = '9/10'",
        "rate = '8e-1'",
        "rate = '1/0'",
        "covered = 3, total = 10",
    ],
)
def test_a_row_that_was_changed_by_hand_is_not_believed(file: Path, change: str) -> None:
    store = store_at(file)
    rise(store, 8)
    change_by_hand(file, "coverage_baseline", change)
    with pytest.raises(StoreError, match=r"changed by hand .* baseline set"):
        store.baseline(KEY)


def test_a_reset_repairs_a_row_that_was_changed_by_hand(file: Path) -> None:
    store = store_at(file)
    rise(store, 8)
    change_by_hand(file, "coverage_baseline", "rate = '9/10'")
    store.reset_baseline(
        repository="repo", rate=Fraction(1, 2), actor="ann", reason="repair", at=AT
    )
    row = store.baseline(KEY)
    assert row is not None
    assert row.rate == Fraction(1, 2)


@pytest.mark.parametrize("value", [2**63, -(2**70)])
def test_a_number_beyond_64_bits_is_refused(file: Path, value: int) -> None:
    with pytest.raises(StoreError, match="cannot be stored"):
        store_at(file).renew_lease(
            "repo", holder="task", fence=value, ttl_ms=1, now_ms=0, boot="boot"
        )


def test_a_name_with_a_lone_surrogate_cannot_be_asked_for(file: Path) -> None:
    with pytest.raises(StoreError, match="cannot be stored"):
        store_at(file).has_baseline("re\udc80po")


# Measurements that cannot be read

GOOD = measurement(covered(9, 10))
IDENTITY = GOOD.provenance.identity


@pytest.fixture
def damaged(file: Path) -> SqlStore:
    store = store_at(file)
    store.save_measurement("repo", GOOD, AT)
    change_by_hand(file, "coverage_measurement", "payload = x'00'")
    return store


def test_a_damaged_measurement_is_absent(damaged: SqlStore) -> None:
    assert damaged.load_measurement(IDENTITY) is None


def test_a_measurement_under_a_foreign_identity_is_absent(file: Path) -> None:
    store = store_at(file)
    store.save_measurement("repo", GOOD, AT)
    change_by_hand(file, "coverage_measurement", "identity = 'foreign'")
    assert store.load_measurement("foreign") is None


def test_a_damaged_measurement_is_replaced_by_the_next_one_and_audited(damaged: SqlStore) -> None:
    damaged.save_measurement("repo", GOOD, AT)
    assert damaged.load_measurement(IDENTITY) == GOOD
    assert [row.action for row in damaged.audits("repo", limit=5)] == ["measurement-replaced"]


def test_the_same_measurement_again_is_not_worth_an_audit(file: Path) -> None:
    store = store_at(file)
    for value in (GOOD, GOOD, replace(GOOD, files=())):
        store.save_measurement("repo", value, AT)
    assert store.load_measurement(IDENTITY) == GOOD
    assert store.audits("repo", limit=5) == ()


# What it costs to know of it


def test_the_database_library_is_loaded_only_with_the_store() -> None:
    code = (
        "import sys, coverage_gate.adapters.stores, coverage_gate.testing.stores;"
        "print([name for name in sys.modules if name.startswith('sqlalchemy')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
