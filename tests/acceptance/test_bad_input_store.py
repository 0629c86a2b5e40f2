"""A store or a disk that is bad: a message says what to do, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.shop import NAME, Shop, Told

from coverage_gate import gate, wiring
from coverage_gate.adapters.stores.store import open_store

Tell = Callable[..., Told]
NOBODY = 65534
GARBAGE = b"no database at all, but long enough to be looked at\n" * 100


# Corrupt


def test_a_file_that_is_no_database_is_told_and_left_as_it_is(shop: Shop, tell: Tell) -> None:
    shop.db.write_bytes(GARBAGE)
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", "--format=json")
    assert (told.status, told.json["verdict"]) == (0, "UNMEASURABLE")
    assert "ORCH_DB_PATH" in told.json["reason"]
    assert shop.db.read_bytes() == GARBAGE


def test_a_corrupt_store_blocks_where_the_gate_is_closed(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", "true")
    shop.db.write_bytes(GARBAGE)
    assert tell("check", "--repo", str(shop.path), "--branch", "docs").status == 3


@pytest.mark.parametrize(
    "command",
    [
        ["baseline", "show"],
        ["baseline", "set", "--repo=shop", "--percent=9", "--actor=a", "--reason=r"],
    ],
)
def test_a_command_that_needs_the_store_ends_with_4(
    shop: Shop, tell: Tell, command: list[str]
) -> None:
    shop.db.write_bytes(GARBAGE)
    told = tell(*command)
    assert told.status == 4
    assert str(shop.db) in told.err
    assert "the command broke" not in told.err
    assert shop.db.read_bytes() == GARBAGE


def test_a_damaged_page_is_told_and_left_as_it_is(founded: Shop, tell: Tell) -> None:
    content = bytearray(founded.db.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    founded.db.write_bytes(content)
    assert tell("baseline", "show").status == 4
    assert founded.db.read_bytes() == content


# Missing


def test_a_store_that_is_missing_is_made_with_its_folder(shop: Shop, tell: Tell) -> None:
    path = shop.top / "not" / "yet" / "store.db"
    told = tell("baseline", "show", "--db", str(path))
    assert (told.status, path.is_file()) == (0, True)


def test_a_store_whose_folder_is_a_file_is_told(shop: Shop, tell: Tell) -> None:
    told = tell("baseline", "show", "--db", str(shop.path / "pyproject.toml" / "store.db"))
    assert told.status == 4
    assert "pyproject.toml" in told.err


# Locked


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds the store locked waits for a tenth of a second instead of half a minute."""
    monkeypatch.setattr(wiring, "open_store", partial(open_store, busy_timeout_ms=100))


@pytest.fixture
def writer(founded: Shop) -> Iterator[sqlite3.Connection]:
    """Another program that is writing."""
    with closing(sqlite3.connect(founded.db, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        yield connection


@pytest.mark.usefixtures("impatient", "writer")
def test_a_store_that_is_being_written_can_be_judged_by(founded: Shop, tell: Tell) -> None:
    assert tell("check", "--repo", str(founded.path), "--branch", "docs").status == 0


@pytest.mark.usefixtures("impatient")
def test_a_ratchet_that_finds_the_store_locked_loses_nothing(
    founded: Shop, tell: Tell, writer: sqlite3.Connection
) -> None:
    arguments = ("--repo", str(founded.path), "--work-item", "E")
    tell("check", *arguments, "--branch", "feature/tested")
    told = tell("ratchet", *arguments, "--sha", "feature/tested")
    assert told.status == 4
    assert "locked by another process; nothing was written. Try again" in told.err
    writer.execute("ROLLBACK")
    assert tell("ratchet", *arguments, "--sha", "feature/tested").status == 0


# Read-only


@pytest.fixture
def read_only(founded: Shop) -> Iterator[Path]:
    """A store with a baseline that this user may only read."""
    folder = Path(tempfile.mkdtemp())
    with (
        closing(sqlite3.connect(founded.db)) as old,
        closing(sqlite3.connect(folder / "store.db")) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")
    (folder / "store.db").chmod(0o444)
    folder.chmod(0o555)
    yield folder / "store.db"
    folder.chmod(0o700)
    shutil.rmtree(folder)


@contextmanager
def as_a_user_without_rights() -> Iterator[None]:
    user = os.geteuid()
    os.seteuid(NOBODY if user == 0 else user)
    yield
    os.seteuid(user)


def test_a_store_that_may_only_be_read_is_told_and_stays(read_only: Path, tell: Tell) -> None:
    before = read_only.read_bytes()
    who = ("--actor", "a", "--reason", "r")
    with as_a_user_without_rights():
        told = tell("baseline", "set", "--repo=shop", "--percent=9", "--db", str(read_only), *who)
    assert told.status == 4
    assert "cannot be written; nothing was changed. Let this user write the file" in told.err
    assert read_only.read_bytes() == before


def test_a_store_that_may_only_be_read_can_be_shown(read_only: Path, tell: Tell) -> None:
    with as_a_user_without_rights():
        told = tell("baseline", "show", "--db", str(read_only))
    assert (told.status, "shop: 66.6666 %" in told.out) == (0, True)


def test_a_host_whose_store_may_only_be_read_ratchets_nothing(
    founded: Shop, read_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded.check("feature/tested")
    monkeypatch.setenv("ORCH_DB_PATH", str(read_only))
    text = founded.report()
    report = read_only.parent.with_suffix(".md")
    report.write_text(text.replace("\ntree:", "\nother_tree:"))
    report.chmod(0o644)
    monkeypatch.setattr(gate, "report_path", lambda *_: report)
    with as_a_user_without_rights():
        assert gate.ratchet_baseline_on_merge(NAME, "ET-1", "feature/tested", "a" * 40) is False
    report.unlink()


# A disk without room

FULL = """
import resource, sys
from coverage_gate import procedure
from coverage_gate.cli.main import run

publish = procedure.publish

def with_a_full_disk(verdict, place, **more):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        return publish(verdict, place, **more)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

procedure.publish = with_a_full_disk
sys.exit(run(sys.argv[1:]))
"""


def check_on_a_full_disk(shop: Shop, branch: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", FULL, "check", "--repo", str(shop.path), "--work-item=E"]
    return subprocess.run([*command, "--branch", branch], capture_output=True, check=False)


def test_a_report_that_finds_no_room_is_told_and_the_older_one_stays(
    founded: Shop, tell: Tell
) -> None:
    tell("check", "--repo", str(founded.path), "--branch", "docs", "--work-item", "E")
    before = founded.report("E")
    done = check_on_a_full_disk(founded, "feature/tested")
    assert (done.returncode, founded.report("E")) == (4, before)
    assert b"cannot write the report" in done.stderr
    assert b"raise the limit on the size of files" in done.stderr
    assert done.stdout.startswith(b"PASS 77.77%")


def test_a_fail_stays_a_fail_where_its_report_finds_no_room(founded: Shop) -> None:
    done = check_on_a_full_disk(founded, "feature/untested")
    assert done.returncode == 1
    assert not list(founded.reports.glob("*/*/*"))


def test_a_folder_of_reports_that_is_a_file_is_told(shop: Shop, tell: Tell) -> None:
    shop.reports.write_text("precious")
    told = tell("check", "--repo", str(shop.path), "--branch", "docs", "--format=json")
    assert (told.status, told.json["report"]) == (4, None)
    assert "remove the file" in told.err
    assert shop.reports.read_text() == "precious"
