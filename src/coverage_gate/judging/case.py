"""What is asked, and what it is answered from."""

from __future__ import annotations

from dataclasses import dataclass

from coverage_gate.core.changes import Changes, Landing
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.history import branch_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.policy import Policy
from coverage_gate.ports import (
    Clock,
    Configurations,
    Measurer,
    Mutator,
    Progress,
    Repository,
    RepositoryError,
    Store,
    TreeSource,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked.

    Attributes:
        repository: Name, as baselines are stored under it.
        branch: What wants to land, for people.
        head: The ref that is resolved for it: the branch itself, or "HEAD" in its worktree.
        base: Where it wants to land.
        compares_with_base: Without a stored baseline, compare with the measured base instead of
            letting the first merge found one.
    """

    repository: str
    branch: str
    head: str
    base: str
    compares_with_base: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The outside.

    Without a `mutator` no mutant is tried, whatever the policy asks for.
    """

    repository: Repository
    configurations: Configurations
    measurer: Measurer
    store: Store
    clock: Clock
    progress: Progress
    mutator: Mutator | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A branch that merges with its base.

    Attributes:
        request: What is asked.
        ports: The outside.
        policy: The limits.
        landing: What would land.
        tree: Its tree.
        changes: What that changes in the base's tree.
    """

    request: Request
    ports: Ports
    policy: Policy
    landing: Landing
    tree: str
    changes: Changes

    @property
    def head_source(self) -> TreeSource:
        """What would land, under the configuration of the base."""
        landing = self.landing
        return TreeSource(
            tree=self.tree,
            config_tree=landing.base.tree,
            commit=landing.head.sha if landing.head.tree == self.tree else None,
            label=f"branch {self.request.branch}",
            branch=branch_of(self.request.branch),
        )

    @property
    def base_source(self) -> TreeSource:
        """The base."""
        return TreeSource(
            tree=self.landing.base.tree,
            config_tree=self.landing.base.tree,
            commit=self.landing.base.sha,
            label=f"base {self.request.base}",
            branch=branch_of(self.request.base),
        )

    def measured_base(self) -> Measurement | MeasureFailure:
        """The base, measured now or before."""
        return self.ports.measurer.measure(self.base_source)

    def diff_since(self, tree: str, evidence: Evidence) -> tuple[FileDiff, ...] | None:
        """From a tree of main to what would land; None where the repository has it no more."""
        if tree == self.landing.base.tree:
            return evidence.diff
        try:
            return self.ports.repository.diff(tree, self.changes.tree)
        except RepositoryError as error:
            self.ports.progress.detail(f"tree {tree[:12]} of main cannot be compared: {error}")
            return None
