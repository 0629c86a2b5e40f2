"""A repository to be examined by the doctor."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage_gate.cli.doctor import examine
from coverage_gate.cli.examinations import EXAMINATIONS
from coverage_gate.cli.findings import Finding, Patient
from coverage_gate.settings import load_settings
from coverage_gate.testing.repositories import RepositoryBuilder

Ask = Callable[..., Finding]


@pytest.fixture
def builder(tmp_path: Path) -> RepositoryBuilder:
    return RepositoryBuilder.create(tmp_path / "shop")


@pytest.fixture
def ask(builder: RepositoryBuilder, tmp_path: Path) -> Ask:
    """Examines the repository as it is by then."""

    def examined(name: str, *, folder: Path | None = None, **variables: str) -> Finding:
        own = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]}
        patient = Patient(
            environment=own | variables,
            folder=folder or builder.path,
            settings=load_settings(env=own | variables),
            error=None,
            python_version=sys.version_info[:3],
        )
        chosen = [each for each in EXAMINATIONS if each.name == name]
        ((_, finding),) = examine(patient, chosen)
        return finding

    return examined
