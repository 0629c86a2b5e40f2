"""From evidence to verdict: run the rules, combine. Pure."""

from __future__ import annotations

from dataclasses import replace

from coverage_gate.core.attribution import Attribution, attribute
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.flaky import run_of
from coverage_gate.core.lost import lost_lines
from coverage_gate.core.measurement import BRANCH_FAILURES, FailureCode, MeasureFailure
from coverage_gate.core.patch import PatchCounts, patch_of
from coverage_gate.core.places import LostLine
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.rates import percent_text
from coverage_gate.core.repair import repair_of
from coverage_gate.core.rules import RULES
from coverage_gate.core.verdict import Outcome, Reason, RuleResult, State, Verdict

_SHOWN = 3


def decide(evidence: Evidence) -> Verdict:
    """Judge a measured branch: FAIL when any rule fails, else PASS."""
    results = tuple(result for rule in RULES if (result := rule(evidence)) is not None)
    broken = [result for result in results if result.outcome is Outcome.FAIL]
    landing = evidence.landing
    return Verdict(
        state=State.FAIL if broken else State.PASS,
        merge_allowed=not broken,
        code=_code(evidence, broken),
        reason=_reason(evidence, results, broken),
        policy=evidence.policy,
        commit=landing.head.sha,
        tree=landing.tree,
        base_commit=landing.base.sha,
        measurement=evidence.head,
        baseline=evidence.baseline,
        judged=evidence.judged,
        rules=results,
        unmeasured=_unmeasured(broken),
        failing_tests=tuple(sorted(evidence.head.tests.failed)),
        vanished=evidence.vanished,
        audit=None if evidence.audit is None else evidence.audit.findings,
        sampling=evidence.sampling,
        waivers=evidence.waiver_uses,
        patch=_patch(evidence),
        lost=_lost(evidence),
        flaky=None if evidence.compared is None else tuple(sorted(evidence.tolerated)),
        steady_covered=evidence.head.counts.covered
        - run_of(evidence.tolerated, evidence.head).covered,
        hidden=None if evidence.compared is None else evidence.hidden,
        attribution=_attribution(evidence),
        repair=repair_of(evidence, results),
        warnings=_warnings(evidence, results),
    )


def _code(evidence: Evidence, broken: list[RuleResult]) -> Reason:
    if broken:
        return Reason.RULE_BROKEN
    if evidence.baseline is None and evidence.policy.name.uses_baseline:
        return Reason.BOOTSTRAP
    return Reason.HOLDS


def _reason(evidence: Evidence, results: tuple[RuleResult, ...], broken: list[RuleResult]) -> str:
    told = broken or [
        result
        for result in results
        if result.rule in (RuleName.FLOOR, RuleName.BASELINE) or result.outcome is Outcome.SKIP
    ]
    facts = "; ".join(f"{result.rule}: {result.detail}" for result in told)
    rate = percent_text(evidence.judged.rate)
    return f"{rate} ({evidence.judged}): {facts}"


def _unmeasured(broken: list[RuleResult]) -> tuple[str, ...]:
    return tuple(
        path for result in broken if result.rule is RuleName.UNMEASURED for path in result.findings
    )


def _patch(evidence: Evidence) -> PatchCounts | None:
    ruled = evidence.ruled
    if ruled is None or ruled.mismatched or RuleName.PATCH not in evidence.policy.rules:
        return None
    return patch_of(ruled).counts


def _lost(evidence: Evidence) -> tuple[LostLine, ...] | None:
    ruled = evidence.ruled
    if ruled is None or ruled.mismatched or RuleName.LOST not in evidence.policy.rules:
        return None
    return None if ruled.base is None else lost_lines(ruled)


def _attribution(evidence: Evidence) -> Attribution | None:
    """Of coverage.py's own totals; what is newly hidden is told beside it."""
    if evidence.raw is None or evidence.compared is None:
        return None
    return attribute(evidence.raw)


