"""The world in which the engine's tests happen."""

from pathlib import Path

import pytest
from tests.engine_world import World, make_world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return make_world(tmp_path, monkeypatch)
