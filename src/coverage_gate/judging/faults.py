"""Whose fault it is that a branch is not judged. See ADR 0003."""

from __future__ import annotations

from dataclasses import replace

from coverage_gate.core.changes import Landing
from coverage_gate.core.decide import branch_unmeasurable, refused, tool_error
from coverage_gate.core.measurement import (
    BRANCH_FAILURES,
    BYTES_ALONE,
    TOOL_FAILURES,
    FailureCode,
    MeasureFailure,
    Measurement,
)
from coverage_gate.core.policy import Policy
from coverage_gate.core.verdict import Reason, Verdict
from coverage_gate.judging.case import Case
from coverage_gate.ports import BAD_GIT_CONFIG, RepositoryError

#: Codes of repositories that never open, and what the verdict is called.
_NO_FAULT_OF_THE_TOOL = {
    "unknown-ref": Reason.BAD_REQUEST,
    BAD_GIT_CONFIG: Reason.BAD_SETTINGS,
}


def at_fault(failure: MeasureFailure, policy: Policy, landing: Landing) -> Verdict:
    """The branch's fault."""
    return branch_unmeasurable(
        failure,
        policy,
        commit=landing.head.sha,
        tree=landing.tree,
        base_commit=landing.base.sha,
    )


def of_tool(failure: MeasureFailure, policy: Policy, landing: Landing) -> Verdict:
    """The tool's fault."""
    return tool_error(
        failure,
        policy,
        commit=landing.head.sha,
        tree=landing.tree,
        base_commit=landing.base.sha,
    )


def unreadable(error: RepositoryError, policy: Policy, landing: Landing | None = None) -> Verdict:
    """What cannot be read from git: the branch's fault, where the error says so."""
    commit = landing.head.sha if landing else None
    base_commit = landing.base.sha if landing else None
    if error.branch_fault or error.code in _NO_FAULT_OF_THE_TOOL:
        code = _NO_FAULT_OF_THE_TOOL.get(error.code, Reason.BRANCH_UNMEASURABLE)
        return refused(str(error), code, policy, commit=commit, base_commit=base_commit)
    failure = MeasureFailure(code=FailureCode.ERROR, message=str(error))
    return tool_error(failure, policy, commit=commit, base_commit=base_commit)


def blamed(failure: MeasureFailure, case: Case) -> Verdict:
    """Tell the branch's fault from the tool's by a control run on the base."""
    policy, landing = case.policy, case.landing
    if failure.code in TOOL_FAILURES:
        return of_tool(failure, policy, landing)
    if failure.code in BRANCH_FAILURES:
        return at_fault(failure, policy, landing)
    case.ports.progress.step(f"control run: measuring the base, since {failure.code}")
    control = case.ports.measurer.measure(case.base_source, fresh=True)
    if isinstance(control, Measurement):
        return at_fault(failure, policy, landing)
    if failure.code not in BYTES_ALONE or not _ran_before(case):
        return of_tool(failure, policy, landing)
    bomb = "the base does not either, but did before in this environment: main depends on the time"
    broken = replace(failure, code=FailureCode.MAIN_BROKEN, message=f"{failure.message}; {bomb}")
    return at_fault(broken, policy, landing)


def _ran_before(case: Case) -> bool:
    """Whether the base was measured before in this very environment."""
    return isinstance(case.measured_base(), Measurement)