def _warnings(evidence: Evidence, results: tuple[RuleResult, ...]) -> tuple[str, ...]:
    told = [
        f"{result.rule}: {result.detail}" for result in results if result.outcome is Outcome.WARN
    ]
    if evidence.base_failure is not None:
        told.append(f"the base could not be measured: {evidence.base_failure.message}")
    return tuple(told)


def branch_unmeasurable(
    failure: MeasureFailure,
    policy: Policy,
    *,
    commit: str | None,
    tree: str | None,
    base_commit: str | None,
) -> Verdict:
    """The branch broke its own measurement: the base measures, or no control run is needed."""
    blamed = "" if failure.code in BRANCH_FAILURES else ", but the base measures"
    return Verdict(
        state=State.FAIL,
        merge_allowed=False,
        code=Reason.BRANCH_UNMEASURABLE,
        reason=f"the branch cannot be measured{blamed}: {failure.message}",
        policy=policy,
        commit=commit,
        tree=tree,
        base_commit=base_commit,
        failure=failure,
    )


def rewritten_code(paths: frozenset[str]) -> MeasureFailure:
    """The failure of a run that changed what it measured."""
    shown = sorted(paths)[:_SHOWN]
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return MeasureFailure(
        code=FailureCode.TREE_CHANGED,
        message=f"the tests changed the code that was measured: {', '.join(shown)}{more}; let them"
        " write to temporary folders",
    )


def tool_error(
    failure: MeasureFailure,
    policy: Policy,
    *,
    commit: str | None = None,
    tree: str | None = None,
    base_commit: str | None = None,
) -> Verdict:
    """The tool could not measure: the policy opens, with a warning, or closes."""
    word = "fail-closed" if policy.fail_closed else "fail-open"
    return Verdict(
        state=State.UNMEASURABLE,
        merge_allowed=not policy.fail_closed,
        code=Reason.TOOL_ERROR,
        reason=f"could not measure ({word}): {failure.message}",
        policy=policy,
        commit=commit,
        tree=tree,
        base_commit=base_commit,
        failure=failure,
        warnings=() if policy.fail_closed else (f"WARNING: not measured, merged by {word}",),
    )


def closed_after(errors: int) -> str:
    """Why nothing opens any more that was not measured."""
    told = f"closed after {errors} tool errors in a row, until a person looks"
    return f"{told} (coverage-gate reopen)"


def closed(verdict: Verdict, errors: int) -> Verdict:
    """What became of a tool error where too many came in a row: FAIL, in either mode."""
    told = verdict.failure.message if verdict.failure else verdict.reason
    return replace(
        verdict,
        state=State.FAIL,
        merge_allowed=False,
        code=Reason.CLOSED,
        reason=f"{closed_after(errors)}: {told}",
        warnings=(),
    )


def gate_error(message: str, policy: Policy) -> Verdict:
    """The gate itself broke: answered as where the tool could not measure."""
    word = "fail-closed" if policy.fail_closed else "fail-open"
    failure = MeasureFailure(code=FailureCode.ERROR, message=message)
    return replace(
        tool_error(failure, policy), code=Reason.GATE_ERROR, reason=f"error ({word}): {message}"
    )


def refused(
    reason: str,
    code: Reason,
    policy: Policy,
    *,
    commit: str | None = None,
    base_commit: str | None = None,
) -> Verdict:
    """FAIL before anything was measured."""
    return Verdict(
        state=State.FAIL,
        merge_allowed=False,
        code=code,
        reason=reason,
        policy=policy,
        commit=commit,
        base_commit=base_commit,
    )


def not_applicable(reason: str, code: Reason, policy: Policy) -> Verdict:
    """Switched off or out of scope: nothing was measured."""
    return Verdict(
        state=State.NOT_APPLICABLE, merge_allowed=True, code=code, reason=reason, policy=policy
    )
