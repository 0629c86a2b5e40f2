"""The arena is built and measured once."""

from __future__ import annotations

import pytest
from tests.redteam.arena import build

from coverage_gate.testing.attacks.arena import Arena


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    """Built and measured once; not to be changed."""
    return build(tmp_path_factory.mktemp("arena"))
