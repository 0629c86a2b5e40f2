"""Judges one branch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from coverage_gate.boundary import Redactor, keep_text, never_raises
from coverage_gate.core.changes import Landing
from coverage_gate.core.contexts import with_tests
from coverage_gate.core.decide import branch_unmeasurable, refused, rewritten_code
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement
from coverage_gate.core.policy import Policy
from coverage_gate.core.verdict import Reason, Verdict
from coverage_gate.core.waiving import WaiverState
from coverage_gate.judging.case import Case, Ports, Request
from coverage_gate.judging.faults import at_fault, blamed, of_tool, unreadable
from coverage_gate.judging.gathering import gathered
from coverage_gate.judging.sampling import sampled
from coverage_gate.judging.second_look import decided
from coverage_gate.ports import Measurer, RepositoryError, StoreError, TreeSource


class BrokenGateError(Exception):
    """Judging broke on the branch and on its base alike. The message describes the error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Broken:
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anew:
    """Measures each tree anew: a stored measurement would not show that the tool is broken."""

    measurer: Measurer

    def measure(self, source: TreeSource, *, fresh: bool = True) -> Measurement | MeasureFailure:
        """Never reuses."""
        del fresh
        return self.measurer.measure(source, fresh=True)


def run_guarded(
    request: Request, ports: Ports, policy: Policy, *, redact: Redactor = keep_text
) -> Verdict:
    """Judge a branch. Where judging itself breaks, the base is judged in the same way.

    A branch that breaks the gate where its base does not is at fault, as one that cannot be
    measured is: else any fault of ours would be a way past the gate. See ADR 0003.

    Args:
        request: What is asked.
        ports: The outside.
        policy: The limits.
        redact: Blanks secrets in what an error tells.

    Raises:
        BrokenGateError: If judging the base breaks too, or measures nothing.
    """
    last = _Broken(message="an error that cannot be described")
    guard = never_raises(lambda message: _Broken(message=message), last=last, redact=redact)
    judged = guard(run_gate)(request, ports, policy)
    if isinstance(judged, Verdict):
        return judged
    ports.progress.step(f"control run: judging {request.base}, since the gate broke")
    alone = replace(request, branch=request.base, head=request.base)
    anew = replace(ports, measurer=_Anew(measurer=ports.measurer))
    control = guard(run_gate)(alone, anew, policy)
    if isinstance(control, _Broken) or control.measurement is None:
        raise BrokenGateError(judged.message)
    head = guard(ports.repository.resolve)(request.head)
    return branch_unmeasurable(
        MeasureFailure(code=FailureCode.ERROR, message=judged.message),
        policy,
        commit=None if isinstance(head, _Broken) else head.sha,
        tree=None,
        base_commit=control.base_commit,
    )


def run_gate(request: Request, ports: Ports, policy: Policy) -> Verdict:
    """Judge a branch.

    Raises nothing for what the branch holds; a fault of the repository or the store becomes an
    UNMEASURABLE verdict, one of the branch a FAIL. See ADR 0003.
    """
    try:
        landing = _pin(request, ports)
    except RepositoryError as error:
        return unreadable(error, policy)
    if landing.tree is None:
        return _conflict(request, policy, landing)
    try:
        return _configured(request, ports, policy, landing, landing.tree)
    except RepositoryError as error:
        return unreadable(error, policy, landing)
    except StoreError as error:
        failure = MeasureFailure(code=FailureCode.ERROR, message=f"store: {error}")
        return of_tool(failure, policy, landing)


def _pin(request: Request, ports: Ports) -> Landing:
    ports.progress.step(f"reading {request.branch} and {request.base}")
    base = ports.repository.resolve(request.base)
    head = ports.repository.resolve(request.head)
    return ports.repository.landing(base, head)


def _conflict(request: Request, policy: Policy, landing: Landing) -> Verdict:
    return refused(
        f"does not merge with {request.base}: {', '.join(landing.conflicts)}. "
        f"Merge {request.base} into the branch and solve the conflicts.",
        Reason.DOES_NOT_MERGE,
        policy,
        commit=landing.head.sha,
        base_commit=landing.base.sha,
    )


def _configured(
    request: Request, ports: Ports, policy: Policy, landing: Landing, tree: str
) -> Verdict:
    """The verdict, with what the branch does to the configuration."""
    change = ports.configurations.change(landing.base.tree, tree)
    if change.broken:
        failure = MeasureFailure(code=FailureCode.BRANCH_CONFIGURATION, message=change.broken)
        verdict = at_fault(failure, policy, landing)
    else:
        # A merge gate before us ran the tests that the branch chose.
        judges_tests = policy.judges_tests or change.chooses_tests
        case = Case(
            request=request,
            ports=ports,
            policy=replace(policy, judges_tests=judges_tests),
            landing=landing,
            tree=tree,
            changes=ports.repository.changes(landing.base.tree, tree),
        )
        verdict = _judged(case)
    return replace(verdict, warnings=(*verdict.warnings, *change.notes))


def _judged(case: Case) -> Verdict:
    head = case.ports.measurer.measure(case.head_source)
    if isinstance(head, MeasureFailure):
        return blamed(head, case)
    rewritten = _newly_rewritten(head, case)
    if rewritten:
        return at_fault(rewritten_code(rewritten), case.policy, case.landing)
    verdict, evidence = decided(case, gathered(case, head))
    verdict = sampled(case, evidence, verdict)
    verdict = _explained(case, evidence, verdict)
    _note_uses(case, verdict)
    return verdict


def _newly_rewritten(head: Measurement, case: Case) -> frozenset[str]:
    """What the branch's tests change while they run, and the base's do not."""
    if not head.rewritten:
        return frozenset()
    base = case.measured_base()
    if isinstance(base, MeasureFailure):
        return frozenset()
    return frozenset(head.rewritten) - frozenset(base.rewritten)


def _explained(case: Case, evidence: Evidence, verdict: Verdict) -> Verdict:
    """The verdict with the tests that used to run what is lost."""
    if not verdict.lost:
        return verdict
    contexts = case.ports.store.load_contexts(case.request.repository)
    diff = None if contexts is None else case.diff_since(contexts.tree, evidence)
    if contexts is None or diff is None:
        return verdict
    return replace(verdict, lost=with_tests(verdict.lost, contexts, diff, evidence.head.tests))


def _note_uses(case: Case, verdict: Verdict) -> None:
    """Remember which waivers the merge of this tree will use up."""
    used = [use.waiver.seq for use in verdict.waivers if use.state is WaiverState.USED]
    if used and verdict.merge_allowed:
        case.ports.store.note_waivers(case.request.repository, tree=case.tree, waivers=used)
