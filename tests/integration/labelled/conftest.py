"""One repository for all labelled changes."""

from __future__ import annotations

import pytest
from tests.integration.labelled.changes import CHANGES
from tests.integration.labelled.lab import Lab, build

from coverage_gate.adapters.git.view import open_view
from coverage_gate.testing.repositories import RepositoryBuilder


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The lab with all changes in it."""
    folder = tmp_path_factory.mktemp("lab")
    repo = RepositoryBuilder.create(folder / "repo", bare=True)
    trees = build(CHANGES, repo)
    return Lab(view=open_view(repo.path, scratch=folder), folder=folder, trees=trees)
