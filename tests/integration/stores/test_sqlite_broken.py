"""A store that is no store, damaged, locked, full or read-only: what is said, and what stays."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import event
from tests.integration.stores.sqlite_files import AT, KEY, rise, sql, store_at

from coverage_gate.adapters.stores.database import Database
from coverage_gate.adapters.stores.engine import SqlitePlace, sqlite_engine
from coverage_gate.adapters.stores.store import SqlStore
from coverage_gate.core.ratchet import RatchetResult
from coverage_gate.ports import StoreError
from coverage_gate.testing.fakes import FixedClock

NOBODY = 65534


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


# What is no store


@pytest.mark.parametrize("content", [b"words\n" * 999, b"\0" * 5000, bytes(range(256)) * 20])
def test_a_file_that_is_no_database_is_refused_and_left_alone(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    for act in (store_at(file).baselines, lambda: rise(store_at(file), 8)):
        with pytest.raises(StoreError, match=r"is no SQLite database; .*Move it away"):
            act()
    assert file.read_bytes() == content


def test_a_damaged_database_is_refused_and_left_alone(file: Path) -> None:
    rise(store_at(file), 8)
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * 8000 + content[8100:])
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"is damaged; it was left as it is. Restore it"):
        rise(store_at(file), 9)
    assert file.read_bytes() == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no file: set ORCH_DB_PATH"):
        store_at(tmp_path).baselines()


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="is no file: set ORCH_DB_PATH"):
        store_at(tmp_path / "pipe").baselines()


def test_a_device_that_swallows_everything_is_refused() -> None:
    with pytest.raises(StoreError, match="is no file: set ORCH_DB_PATH"):
        store_at(Path("/dev/null")).baselines()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with pytest.raises(StoreError, match=r"cannot be made: .* Let this user write its folder"):
        store_at(tmp_path / "plain" / "store.db").baselines()


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(StoreError, match=r"cannot be made: .* set ORCH_DB_PATH"):
        store_at(tmp_path / "loop" / "store.db").baselines()


def test_a_message_shows_no_control_characters_of_the_path(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[31m\nb.db"
    file.write_bytes(b"not a database")
    with pytest.raises(StoreError) as caught:
        store_at(file).baselines()
    assert str(caught.value).isprintable()


# Locked, full, read-only


@pytest.fixture
def other(file: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to a store that has a baseline."""
    rise(store_at(file), 8)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        yield connection


def test_a_writer_that_waits_too_long_says_so_and_loses_nothing(
    file: Path, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"locked by another process; nothing was written"):
        rise(store_at(file), 9)
    other.execute("ROLLBACK")
    assert rise(store_at(file), 9) is RatchetResult.MOVED


def test_a_transaction_has_the_right_to_write_from_its_beginning(
    file: Path, other: sqlite3.Connection
) -> None:
    other.execute("PRAGMA busy_timeout = 0")
    with (
        store_at(file).transaction(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_a_reader_does_not_wait_for_a_writer(file: Path, other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")
    assert store_at(file).has_baseline("repo")


def test_a_database_that_is_locked_against_reading_says_so(
    file: Path, other: sqlite3.Connection
) -> None:
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked by another process"):
        store_at(file).baseline(KEY)


def test_a_reader_in_the_way_of_the_log_does_not_stop_a_writer(file: Path) -> None:
    sql(file, "PRAGMA journal_mode = DELETE", "CREATE TABLE host(x)")
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM host").fetchall()
        with pytest.raises(StoreError, match="locked"):
            rise(store_at(file), 8)
        reader.execute("COMMIT")
        assert rise(store_at(file), 8) is RatchetResult.FOUNDED


def test_on_a_network_file_system_there_is_no_write_ahead_log(file: Path) -> None:
    rise(store_at(file), 8)
    place = SqlitePlace(path=file, journal="DELETE", busy_timeout_ms=50)
    store = SqlStore(
        transactions=Database(
            name="it", make_engine=lambda: sqlite_engine(place), clock=FixedClock()
        )
    )
    assert rise(store, 9) is RatchetResult.MOVED
    assert sql(file, "PRAGMA journal_mode") == [("delete",)]


def test_a_full_disk_is_told_and_what_was_there_stays(file: Path) -> None:
    store = store_at(file)
    rise(store, 8)
    (pages,) = sql(file, "PRAGMA page_count")[0]
    assert isinstance(store.transactions, Database)
    event.listen(
        store.transactions.engine,
        "connect",
        lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages}"),
    )
    with pytest.raises(StoreError, match=r"found no room; nothing was written. Free space"):
        store.enqueue(topic="t", payload={"text": "x" * 100_000}, dedup_key=None, at=AT)
    assert store.has_baseline("repo")


@contextmanager
def as_owner() -> Iterator[None]:
    """With the rights that the test's process really has."""
    user = os.geteuid()
    os.seteuid(os.getuid())
    yield
    os.seteuid(user)


@pytest.fixture
def frozen_folder() -> Iterator[Path]:
    """A folder with a store; the test runs as a user who may read it only."""
    folder = Path(tempfile.mkdtemp())
    rise(store_at(folder / "store.db"), 8)
    (folder / "store.db").chmod(0o444)
    folder.chmod(0o555)
    os.seteuid(NOBODY if os.getuid() == 0 else os.getuid())
    yield folder
    os.seteuid(os.getuid())
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_file_that_may_only_be_read_can_be_read(frozen_folder: Path) -> None:
    row = store_at(frozen_folder / "store.db").baseline(KEY)
    assert row is not None
    assert row.rate == Fraction(8, 10)


def test_a_file_that_may_only_be_read_is_not_written(frozen_folder: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be written; nothing was changed. Let this user"):
        rise(store_at(frozen_folder / "store.db"), 9)


def test_a_file_with_a_log_that_cannot_be_shared_is_not_half_read(frozen_folder: Path) -> None:
    with as_owner():
        frozen_folder.chmod(0o755)
        (frozen_folder / "store.db-wal").write_bytes(b"frames that are not in the file yet")
        frozen_folder.chmod(0o555)
    with pytest.raises(StoreError, match="cannot be"):
        store_at(frozen_folder / "store.db").baseline(KEY)


def test_a_store_in_a_folder_that_may_only_be_read_cannot_be_made(frozen_folder: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be made: .* Let this user write its folder"):
        rise(store_at(frozen_folder / "another.db"), 9)


def test_a_file_that_may_not_be_read_says_so(frozen_folder: Path) -> None:
    with as_owner():
        (frozen_folder / "store.db").chmod(0)
    with pytest.raises(StoreError, match=r"cannot be opened. Let this user read and write"):
        store_at(frozen_folder / "store.db").baseline(KEY)
