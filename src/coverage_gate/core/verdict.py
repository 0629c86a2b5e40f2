"""The gate's only answer, and the results of the rules that it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from coverage_gate.core.attribution import Attribution
from coverage_gate.core.audit import Finding
from coverage_gate.core.baseline import Baseline
from coverage_gate.core.gaps import Repair
from coverage_gate.core.ledger import Hidden
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.patch import PatchCounts
from coverage_gate.core.places import LostLine, Unit
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.rates import Counts
from coverage_gate.core.sampling import Sampling
from coverage_gate.core.vanished import Vanished
from coverage_gate.core.waiving import WaiverUse
from coverage_gate.core.work_order import WorkOrder


class State(StrEnum):
    """The four answers. Only FAIL sends a task back."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    FAIL = "FAIL"
    UNMEASURABLE = "UNMEASURABLE"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Outcome(StrEnum):
    """How one rule ended.

    SKIP compared nothing and says why; WARN is told, but does not block.
    """

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    SKIP = "SKIP"
    WARN = "WARN"
    FAIL = "FAIL"


class Reason(StrEnum):
    """Codes of a verdict's reason. Each has a heading in docs/errors.md."""

    HOLDS = "holds"
    BOOTSTRAP = "bootstrap"
    RULE_BROKEN = "rule-broken"
    DOES_NOT_MERGE = "does-not-merge"
    BRANCH_UNMEASURABLE = "branch-unmeasurable"
    TOOL_ERROR = "tool-error"
    GATE_ERROR = "gate-error"
    CLOSED = "closed"
    BAD_SETTINGS = "bad-settings"
    BAD_REQUEST = "bad-request"
    DISABLED = "disabled"
    OUT_OF_SCOPE = "out-of-scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule found.

    Attributes:
        rule: Which.
        outcome: How it ended.
        detail: For people: what was compared and what to do.
        actual: The integers that were judged; None where the rule counts nothing.
        required: The exact share or number that was required; None where there is none.
        findings: Located facts, as in "src/a.py" or "tests/test_a.py::test_b", sorted.
    """

    rule: RuleName
    outcome: Outcome
    detail: str
    actual: Counts | None = None
    required: Fraction | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The gate's answer for one branch.

    Attributes:
        state: PASS, FAIL, UNMEASURABLE or NOT_APPLICABLE.
        merge_allowed: What the state means under the policy.
        code: Why, for machines.
        reason: Why, for people, in one line.
        policy: The limits it was judged by.
        commit: Head of the branch; None where there is none.
        tree: The tree that would land.
        base_commit: The base it was judged against.
        measurement: What the tests of that tree executed.
        failure: Why it could not be measured.
        baseline: What it was compared with; None on bootstrap.
        judged: What the rules judge: the measurement's counts with newly hidden code uncovered.
        rules: Results, in the order of judging.
        unmeasured: Changed source files that the measurement does not know.
        failing_tests: Tests that failed on the head, sorted.
        vanished: Tests that passed on the base and do not have to on the head; None where that was
            not judged.
        audit: What was found in changed tests; None where nobody looked.
        sampling: What became of mutants of the change; None where none was asked for.
        waivers: What a person allowed that is not repaid, and which of it was used here.
        patch: New and modified statements; None where the rule is off or could not judge.
        lost: What ran on the base, was not touched and does not run; None likewise.
        flaky: What is known to be flaky in the head; None where nobody looked.
        steady_covered: How much of the measurement ran, but for what is flaky: what may raise the
            baseline. None where nothing was measured.
        hidden: What the head hides and the base did not; None where no line was read.
        attribution: Why the totals differ from those of the base; None where it is not known.
        repair: What suffices to turn it; None where nothing was measured.
        order: What a developer has to do; None where there is nothing to do.
        warnings: Told beside the verdict.
    """

    state: State
    merge_allowed: bool
    code: Reason
    reason: str
    policy: Policy
    commit: str | None = None
    tree: str | None = None
    base_commit: str | None = None
    measurement: Measurement | None = None
    failure: MeasureFailure | None = None
    baseline: Baseline | None = None
    judged: Counts | None = None
    rules: tuple[RuleResult, ...] = ()
    unmeasured: tuple[str, ...] = ()
    failing_tests: tuple[str, ...] = ()
    vanished: tuple[Vanished, ...] | None = None
    audit: tuple[Finding, ...] | None = None
    sampling: Sampling | None = None
    waivers: tuple[WaiverUse, ...] = ()
    patch: PatchCounts | None = None
    lost: tuple[LostLine, ...] | None = None
    flaky: tuple[Unit, ...] | None = None
    steady_covered: int | None = None
    hidden: tuple[Hidden, ...] | None = None
    attribution: Attribution | None = None
    repair: Repair | None = None
    order: WorkOrder | None = None
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.state is State.PASS and (self.measurement is None or not self.rules):
            raise ValueError("a PASS that compared nothing cannot be made")
        if self.state is State.FAIL and self.merge_allowed:
            raise ValueError("a FAIL never allows the merge")

    @property
    def counts(self) -> Counts | None:
        """coverage.py's own totals, None where nothing was measured."""
        return None if self.measurement is None else self.measurement.counts

    @property
    def delta(self) -> Fraction | None:
        """Measured minus the higher of baseline and floor; None where nothing is compared."""
        if self.judged is None or self.judged.rate is None:
            return None
        stored = self.baseline.rate if self.baseline else None
        limit = self.policy.floor if stored is None else max(stored, self.policy.floor)
        return self.judged.rate - limit
