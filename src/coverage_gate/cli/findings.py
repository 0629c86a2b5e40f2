"""What an examination by the doctor answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_gate.settings import SettingsError

if TYPE_CHECKING:
    from coverage_gate.settings import Settings


class Health(StrEnum):
    """How an examination ended; only FAIL keeps the gate from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer.

    Attributes:
        health: How it ended.
        detail: What was found.
        mend: What to do about it; empty where there is nothing to do.
    """

    health: Health
    detail: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is examined.

    Attributes:
        environment: The variables.
        folder: The folder that should be in a repository.
        settings: Without the base's table; None when they are invalid.
        error: Why they are invalid.
        python_version: Of the interpreter that runs the gate.
    """

    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    settings: Settings | None
    error: SettingsError | None
    python_version: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One question to the patient.

    Attributes:
        name: As it is listed.
        run: Answers; may raise, which then is the finding.
    """

    name: str
    run: Callable[[Patient], Finding]


def ok(detail: str) -> Finding:
    """All is well."""
    return Finding(health=Health.OK, detail=detail)


def warn(detail: str, mend: str = "") -> Finding:
    """The gate works, but not as somebody may expect."""
    return Finding(health=Health.WARN, detail=detail, mend=mend)


def fail(detail: str, mend: str) -> Finding:
    """The gate cannot work."""
    return Finding(health=Health.FAIL, detail=detail, mend=mend)
