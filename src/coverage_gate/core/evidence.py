"""All that a verdict is made from, read before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass

from coverage_gate.core.baseline import Baseline
from coverage_gate.core.changes import Changes, Landing
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.policy import Policy
from coverage_gate.core.rates import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the rules read.

    Attributes:
        policy: The limits.
        landing: What would land, pinned.
        changes: From the base tree to the landing tree.
        head: The measured landing tree.
        base: The measured base tree; None when no rule needs it or it could not be measured.
        base_failure: Why the base could not be measured.
        baseline: What to compare with; None on bootstrap.
    """

    policy: Policy
    landing: Landing
    changes: Changes
    head: Measurement
    base: Measurement | None = None
    base_failure: MeasureFailure | None = None
    baseline: Baseline | None = None

    @property
    def judged(self) -> Counts:
        """The counts that the rules judge."""
        return self.head.counts
