"""Runs the tests of a tree, and says what they executed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coverage_gate.core.configured import ConfigurationChange
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.mutants import Mutant
from coverage_gate.core.sampling import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSource:
    """The files to be measured: a git tree, or a folder as it stands.

    Attributes:
        tree: Git tree id; None for a folder without a commit ("uncommitted").
        config_tree: Git tree whose configuration rules (the base's); None: the source's own.
        commit: The commit whose tree it is; None for a merge result.
        folder: The folder, where there is no tree.
        label: For progress: "branch feature/x", "base main".
        branch: Whose history the numbers belong to; empty where nobody said.
        collects: Whether garbage is collected after each test: code that runs when a thing goes
            runs then, and not when the collector happens to come. Such a measurement says what
            the tests can run; its counts are no other tool's, and it is not kept.
    """

    tree: str | None
    config_tree: str | None
    commit: str | None = None
    folder: Path | None = None
    label: str = ""
    branch: str = ""
    collects: bool = False


class Measurer(Protocol):
    """Runs the tests of a tree and counts what they executed."""

    def measure(self, source: TreeSource, *, fresh: bool = False) -> Measurement | MeasureFailure:
        """Measure, or reuse the same identity unless `fresh`; raises for nothing in the tree."""


class Mutator(Protocol):
    """Runs the tests of a tree with one change of its code in memory."""

    def try_mutants(
        self, source: TreeSource, mutants: Sequence[Mutant], *, seconds: float
    ) -> tuple[Trial, ...] | MeasureFailure:
        """Try them one after the other, as far as the time goes; raises for nothing in the tree.

        A failure where the tests do not even pass without a change.
        """


class Configurations(Protocol):
    """Reads what a branch does to the configuration of coverage.py, pytest and the gate."""

    def change(self, base_tree: str, tree: str) -> ConfigurationChange:
        """Compare both; RepositoryError where a file cannot be read from git."""
