"""Which heavy modules each way into the package may load. The table is the whole budget."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coverage_gate.cli.main import TABLE
from coverage_gate.testing.repositories import RepositoryBuilder

_HEAVY = (
    "asyncio",
    "click",
    "coverage",
    "fastapi",
    "httpx2",
    "pydantic",
    "pydantic_settings",
    "pytest",
    "rich",
    "sqlalchemy",
    "structlog",
    "tenacity",
    "uvicorn",
    "yaml",
)
_LIST = f"import sys; print(*sorted(set({_HEAVY!r}) & sys.modules.keys()), file=sys.stderr)"
_RUN = f"""
import sys
from coverage_gate.cli.main import run
try:
    run(sys.argv[1:])
finally:
    {_LIST}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository to run commands in."""
    builder = RepositoryBuilder.create(tmp_path_factory.mktemp("import_cost") / "shop")
    builder.commit(files={"pyproject.toml": "[tool.coverage-gate]\nmin_percent = 80\n"})
    return builder.path


def _loaded(code: str, *arguments: str, folder: Path) -> set[str]:
    """The heavy modules that a process has loaded at its end."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={"HOME": str(folder / "home"), **kept},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stderr.splitlines()[-1].split())


# What a host pays for importing us, without calling anything.
@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("coverage_gate", set()),
        ("coverage_gate.boundary", set()),
        ("coverage_gate.clock", set()),
        ("coverage_gate.core.verdict", set()),
        ("coverage_gate.ports", set()),
        ("coverage_gate.settings", set()),
        ("coverage_gate.settings.load", {"pydantic"}),
        ("coverage_gate.cli.main", {"click"}),
    ],
)
def test_a_module_loads_no_more_than_it_may(module: str, allowed: set[str], tmp_path: Path) -> None:
    assert _loaded(f"import {module}; {_LIST}", folder=tmp_path) <= allowed


# Help is read by people who wait for it, and by shells that complete words.
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        [],
        ["nonsense"],
        ["config", "show", "--help"],
        *([name, "--help"] for name in TABLE),
    ],
    ids=" ".join,
)
def test_help_loads_nothing_but_click(arguments: list[str], folder: Path) -> None:
    assert _loaded(_RUN, *arguments, folder=folder) <= {"click"}


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["config", "show"], {"click", "pydantic"}),
        (["doctor"], {"click", "pydantic", "sqlalchemy", "asyncio"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_loads_no_more_than_it_may(
    arguments: list[str], allowed: set[str], folder: Path
) -> None:
    assert _loaded(_RUN, *arguments, folder=folder) <= allowed


def test_the_switch_and_the_scope_are_read_without_anything_heavy(tmp_path: Path) -> None:
    code = f"from coverage_gate.settings import load_scope; load_scope().applies('x'); {_LIST}"
    assert _loaded(code, folder=tmp_path) == set()


def test_help_of_a_command_loads_no_setting_and_nothing_of_judging(folder: Path) -> None:
    lists = _RUN.replace(_LIST, "print(*sys.modules, file=sys.stderr)")
    loaded = _loaded(lists, "check", "--help", folder=folder)
    ours = {name for name in loaded if name.startswith("coverage_gate.")}
    assert {name.split(".")[1] for name in ours} <= {"boundary", "cli", "settings"}
    assert not loaded & {"coverage_gate.settings.catalogue", "decimal", "logging", "hashlib"}


def test_a_command_asks_no_package_for_plugins(folder: Path) -> None:
    code = """
import sys
from coverage_gate.cli import main
sys.argv[0] = "coverage-gate"
try:
    main.main()
finally:
    print(sys.modules["pydantic.plugin._loader"]._plugins, file=sys.stderr)
"""
    assert _loaded(code, "config", "show", folder=folder) == {"None"}


# What most verdicts have no use for: each is loaded by the few that do.
_RARE = (
    "coverage_gate.adapters.git.snapshot",
    "coverage_gate.adapters.git.writer",
    "coverage_gate.adapters.render.json_verdict",
    "coverage_gate.adapters.render.measurement",
    "coverage_gate.adapters.render.order",
    "coverage_gate.adapters.sandbox.probing",
    "coverage_gate.adapters.sandbox.template",
    "coverage_gate.core.explanation",
    "coverage_gate.core.outbox",
    "coverage_gate.core.picture",
    "coverage_gate.core.plan",
    "coverage_gate.core.skeleton",
    "coverage_gate.core.tokens",
    "coverage_gate.mutating",
    "coverage_gate.receiving",
)


def test_judging_loads_nothing_that_few_verdicts_need(tmp_path: Path) -> None:
    modules = "import coverage_gate.procedure, coverage_gate.cli.answers"
    code = f"import sys; {modules}; print(*sys.modules, file=sys.stderr)"
    assert _loaded(code, folder=tmp_path).isdisjoint(_RARE)


def test_debug_alone_loads_structlog(folder: Path) -> None:
    loaded = _loaded(_RUN, "config", "show", "--debug", folder=folder)
    assert "structlog" in loaded
