"""What the rules are asked to hold: frozen limits, made from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from coverage_gate.core.branch_paths import BranchPath, judges_branches
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.targets import Target


class RuleName(StrEnum):
    """The rules. Floor and baseline belong to the policy; the others have switches of their own."""

    FLOOR = "floor"
    BASELINE = "baseline"
    PATCH = "patch"
    LOST = "lost"
    UNMEASURED = "unmeasured"
    INTEGRITY = "integrity"
    TARGETS = "targets"
    AUDIT = "audit"
    MUTATION = "mutation"


#: What `ORCH_COVERAGE_RULES` may name.
SWITCHED_RULES = (
    RuleName.PATCH,
    RuleName.LOST,
    RuleName.UNMEASURED,
    RuleName.INTEGRITY,
    RuleName.TARGETS,
)


class AuditMode(StrEnum):
    """What a finding of the audit of changed tests means."""

    OFF = "off"
    WARN = "warn"
    FAIL = "fail"


class MutationMode(StrEnum):
    """What it means that no test notices a change of code which it runs."""

    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationPolicy:
    """How much evidence beyond execution is asked for.

    Attributes:
        samples: How many changed lines are tried; 0: none, nothing is done for it.
        seconds: Time for all of them together.
        max_survivors: How many may pass unnoticed.
        mode: What more than that means.
    """

    samples: int = 0
    seconds: float = 300.0
    max_survivors: int = 0
    mode: MutationMode = MutationMode.WARN

    @property
    def blocks(self) -> bool:
        """Whether it can keep a branch from merging."""
        return self.mode is MutationMode.FAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits and switches of one verdict. All shares are exact, in [0, 1].

    Attributes:
        name: Which of floor and baseline decide.
        floor: Lowest allowed share.
        epsilon: Tolerance as a share; never negative.
        rules: The further rules that are on.
        patch_min: Required share of the new and modified statements.
        fail_closed: Whether a tool that could not measure blocks the merge.
        targets: What is asked of single files, by pattern.
        branch_paths: Where rules that judge lines judge branches, too.
        flaky_days: How many days a line that was proven flaky counts as flaky.
        audit: What a finding in changed tests means.
        mutation: What is asked beyond that lines run.
        judges_tests: Whether a newly failing test fails the gate; a merge gate before us does that.
    """

    name: PolicyName = PolicyName.BOTH
    floor: Fraction = Fraction(0)
    epsilon: Fraction = Fraction(5, 1000)
    rules: frozenset[RuleName] = frozenset(
        {RuleName.PATCH, RuleName.LOST, RuleName.UNMEASURED, RuleName.INTEGRITY}
    )
    patch_min: Fraction = Fraction(9, 10)
    fail_closed: bool = False
    targets: tuple[Target, ...] = ()
    branch_paths: tuple[BranchPath, ...] = ()
    flaky_days: int = 14
    audit: AuditMode = AuditMode.WARN
    mutation: MutationPolicy = MutationPolicy()
    judges_tests: bool = True

    @property
    def audits(self) -> bool:
        """Whether changed tests are audited; where no further rule is on, nothing else is."""
        return self.audit is not AuditMode.OFF and bool(self.rules)

    @property
    def reads_lines(self) -> bool:
        """Whether a rule judges what the change does to lines."""
        return bool(self.rules & {RuleName.PATCH, RuleName.LOST})

    def judges_branches(self, path: str) -> bool:
        """Whether the rules that judge lines judge the branches of a file, too."""
        return judges_branches(self.branch_paths, path)

    @property
    def needs_base(self) -> bool:
        """Whether a rule compares with the measured base."""
        return bool(self.rules & {RuleName.LOST, RuleName.INTEGRITY})
