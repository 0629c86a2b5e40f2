"""Opens real repositories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.adapters.git.view import GitView, open_view
from coverage_gate.testing.repositories import RepositoryBuilder


@pytest.fixture
def look(tmp_path: Path) -> Callable[[Path], GitView]:
    """Opens a view with a scratch folder of its own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return lambda repo: open_view(repo, scratch=scratch)


@pytest.fixture
def repo(tmp_path: Path) -> RepositoryBuilder:
    """A repository with one commit on main."""
    builder = RepositoryBuilder.create(tmp_path / "repo")
    builder.commit(files={"src/a.py": "a = 1\n", "README.md": "text\n"})
    return builder
