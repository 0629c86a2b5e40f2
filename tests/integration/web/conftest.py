"""The application on a store and folders of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from coverage_gate.testing.fakes import FixedClock
from coverage_gate.web import create_app

TOKEN = "s3cret-t0ken"  # noqa: S105 - of these tests
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store and the reports of the application are."""
    monkeypatch.setenv("ORCH_DB_PATH", str(tmp_path / "gate.db"))
    monkeypatch.setenv("ORCH_REPORTS_DIR", str(tmp_path / "reports"))
    monkeypatch.setenv("ORCH_API_TOKEN", TOKEN)
    return tmp_path


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client; the clock of the server stands still."""
    with TestClient(create_app(clock=FixedClock())) as client:
        yield client
