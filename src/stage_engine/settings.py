"""The engine's own settings, read with the library's; see docs/settings.md.

Settings are read when they are needed, so that a change takes effect without a restart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from coverage_gate.settings import Settings, SettingsError, load_settings
from coverage_gate.settings.values import (
    nearest,
    read_bool,
    read_command,
    read_names,
    read_text,
    read_within,
)

#: Checks that belong to other systems: what `check_<name>` asks is configured here.
OUTSIDE_CHECKS = (
    "ci_green",
    "tests_passed",
    "security_gate",
    "staging_status",
    "staging_image_fresh",
)

TEST_COMMAND = "ORCH_TEST_COMMAND"
COMMAND_ENV = "ORCH_COMMAND_ENV"
COMMAND_TIMEOUT = "ORCH_COMMAND_TIMEOUT_S"
DEVELOPER_TIMEOUT = "ORCH_DEVELOPER_TIMEOUT_S"
LEASE_TTL = "ORCH_LEASE_TTL_S"
LEARN = "ORCH_LEARN_AFTER_MERGE"
_QG = "ORCH_QG_"

#: What every command may see of the environment.
_PLAIN = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER")
_VARIABLE = re.compile(r"(?!ORCH_)[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FILE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*):([a-z][a-z0-9_]*)", re.ASCII)
_DAY_S = 86_400

_T = TypeVar("_T")
_D = TypeVar("_D")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFile:
    """A Markdown file beside the coverage report whose front matter decides.

    Attributes:
        name: The file's name, as in "14-security-report.md".
        key: The key that says PASS or FAIL, as in "security_status".
    """

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """All that the engine is told.

    Attributes:
        gate: The library's settings.
        test_command: The merge gate's re-test; None: the coverage gate's measurement is the test.
        commands: Name of an outside check → the command that answers.
        files: Name of an outside check → the file that answers.
        passed_on: Variables, beside the plain ones, that commands may see; secrets on purpose.
        command_timeout_s: How long a check's command or the re-test may take.
        developer_timeout_s: How long a developer job may take.
        lease_ttl_s: How long the merge lease is held without a sign of life.
        learns: Whether a worker looks for flaky lines and contexts of main after each merge.
    """

    gate: Settings
    test_command: tuple[str, ...] | None = None
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, StatusFile] = field(default_factory=dict)
    passed_on: tuple[str, ...] = ()
    command_timeout_s: float = 900.0
    developer_timeout_s: float = 3600.0
    lease_ttl_s: float = 120.0
    learns: bool = False

    def variables(self) -> dict[str, str]:
        """What a command may see of the environment: no ORCH_*, no secret that is not passed on."""
        wanted = (*_PLAIN, *self.passed_on)
        return {
            name: self.gate.environment[name] for name in wanted if name in self.gate.environment
        }


def load_engine_settings(env: Mapping[str, str] | None = None) -> EngineSettings:
    """Read the engine's and the library's settings.

    Args:
        env: The variables; None: those of this process, now.

    Raises:
        SettingsError: If anything is invalid, or there is an `ORCH_QG_*` that nobody reads: a
            check that was meant to be configured must not say N/A.
    """
    gate = load_settings(env=env)
    reader = _Reader(env=gate.environment)
    seconds = partial(read_within, low=Decimal("0.1"), high=Decimal(_DAY_S))
    names = {name: f"{_QG}{name.upper()}" for name in OUTSIDE_CHECKS}
    commands = {
        name: reader.read(f"{of}_COMMAND", read_command, None) for name, of in names.items()
    }
    files = {name: reader.read(f"{of}_FILE", _read_file, None) for name, of in names.items()}
    reader.refuse_strangers()
    settings = EngineSettings(
        gate=gate,
        test_command=reader.read(TEST_COMMAND, read_command, None),
        commands=_given(commands),
        files=_given(files),
        passed_on=reader.read(COMMAND_ENV, _read_variables, ()),
        command_timeout_s=float(reader.read(COMMAND_TIMEOUT, seconds, 900)),
        developer_timeout_s=float(reader.read(DEVELOPER_TIMEOUT, seconds, 3600)),
        lease_ttl_s=float(reader.read(LEASE_TTL, seconds, 120)),
        learns=reader.read(LEARN, read_bool, default=False),
    )
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings


def outside_variables() -> tuple[str, ...]:
    """The variables that configure the outside checks."""
    kinds = ("COMMAND", "FILE")
    return tuple(f"{_QG}{name.upper()}_{kind}" for name in OUTSIDE_CHECKS for kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads variables, and collects what is wrong with them."""

    env: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def read(self, name: str, reader: Callable[[object], _T], default: _D) -> _T | _D:
        """The variable's value; the default where it is unset, blank or wrong."""
        if not self.env.get(name, "").strip():
            return default
        try:
            return reader(self.env[name])
        except ValueError as error:
            self.problems.append(f"{name} {error}")
            return default

    def refuse_strangers(self) -> None:
        """Note variables that look like ours and are not."""
        known = outside_variables()
        strangers = sorted(n for n in self.env if n.startswith(_QG) and n not in known)
        self.problems.extend(
            f"{name} is read by nobody{nearest(name, known)}; mend or unset it"
            for name in strangers
        )


def _given(found: Mapping[str, _T | None]) -> Mapping[str, _T]:
    return MappingProxyType({name: value for name, value in found.items() if value is not None})


def _read_file(value: object) -> StatusFile:
    match = _FILE.fullmatch(read_text(value))
    if match is None:
        raise ValueError("is not of the form <file in the reports folder>:<key>")
    return StatusFile(name=match[1], key=match[2])


def _read_variables(value: object) -> tuple[str, ...]:
    names = read_names(value)
    broken = [name for name in names if not _VARIABLE.fullmatch(name)]
    if broken:
        raise ValueError(f"names what is no variable, or one of ours: {', '.join(broken)}")
    return names
