"""Help is read by people who wait for it: it loads nothing but what prints it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stage_engine.cli.main import TABLE

_HEAVY = ("asyncio", "click", "coverage", "pydantic", "pytest", "sqlalchemy", "structlog", "yaml")
_RUN = f"""
import sys
from stage_engine.cli.main import run
try:
    run(sys.argv[1:])
finally:
    print(*sorted(set({_HEAVY!r}) & sys.modules.keys()), file=sys.stderr)
"""


def loaded(*arguments: str, folder: Path) -> set[str]:
    """The heavy modules that a command has loaded at its end."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments],
        cwd=folder,
        env={"HOME": str(folder), **kept},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], [], ["nonsense"], *([name, "--help"] for name in TABLE)],
    ids=" ".join,
)
def test_help_loads_nothing_but_click(arguments: list[str], tmp_path: Path) -> None:
    assert loaded(*arguments, folder=tmp_path) <= {"click"}
