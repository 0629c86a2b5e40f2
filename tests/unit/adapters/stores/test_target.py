"""What a store may be opened on."""

from pathlib import Path

import pytest

from coverage_gate.adapters.stores.target import sqlite_path
from coverage_gate.ports import StoreError


def test_a_path_becomes_absolute_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sqlite_path("store.db") == tmp_path / "store.db"


def test_a_link_is_followed_at_once(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "far.db")
    assert sqlite_path(tmp_path / "link.db") == tmp_path / "far.db"


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_a_sqlite_url_names_its_file(scheme: str) -> None:
    assert sqlite_path(f"{scheme}:////var/lib/gate.db") == Path("/var/lib/gate.db")


@pytest.mark.parametrize("name", ["with space.db", "100%.db", "a#b?.db", "ünï.db", "x\udcff.db"])
def test_any_file_name_is_a_path(tmp_path: Path, name: str) -> None:
    assert sqlite_path(str(tmp_path / name)) == tmp_path / name


@pytest.mark.parametrize("target", ["", "  ", "a\0b", ":memory:"])
def test_what_names_no_file_is_refused(target: str) -> None:
    with pytest.raises(StoreError, match="names no database file: set ORCH_DB_PATH"):
        sqlite_path(target)


@pytest.mark.parametrize(
    "target",
    [
        "postgresql://ann:sesame@db.example/gate",
        "postgresql+psycopg://ann:sesame@db.example/gate?sslmode=require",
        "postgresql:/ann:sesame@db.example/gate",
        Path("postgresql://ann:sesame@db.example/gate"),
        "mysql://ann:sesame@db.example/gate\nsesame",
        "sqlite:///gate.db?password=sesame",
        "sqlite://sesame",
        "file:sesame.db?mode=memory",
    ],
)
def test_any_other_url_is_refused_without_showing_its_password(target: str | Path) -> None:
    with pytest.raises(StoreError, match="only SQLite is supported in this version") as caught:
        sqlite_path(target)
    assert "sesame" not in str(caught.value)
    assert str(caught.value).endswith("unset it and use ORCH_DB_PATH")
