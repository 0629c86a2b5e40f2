"""A map of tests that cannot be read: it only explains, so there is none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from coverage_gate.adapters.stores.store import open_store
from coverage_gate.core.contexts import context_map
from coverage_gate.testing.fakes import FixedClock


def test_a_damaged_map_is_none(tmp_path: Path) -> None:
    store = open_store(tmp_path / "gate.db", clock=FixedClock())
    kept = context_map("one", {"a.py": "blob"}, {"a.py": {"t.py::a": 6}})
    store.save_contexts("shop", kept, "2026-01-01T00:00:00Z")
    with sqlite3.connect(tmp_path / "gate.db") as database:
        database.execute("UPDATE coverage_context_map SET payload = x'00'")
    assert store.load_contexts("shop") is None
