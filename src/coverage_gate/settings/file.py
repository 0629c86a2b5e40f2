"""`[tool.coverage-gate]` of the base commit's pyproject.toml, from bytes to known keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal

from coverage_gate.boundary import visible
from coverage_gate.settings.catalogue import CATALOGUE, EVERY
from coverage_gate.settings.errors import SettingsError
from coverage_gate.settings.values import nearest

TABLE = "[tool.coverage-gate]"
_FILE = "the base's pyproject.toml"


def read_table(content: bytes | None) -> dict[str, object]:
    """The values of the table by field name; empty where there is no file or no table.

    A hyphen in a key counts as an underscore. The values are not looked at here, so that a bad
    one is no fault where a flag or a variable is stronger.

    Raises:
        SettingsError: If the file is no TOML, or a key is unknown or not allowed there.
    """
    table = _table(_parsed(content))
    fields = {setting.file: field for field, setting in EVERY.items() if setting.file}
    found: dict[str, object] = {}
    problems: list[str] = []
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in fields:
            problems.append(f"{label(key)} {_refusal(name, list(fields))}")
        elif fields[name] in found:
            problems.append(f"{label(key)} is there twice, with a hyphen and an underscore")
        else:
            found[fields[name]] = value
    if problems:
        raise SettingsError(problems)
    return found


def label(key: str) -> str:
    """What a key of the file is called in an error."""
    return f"{visible(key, limit=40)} in {TABLE} of {_FILE}"


def _refusal(name: str, known: list[str]) -> str:
    for setting in CATALOGUE.values():
        if name in {setting.bare, setting.env.lower()}:
            return f"may not be set there; set {setting.env} in the environment"
    return f"is unknown{nearest(name, known)}. Known: {', '.join(sorted(known))}"


def _parsed(content: bytes | None) -> Mapping[str, object]:
    try:
        # Decimal: the percentages are kept as they are written.
        return tomllib.loads((content or b"").decode(), parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:  # Arithmetic-: of Decimal
        raise SettingsError([f"{_FILE} is no valid TOML: {visible(str(error))}"]) from error


def _table(document: Mapping[str, object]) -> Mapping[str, object]:
    tool = document.get("tool", {})
    table = tool.get("coverage-gate", {}) if isinstance(tool, Mapping) else tool
    if not isinstance(table, Mapping):
        raise SettingsError([f"{TABLE} in {_FILE} is no table"])
    return table
