"""What somebody has configured in the work tree; the gate looks at it once it has landed."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from coverage_gate.adapters.measure.base_config import CONFIG_FILES
from coverage_gate.cli.base_file import read_base_files
from coverage_gate.cli.findings import Finding, Patient, ok, warn
from coverage_gate.cli.scope_examinations import PYTEST_FILES, work_tree
from coverage_gate.ports import RepositoryError
from coverage_gate.settings import Settings

_NAMES = tuple(dict.fromkeys((*CONFIG_FILES, *PYTEST_FILES)))
#: Of files that other tools share, what is read.
_TABLES = ("coverage", "coverage-gate", "pytest")
_SHARED = ("setup.cfg", "tox.ini")
_SECTIONS = ("coverage:", "tool:pytest", "pytest")


def check_pending(patient: Patient, settings: Settings) -> Finding:
    """Who has just edited the configuration would take what is told for an answer about it."""
    try:
        base = read_base_files(patient.folder, settings.base, _NAMES)
    except RepositoryError:
        return warn("not looked at, since the repository or its base cannot be read")
    root = work_tree(patient.folder)
    if root is None:
        return ok(f"read from {settings.base}; there is no checkout beside it")
    own = {name: _content(root / name) for name in _NAMES}
    other = [name for name in _NAMES if _read(name, own[name]) != _read(name, base.get(name))]
    if not other:
        return ok(f"read from {settings.base}; the work tree has the same")
    return warn(
        f"read from {settings.base}, as the gate does; what the work tree says otherwise in"
        f" {', '.join(other)} is not looked at yet",
        "it takes effect once it is merged; to look at what is committed here: --base HEAD",
    )


def _content(path: Path) -> bytes | None:
    content = None
    with suppress(OSError):
        if path.is_file():  # a pipe would never end
            content = path.read_bytes()
    return content


def _read(name: str, content: bytes | None) -> object:
    """What of a file the gate would read, to be compared; its lines where it cannot be parsed."""
    try:
        if name == "pyproject.toml":
            return _tables(content or b"")
        return _sections(content or b"") if name in _SHARED else _lines(content)
    except (ValueError, configparser.Error):
        return _lines(content)


def _lines(content: bytes | None) -> list[bytes] | None:
    return None if content is None else content.splitlines()


def _tables(content: bytes) -> Mapping[str, object]:
    tool = tomllib.loads(content.decode()).get("tool")
    tables = tool if isinstance(tool, dict) else {}
    return {name: tables[name] for name in _TABLES if name in tables}


def _sections(content: bytes) -> Mapping[str, object]:
    parser = configparser.RawConfigParser()
    parser.read_string(content.decode())
    return {name: dict(parser[name]) for name in parser.sections() if name.startswith(_SECTIONS)}
