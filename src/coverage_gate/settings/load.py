"""Flags, environment, file and defaults put over each other, and the result validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from coverage_gate.settings.catalogue import CATALOGUE, EVERY
from coverage_gate.settings.environment import home_folder, read_environment, state_folder
from coverage_gate.settings.errors import SettingsError, problem
from coverage_gate.settings.file import label, read_table
from coverage_gate.settings.model import Settings
from coverage_gate.settings.names import Origin, Setting
from coverage_gate.settings.values import looks_like_address

_STATE = {
    "db_path": "coverage-gate.db",
    "repos_dir": "repos",
    "worktrees_dir": "worktrees",
    "reports_dir": "reports",
}


_STORE = frozenset({"db_path", "db_url"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The values of one origin, by field name, as people wrote them."""

    origin: Origin
    values: Mapping[str, object]


def build_settings(
    *, env: Mapping[str, str] | None, flags: Mapping[str, object] | None, base: bytes | None
) -> Settings:
    """Read, merge and validate. See `coverage_gate.settings.load_settings`.

    Raises:
        SettingsError: If anything that counts is invalid; all problems are named at once.
        KeyError: If a command hands in a flag that no setting has.
    """
    variables = read_environment() if env is None else dict(env)
    problems: list[str] = []
    layers = [
        Layer(origin=Origin.FLAG, values=_of_flags(flags or {})),
        Layer(origin=Origin.ENVIRONMENT, values=_of_environment(variables)),
        Layer(origin=Origin.FILE, values=_of_file(base, problems)),
        Layer(origin=Origin.DEFAULT, values=_computed_defaults(variables)),
    ]
    values, origins = _merged(layers)
    if values.keys() >= _STORE:
        problems.append("ORCH_DB_PATH and ORCH_DB_URL are both set: keep the one that is meant")
    values |= {"environment": MappingProxyType(variables), "origins": MappingProxyType(origins)}
    return _validated(values, origins, home=home_folder(variables), problems=problems)


def _of_flags(flags: Mapping[str, object]) -> dict[str, object]:
    by_key = {setting.flag_key: field for field, setting in CATALOGUE.items() if setting.flag}
    given = {by_key[key]: value for key, value in flags.items() if value is not None}
    store = given.pop("db_url", None)
    if store is not None:  # one option for both
        is_address = looks_like_address(str(store).strip())
        given["db_url" if is_address else "db_path"] = str(store) if is_address else store
    return given


def _of_environment(env: Mapping[str, str]) -> dict[str, object]:
    given = {field: env[item.env] for field, item in CATALOGUE.items() if item.env in env}
    return {
        field: text
        for field, text in given.items()
        if text.strip() or not CATALOGUE[field].is_optional
    }


def _of_file(base: bytes | None, problems: list[str]) -> dict[str, object]:
    try:
        return read_table(base)
    except SettingsError as error:
        problems.extend(error.problems)
        return {}


def _computed_defaults(env: Mapping[str, str]) -> dict[str, object]:
    state = state_folder(env)
    return {} if state is None else {field: state / name for field, name in _STATE.items()}


def _merged(layers: list[Layer]) -> tuple[dict[str, Any], dict[str, Origin]]:
    """The strongest value of each field, and where it came from; layers strongest first."""
    values: dict[str, Any] = {}
    origins = dict.fromkeys(EVERY, Origin.DEFAULT)
    for layer in layers:
        # A store that was named by path hides a weaker one that is named by address, too.
        hidden = values.keys() | (_STORE if values.keys() & _STORE else frozenset())
        fresh = {field: value for field, value in layer.values.items() if field not in hidden}
        values |= fresh
        origins |= dict.fromkeys(fresh, layer.origin)
    return values, origins


def _validated(
    values: dict[str, Any],
    origins: Mapping[str, Origin],
    *,
    home: Path | None,
    problems: list[str],
) -> Settings:
    try:
        settings = Settings.model_validate(values, context=home)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found = [_problem(dict(detail), origins) for detail in details]
        raise SettingsError([*problems, *found]) from None  # its text holds what was typed
    if problems:
        raise SettingsError(problems)
    return settings


def _problem(detail: Mapping[str, Any], origins: Mapping[str, Origin]) -> str:
    field = str(detail["loc"][0])
    setting = EVERY[field]
    if detail["type"] == "missing":
        return f"{setting.env} has no default, since there is no home folder: set it, or HOME"
    return problem(_label(setting, origins[field]), detail["ctx"]["error"], setting.allowed)


def _label(setting: Setting, origin: Origin) -> str:
    if origin is Origin.FLAG:
        return str(setting.flag)
    return label(str(setting.file)) if origin is Origin.FILE else setting.env
