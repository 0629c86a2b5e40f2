"""What judging needs from the outside, as protocols; adapters and the public fakes fit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.changes import Changes, Commit, Landing
from coverage_gate.core.measurement import MeasureFailure, Measurement


class RepositoryError(Exception):
    """Git could not answer. The message says what to do next.

    Attributes:
        code: Stable, with a heading in docs/errors.md.
        branch_fault: Whether the branch's own content caused it.
    """

    def __init__(
        self, message: str, *, code: str = "git-failed", branch_fault: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.branch_fault = branch_fault


class StoreError(Exception):
    """The store could not answer or write. The message says what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSource:
    """The files to be measured: a git tree, or a folder as it stands.

    Attributes:
        tree: Git tree id; None for a folder without a commit ("uncommitted").
        config_tree: Git tree whose configuration rules (the base's); None: the source's own.
        commit: The commit whose tree it is; None for a merge result.
        folder: The folder, where there is no tree.
        label: For progress: "branch feature/x", "base main".
    """

    tree: str | None
    config_tree: str | None
    commit: str | None = None
    folder: Path | None = None
    label: str = ""


class Repository(Protocol):
    """A git repository, read by plumbing only."""

    def resolve(self, ref: str) -> Commit:
        """Pin a branch, tag or sha; RepositoryError for a name that is unknown or no commit."""

    def landing(self, base: Commit, head: Commit) -> Landing:
        """Head's tree, or the merge of both; RepositoryError without a common history."""

    def changes(self, base_tree: str, tree: str) -> Changes:
        """What differs from one tree to the other, renames found."""

    def read_file(self, tree: str, path: str) -> bytes | None:
        """One blob of a tree; None where the tree has no such regular file."""


class Measurer(Protocol):
    """Runs the tests of a tree and counts what they executed."""

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        """Measure, or reuse the same identity unless `fresh`; raises for nothing in the tree."""


class Store(Protocol):
    """Baselines, measurements, lease, audit and outbox. Every method may raise StoreError."""

    def baseline(self, key: BaselineKey) -> Baseline | None:
        """The key's own row of the repository's newest epoch, else its "*" row."""

    def has_baseline(self, repository: str) -> bool:
        """Whether the repository has a baseline of any scope and kind in its newest epoch."""

    def load_measurement(self, identity: str) -> Measurement | None:
        """The stored measurement of this identity."""

    def save_measurement(self, repository: str, measurement: Measurement, at: str) -> None:
        """Keep a measurement under its identity; the first one wins."""


class Clock(Protocol):
    """The time."""

    def now_iso(self) -> str:
        """Now, ISO 8601 in UTC, to the second."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""


class Progress(Protocol):
    """Hears what the gate is doing. Must not raise."""

    def step(self, text: str) -> None:
        """A new step begins."""

    def detail(self, text: str) -> None:
        """Something to show within the step, as in "42 tests"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProgress:
    """Hears nothing."""

    def step(self, text: str) -> None:
        """Ignore."""

    def detail(self, text: str) -> None:
        """Ignore."""


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


class Sandbox(Protocol):
    """Holds a foreign process. Each isolation level is one implementation."""

    @property
    def name(self) -> str:
        """As in "plain" or "bubblewrap"."""

    def run(
        self,
        argv: list[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        writable: tuple[Path, ...],
        limits: RunLimits,
        progress: Progress,
        progress_file: Path | None = None,
    ) -> ProcessResult:
        """Run to the end or the limit; whatever it started is gone when this returns."""
