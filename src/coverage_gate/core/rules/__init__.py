"""The rules: each reads the evidence and answers one result, or None where it does not apply.

A rule is a pure function in a module of its own; a new one is a module here and a line in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.rules.audit import judge_audit
from coverage_gate.core.rules.integrity import judge_integrity
from coverage_gate.core.rules.limits import judge_baseline, judge_floor
from coverage_gate.core.rules.lost import judge_lost
from coverage_gate.core.rules.mutation import judge_mutation
from coverage_gate.core.rules.patch import judge_patch
from coverage_gate.core.rules.targets import judge_targets
from coverage_gate.core.rules.unmeasured import judge_unmeasured
from coverage_gate.core.verdict import RuleResult

Rule = Callable[[Evidence], RuleResult | None]

#: In the order of judging and of the report.
RULES: tuple[Rule, ...] = (
    judge_floor,
    judge_baseline,
    judge_patch,
    judge_lost,
    judge_unmeasured,
    judge_integrity,
    judge_targets,
    judge_audit,
    judge_mutation,
)
