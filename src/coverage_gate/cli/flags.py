"""Flags of a command as the settings read them."""

from __future__ import annotations

from collections.abc import Mapping

from coverage_gate.procedure import SettingsReader
from coverage_gate.settings import Settings, load_settings


def reader(flags: Mapping[str, str | None]) -> SettingsReader:
    """Reads the settings with these flags on top; keys as in `load_settings`."""

    def read(base_pyproject: bytes | None) -> Settings:
        """The settings for a base with this pyproject.toml, or none. Raises SettingsError."""
        return load_settings(flags=flags, base_pyproject=base_pyproject)

    return read
