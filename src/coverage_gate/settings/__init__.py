"""The only reader of the environment. See docs/settings.md.

Settings are read when they are needed and never kept between calls, so that a switch takes effect
without a restart. Importing this package is cheap: pydantic is loaded by `load_settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from coverage_gate.boundary import redactor, visible

if TYPE_CHECKING:
    from coverage_gate.settings.catalogue import all_settings
    from coverage_gate.settings.environment import (
        TerminalWishes,
        index_file,
        read_environment,
        secret_values,
        step_summary,
        terminal_wishes,
    )
    from coverage_gate.settings.errors import SettingsError
    from coverage_gate.settings.model import Settings
    from coverage_gate.settings.names import Origin, Setting
    from coverage_gate.settings.scope import Scope, load_scope

__all__ = [
    "Origin",
    "Scope",
    "Setting",
    "Settings",
    "SettingsError",
    "TerminalWishes",
    "all_settings",
    "index_file",
    "load_scope",
    "load_settings",
    "read_environment",
    "secret_values",
    "step_summary",
    "terminal_wishes",
    "unknown_variables",
    "without_secrets",
]

_PREFIX = "ORCH_COVERAGE_"
#: Where the names above are made, that are not made here: loaded when one of them is used.
_HOMES: Mapping[str, str] = MappingProxyType(
    {
        "all_settings": "catalogue",
        **dict.fromkeys(("index_file", "read_environment", "secret_values"), "environment"),
        **dict.fromkeys(("TerminalWishes", "step_summary", "terminal_wishes"), "environment"),
        "SettingsError": "errors",
        "Settings": "model",
        **dict.fromkeys(("Origin", "Setting"), "names"),
        **dict.fromkeys(("Scope", "load_scope"), "scope"),
    }
)


def load_settings(
    *,
    env: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
    base_pyproject: bytes | None = None,
) -> Settings:
    """Read all settings: flag over environment over file over default.

    Args:
        env: The variables; None: those of this process, now.
        flags: Option name without dashes, as in "patch_min" → its value; None counts as not given.
        base_pyproject: pyproject.toml of the base commit; None where it has none.

    Raises:
        SettingsError: If anything that counts is invalid. It names every problem at once, and no
            secret.
        KeyError: If `flags` names an option that no setting has.
    """
    from coverage_gate.settings.load import build_settings  # noqa: PLC0415 - imports pydantic

    return build_settings(env=env, flags=flags, base=base_pyproject)


def unknown_variables(env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Every `ORCH_COVERAGE_*` variable that is not ours, with the nearest known name; sorted."""
    from coverage_gate.settings.environment import read_environment  # noqa: PLC0415 - see _HOMES

    env = read_environment() if env is None else env
    named = sorted(name for name in env if name.upper().startswith(_PREFIX))
    return _strangers(named) if named else ()


def _strangers(named: list[str]) -> tuple[str, ...]:
    from coverage_gate.settings.catalogue import all_settings  # noqa: PLC0415 - see _HOMES
    from coverage_gate.settings.values import nearest  # noqa: PLC0415 - see _HOMES

    known = [setting.env for setting in all_settings()]
    return tuple(
        visible(name) + nearest(name.upper(), known) for name in named if name not in known
    )


def without_secrets(text: str) -> str:
    """The text with the value of each of our secret variables blanked; for `never_raises`."""
    from coverage_gate.settings.environment import secret_values  # noqa: PLC0415 - see _HOMES

    return redactor(secret_values())(text)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
