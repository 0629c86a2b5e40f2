"""The stores that the suites run over."""

from pathlib import Path

import pytest

from coverage_gate.adapters.stores.store import open_store
from coverage_gate.ports import Store
from coverage_gate.testing.fakes import FixedClock
from coverage_gate.testing.stores import MemoryStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return open_store(tmp_path / "store.db", clock=FixedClock())
