"""How settings are named, described and written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from coverage_gate.core.branch_paths import BranchPath
from coverage_gate.core.kinds import Kind
from coverage_gate.core.policy import SWITCHED_RULES, RuleName
from coverage_gate.core.targets import Target
from coverage_gate.settings.values import Interpreters


class Origin(StrEnum):
    """Where a value came from, strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


def plain_text(value: object) -> str:
    """A value the way it is set; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def percent_text(share: Fraction) -> str:
    """A share that was read from a decimal percentage, as that percentage, exactly."""
    percent = share * 100
    exact = Decimal(percent.numerator) / Decimal(percent.denominator)
    return format(exact.normalize(), "f")


def rules_text(rules: frozenset[RuleName]) -> str:
    """Rules as a comma list, in the order in which they judge."""
    return ",".join(rule for rule in SWITCHED_RULES if rule in rules)


def interpreters_text(interpreters: Interpreters) -> str:
    """A path, or `repo=path` pairs."""
    pairs = [f"{repo}={path}" for repo, path in interpreters.by_repo.items()]
    return ",".join(pairs) or plain_text(interpreters.default)


def targets_text(targets: tuple[Target, ...]) -> str:
    """Targets as `GLOB=PERCENT[:branch]`, separated by commas."""
    return ",".join(
        f"{target.pattern}={percent_text(target.least)}{':branch' if target.branches else ''}"
        for target in targets
    )


def kinds_text(kinds: tuple[Kind, ...]) -> str:
    """Patterns as `GLOB=name: action`, separated by commas."""
    return ",".join(f"{kind.pattern}={kind.name}: {kind.action}" for kind in kinds)


def branch_paths_text(paths: tuple[BranchPath, ...]) -> str:
    """Patterns as `GLOB=on`, separated by commas."""
    return ",".join(f"{each.pattern}={'on' if each.is_on else 'off'}" for each in paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How one setting is named and described.

    Attributes:
        env: The variable; empty for one that stands only in the file.
        about: What it does, in a sentence or two.
        allowed: What may be set, as it stands behind "Allowed:".
        default: Its default as it would be set, or in words where it is computed; empty: none.
        is_optional: There is no default value: an empty variable counts as unset. Otherwise an
            empty variable is an error, since it is most likely one that failed to expand.
        file: The key in `[tool.coverage-gate]`; None where the file may not set it.
        flag: The option of the command line; None where there is none.
        is_secret: Its value is never shown.
        show: Writes a value the way it is set.
    """

    env: str
    about: str
    allowed: str
    default: str = ""
    is_optional: bool = False
    file: str | None = None
    flag: str | None = None
    is_secret: bool = False
    show: Callable[[Any], str] = plain_text

    @property
    def name(self) -> str:
        """What it is called: the variable, or the key in the file."""
        return self.env or str(self.file)

    @property
    def flag_key(self) -> str | None:
        """The name under which a command hands in its flag, as in "patch_min"."""
        return None if self.flag is None else self.flag.removeprefix("--").replace("-", "_")

    @property
    def bare(self) -> str:
        """What a key in the file would be called, as in "gate_enabled"."""
        return self.env.lower().removeprefix("orch_").removeprefix("coverage_")
