"""Every code and command has its heading, and every heading a code or command."""

import re
import shlex
from pathlib import Path

import click

import coverage_gate
from coverage_gate import ports
from coverage_gate.cli.main import TABLE
from coverage_gate.core.measurement import FailureCode
from coverage_gate.core.verdict import Reason

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def headings(page: str, level: str) -> set[str]:
    found = re.findall(rf"^{level} (\S+)$", (DOCS / page).read_text(), re.MULTILINE)
    return set(found)


def repository_codes() -> set[str]:
    """Every code that is written in the sources of the git adapter and beside it."""
    files = [*(ROOT / "src/coverage_gate/adapters/git").glob("*.py"), Path(ports.__file__)]
    files += (ROOT / "src/coverage_gate").glob("*.py")
    written = r"code(?:: str)? ?= ?\"([a-z-]+)\"|\"([a-z]+-[a-z-]+)\"(?:: \"[A-Z]|\),$)"
    return {
        first or second
        for file in files
        for first, second in re.findall(written, file.read_text(), re.MULTILINE)
    }


def test_every_code_has_a_heading_and_every_heading_a_code() -> None:
    codes = {str(code) for code in (*Reason, *FailureCode)} | repository_codes()
    codes.add(ports.BAD_GIT_CONFIG)
    assert headings("errors.md", "###") == codes


def test_every_command_has_a_heading() -> None:
    assert headings("commands.md", "##") == set(TABLE)


def commands() -> dict[str, click.Command]:
    """Each command that can be called → it; those of a group under both words."""
    loaded = {name: lazy.load() for name, lazy in TABLE.items()}
    groups = {name: each for name, each in loaded.items() if isinstance(each, click.Group)}
    within = {f"{name} {word}": c for name, g in groups.items() for word, c in g.commands.items()}
    return {name: each for name, each in loaded.items() if name not in groups} | within


def test_every_command_shows_an_example_that_can_be_parsed() -> None:
    for name, command in commands().items():
        called = rf"^  (?:\w+=\S+ )*coverage-gate ({name}(?: .+)?)$"
        examples = re.findall(called, command.epilog or "", re.MULTILINE)
        assert examples, name
        for example in examples:
            arguments = shlex.split(example)[len(name.split()) :]
            assert command.make_context(name, arguments, resilient_parsing=True).info_name == name


def test_every_public_name_has_a_docstring() -> None:
    names = [name for name in coverage_gate.__all__ if name != "__version__"]
    assert [name for name in names if not getattr(coverage_gate, name).__doc__] == []
