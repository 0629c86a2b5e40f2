"""The command line in this process, on a world of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.engine_world import World

from stage_engine.cli.main import run


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a command ended.

    Attributes:
        status: Its exit status.
        out: What it wrote to stdout.
        err: What it wrote to stderr.
    """

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs commands.

    Attributes:
        world: In which.
        capsys: Hears them.
    """

    world: World
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Told:
        """Run one command."""
        self.capsys.readouterr()
        status = run(arguments)
        heard = self.capsys.readouterr()
        return Told(status=status, out=heard.out, err=heard.err)

    def json(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """Run one command with `--format json`. Returns the object."""
        told = self(*arguments, "--format", "json")
        assert told.status == status, told.err
        found: dict[str, Any] = json.loads(told.out.splitlines()[-1])
        assert found["schema_version"] == 1
        return found

    def write(self, name: str, content: object) -> str:
        """Write a file, as JSON unless it is text. Returns its path."""
        path: Path = self.world.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)


@pytest.fixture
def shell(world: World, capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line; the coverage gate is switched off unless a test wants it."""
    world.set(COVERAGE_GATE_ENABLED="false")
    return Shell(world=world, capsys=capsys)
