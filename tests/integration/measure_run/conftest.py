"""Environments and benches."""

from pathlib import Path

import pytest
from tests.integration.measure_run.bench import PYTEST, XDIST, Bench, make_environment


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with coverage and pytest."""
    return make_environment(tmp_path_factory.mktemp("environment") / "plain")


@pytest.fixture(scope="session")
def python_with_xdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with coverage, pytest and pytest-xdist."""
    return make_environment(tmp_path_factory.mktemp("environment") / "xdist", PYTEST + XDIST)


@pytest.fixture
def bench(tmp_path: Path, python: Path) -> Bench:
    """Where a tree can be run."""
    return Bench(top=tmp_path, python=python)
