"""Holds the processes of a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from coverage_gate.ports.surroundings import NoProgress, Progress


class SandboxError(Exception):
    """A process could not be started at all. The message says what to do next."""


class WeakSandboxError(SandboxError):
    """The level that works here closes less than is required. Nothing was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """Bounds of one test run.

    Attributes:
        timeout_s: Wall time of the test command.
        output_bytes: How much of its output is kept (first and last half).
        data_bytes: Largest data file that is read.
    """

    timeout_s: float = 900.0
    output_bytes: int = 64 * 1024
    data_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessResult:
    """How a bounded process ended.

    Attributes:
        exit_status: Of the process; negative for a signal; None: killed at the time limit.
        output: First and last part of stdout and stderr together.
        seconds: Wall time.
    """

    exit_status: int | None
    output: bytes
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What a run finds beside the system's own programs. A level that isolates shows no more.

    Attributes:
        writable: Folders that it may change; what it leaves there is read afterwards.
        readable: Files and folders.
        emptied: Folders below writable ones that nobody reads afterwards; they may be in memory.
        stand_ins: (place, source): the source's files are seen at the place.
    """

    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    emptied: tuple[Path, ...] = ()
    stand_ins: tuple[tuple[Path, Path], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What is run once, and how far it may go.

    Attributes:
        argv: The program and its arguments.
        cwd: Where it starts.
        env: All of its environment.
        premises: What it finds.
        limits: Of the run.
        progress: Hears how it goes on.
        progress_file: A file that it adds a line to for each test that ended.
    """

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    premises: Premises = field(default_factory=Premises)
    limits: RunLimits = field(default_factory=RunLimits)
    progress: Progress = field(default_factory=NoProgress)
    progress_file: Path | None = None


class Sandbox(Protocol):
    """Holds a foreign process. Each isolation level is one implementation."""

    @property
    def name(self) -> str:
        """As in "plain" or "bubblewrap"."""

    def run(self, launch: Launch) -> ProcessResult:
        """Run to the end or the limit; whatever it started is gone when this returns.

        Raises:
            SandboxError: If it cannot be started; never for what it does once it runs.
        """
