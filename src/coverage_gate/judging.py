"""One branch from its name to its verdict: read, read, read, decide; adapters only by ports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from coverage_gate.boundary import Redactor, keep_text, never_raises
from coverage_gate.core.audit import audit_sources
from coverage_gate.core.baseline import Baseline, BaselineKey, key_of
from coverage_gate.core.changes import Changes, Landing
from coverage_gate.core.contexts import with_tests
from coverage_gate.core.decide import (
    branch_unmeasurable,
    decide,
    refused,
    rewritten_code,
    tool_error,
)
from coverage_gate.core.evidence import Evidence, Founding
from coverage_gate.core.excuse import is_main_below
from coverage_gate.core.flaky import FlakyLine, carried
from coverage_gate.core.history import branch_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import (
    BRANCH_FAILURES,
    BYTES_ALONE,
    TOOL_FAILURES,
    FailureCode,
    MeasureFailure,
    Measurement,
)
from coverage_gate.core.patch import patch_of
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.rates import Counts
from coverage_gate.core.replaced import MAX_SOURCES, Sources
from coverage_gate.core.sampling import Sampling, chosen_from, claimed_lines
from coverage_gate.core.times import days_before
from coverage_gate.core.unseen import changed_sources, further_sources
from coverage_gate.core.vanished import wanted
from coverage_gate.core.verdict import Outcome, Reason, State, Verdict
from coverage_gate.core.waiving import Waivers, WaiverState
from coverage_gate.ports import (
    BAD_GIT_CONFIG,
    Clock,
    Configurations,
    Measurer,
    Mutator,
    Progress,
    Repository,
    RepositoryError,
    Store,
    StoreError,
    TreeSource,
)

#: Codes of repositories that never open, and what the verdict is called.
_NO_FAULT_OF_THE_TOOL = {
    "unknown-ref": Reason.BAD_REQUEST,
    BAD_GIT_CONFIG: Reason.BAD_SETTINGS,
}
#: What fails where lines that ran on main just did not run this time.
_BY_CHANCE = frozenset({RuleName.LOST, RuleName.BASELINE})


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
        return _unreadable(error, policy)
    if landing.tree is None:
        return refused(
            f"does not merge with {request.base}: {', '.join(landing.conflicts)}. "
            f"Merge {request.base} into the branch and solve the conflicts.",
            Reason.DOES_NOT_MERGE,
            policy,
            commit=landing.head.sha,
            base_commit=landing.base.sha,
        )
    try:
        change = ports.configurations.change(landing.base.tree, landing.tree)
        if change.broken:
            failure = MeasureFailure(code=FailureCode.BRANCH_CONFIGURATION, message=change.broken)
            verdict = _at_fault(failure, policy, landing)
        else:
            # A merge gate before us ran the tests that the branch chose.
            judges_tests = policy.judges_tests or change.chooses_tests
            policy = replace(policy, judges_tests=judges_tests)
            verdict = _judge(request, ports, policy, landing, landing.tree)
        return replace(verdict, warnings=(*verdict.warnings, *change.notes))
    except RepositoryError as error:
        return _unreadable(error, policy, landing)
    except StoreError as error:
        failure = MeasureFailure(code=FailureCode.ERROR, message=f"store: {error}")
        return _tool_error(failure, policy, landing)


def _pin(request: Request, ports: Ports) -> Landing:
    ports.progress.step(f"reading {request.branch} and {request.base}")
    base = ports.repository.resolve(request.base)
    head = ports.repository.resolve(request.head)
    return ports.repository.landing(base, head)


def _judge(request: Request, ports: Ports, policy: Policy, landing: Landing, tree: str) -> Verdict:
    changes = ports.repository.changes(landing.base.tree, tree)
    head = ports.measurer.measure(_head_source(request, landing, tree))
    if isinstance(head, MeasureFailure):
        return _blame(head, request, ports, policy, landing)
    rewritten = _newly_rewritten(head, request, ports, landing)
    if rewritten:
        return _at_fault(rewritten_code(rewritten), policy, landing)
    baseline = ports.store.baseline(key_of(request.repository, head))
    if baseline is None and head.counts.rate is None:
        # Nothing measurable has no kind to be founded anew in: any value of main forbids it.
        baseline = _any_baseline(request, ports)
    founds = baseline is None and _compares_with_base(request, ports)
    base = None
    if policy.needs_base or founds:
        base = ports.measurer.measure(_base_source(request, landing))
    measured = base if isinstance(base, Measurement) else None
    if founds and measured is not None:
        baseline = _as_baseline(request, landing, measured)
    diff = ports.repository.diff(landing.base.tree, tree) if policy.reads_lines else None
    evidence = Evidence(
        policy=policy,
        landing=landing,
        changes=changes,
        head=head,
        base=measured,
        base_failure=base if isinstance(base, MeasureFailure) else None,
        baseline=baseline,
        waivers=_waivers(request, ports, tree),
        sources=_sources(ports, policy, changes, measured, head),
        contents=_contents(ports, policy, changes, head),
        diff=diff,
    )
    flaky = _flaky(evidence, request, ports)
    verdict, evidence = _decided(
        replace(evidence, flaky=flaky) if flaky else evidence, request, ports
    )
    verdict = _sampled(verdict, evidence, request, ports)
    verdict = _explained(verdict, evidence, request, ports)
    return _note_uses(verdict, request, ports, tree)


def _newly_rewritten(
    head: Measurement, request: Request, ports: Ports, landing: Landing
) -> frozenset[str]:
    """What the branch's tests change while they run, and the base's do not."""
    if not head.rewritten:
        return frozenset()
    base = ports.measurer.measure(_base_source(request, landing))
    if isinstance(base, MeasureFailure):
        return frozenset()
    return frozenset(head.rewritten) - frozenset(base.rewritten)


def _decided(evidence: Evidence, request: Request, ports: Ports) -> tuple[Verdict, Evidence]:
    """Decide; where it fails by what may have an excuse, look for it and decide again.

    Returns:
        The verdict and the evidence that it was made from.
    """
    verdict = decide(evidence)
    if RuleName.BASELINE in _broken(verdict):
        founding = _founding(evidence, request, ports)
        if founding is not None:
            evidence = replace(evidence, founding=founding)
            verdict = decide(evidence)
    if RuleName.LOST not in _broken(verdict) or _broken(verdict) - _BY_CHANCE:
        return verdict, evidence
    if evidence.compared is None:
        return verdict, evidence
    ports.progress.step(f"lines are lost: measuring {request.branch} once more")
    source = _head_source(request, evidence.landing, evidence.changes.tree)
    again = ports.measurer.measure(source, fresh=True)
    # A run that changed the source as it went is no second run of the same tree.
    if isinstance(again, MeasureFailure) or set(again.rewritten) - set(evidence.head.rewritten):
        return verdict, evidence
    evidence = replace(evidence, again=again)
    return decide(evidence), evidence


def _sampled(verdict: Verdict, evidence: Evidence, request: Request, ports: Ports) -> Verdict:
    """The verdict with what became of mutants, where all else is well and they are asked for."""
    asked = evidence.policy.mutation.samples
    if asked == 0 or ports.mutator is None or verdict.state is not State.PASS:
        return verdict
    return decide(replace(evidence, sampling=_sampling(evidence, request, ports, ports.mutator)))


def _sampling(evidence: Evidence, request: Request, ports: Ports, mutator: Mutator) -> Sampling:
    asked, tree = evidence.policy.mutation.samples, evidence.changes.tree
    ruled = evidence.ruled
    if ruled is None or ruled.mismatched:
        return Sampling(asked=asked, note="nothing tried: the change's lines are not judged")
    claimed = claimed_lines(patch_of(ruled))
    texts = ports.repository.read_small(tree, sorted(claimed), max_total=MAX_SOURCES)
    mutants, sites = chosen_from(claimed, texts, asked=asked, seed=tree)
    if not mutants:
        note = "nothing to try: no covered line of the change decides or computes anything"
        return Sampling(asked=asked, note=note)
    ports.progress.step(f"changing {len(mutants)} covered lines of {request.branch} in memory")
    source = _head_source(request, evidence.landing, tree)
    tried = mutator.try_mutants(source, mutants, seconds=evidence.policy.mutation.seconds)
    if not isinstance(tried, MeasureFailure):
        return Sampling(asked=asked, sites=sites, trials=tried)
    told = f"nothing tried: {tried.message}"
    if tried.code in TOOL_FAILURES:
        return Sampling(asked=asked, sites=sites, note=told)
    return Sampling(asked=asked, sites=sites, trouble=told)


def _explained(verdict: Verdict, evidence: Evidence, request: Request, ports: Ports) -> Verdict:
    """The verdict with the tests that used to run what is lost."""
    contexts = ports.store.load_contexts(request.repository) if verdict.lost else None
    diff = None if contexts is None else _diff_since(contexts.tree, evidence, ports)
    if not verdict.lost or contexts is None or diff is None:
        return verdict
    lost = with_tests(verdict.lost, contexts, diff, evidence.head.tests)
    return replace(verdict, lost=lost)


def _broken(verdict: Verdict) -> set[RuleName]:
    return {result.rule for result in verdict.rules if result.outcome is Outcome.FAIL}


def _flaky(evidence: Evidence, request: Request, ports: Ports) -> frozenset[Unit]:
    """What main proves to be flaky, as places of the head."""
    if evidence.compared is None:
        return frozenset()
    since = days_before(ports.clock.now_iso(), evidence.policy.flaky_days)
    by_tree: dict[str, list[FlakyLine]] = {}
    for line in ports.store.flaky_lines(request.repository, since=since):
        by_tree.setdefault(line.tree, []).append(line)
    found: set[Unit] = set()
    for tree, lines in by_tree.items():
        diff = _diff_since(tree, evidence, ports)
        found |= set() if diff is None else carried(lines, diff, evidence.head)
    return frozenset(found)


def _diff_since(tree: str, evidence: Evidence, ports: Ports) -> tuple[FileDiff, ...] | None:
    """From a tree of main to the landing tree; None where the repository has it no more."""
    if tree == evidence.landing.base.tree:
        return evidence.diff
    try:
        return ports.repository.diff(tree, evidence.changes.tree)
    except RepositoryError as error:
        ports.progress.detail(f"tree {tree[:12]} of main cannot be compared: {error}")
        return None


def _founding(evidence: Evidence, request: Request, ports: Ports) -> Founding | None:
    """The measurement that the baseline has its value from, where main itself is below it."""
    stored = evidence.baseline
    if stored is None or stored.tree is None or not is_main_below(evidence):
        return None
    diff = _diff_since(stored.tree, evidence, ports)
    if diff is None:
        return None
    source = TreeSource(
        tree=stored.tree,
        config_tree=evidence.landing.base.tree,
        commit=stored.sha,
        label=f"the baseline of {request.repository}",
        branch=branch_of(request.base),
    )
    measured = ports.measurer.measure(source)
    return Founding(measured=measured, diff=diff) if isinstance(measured, Measurement) else None


def _waivers(request: Request, ports: Ports, tree: str) -> Waivers:
    rows = ports.store.waivers(request.repository)
    paths = sorted({row.path for row in rows if row.path})
    # Most repositories have none: nothing is read for them.
    texts = ports.repository.read_small(tree, paths, max_total=MAX_SOURCES) if paths else {}
    return Waivers(rows=rows, texts=texts, now=ports.clock.now_iso())


def _note_uses(verdict: Verdict, request: Request, ports: Ports, tree: str) -> Verdict:
    """Remember which waivers the merge of this tree will use up."""
    used = [use.waiver.seq for use in verdict.waivers if use.state is WaiverState.USED]
    if used and verdict.merge_allowed:
        ports.store.note_waivers(request.repository, tree=tree, waivers=used)
    return verdict


def _sources(
    ports: Ports,
    policy: Policy,
    changes: Changes,
    base: Measurement | None,
    head: Measurement,
) -> Sources:
    """The texts of tests: to tell whether one that is missing may be, and for their audit."""
    of_base, of_head = audit_sources(changes) if policy.audits else ((), ())
    if base is not None and RuleName.INTEGRITY in policy.rules:
        more_of_base, more_of_head = wanted(base.tests, head.tests, changes)
        of_base, of_head = (*of_base, *more_of_base), (*of_head, *more_of_head)
    read = partial(ports.repository.read_small, max_total=MAX_SOURCES)
    return Sources(
        base=read(changes.base_tree, sorted({*of_base})) if of_base else {},
        head=read(changes.tree, sorted({*of_head})) if of_head else {},
    )


def _contents(ports: Ports, policy: Policy, changes: Changes, head: Measurement) -> Sources:
    """The texts of what may hold code that no count of statements sees, or run it."""
    if RuleName.INTEGRITY not in policy.rules:
        return Sources()
    of_base, of_head = changed_sources(changes, head)
    read = partial(ports.repository.read_small, max_total=MAX_SOURCES)
    first = Sources(
        base=read(changes.base_tree, of_base) if of_base else {},
        head=read(changes.tree, of_head) if of_head else {},
    )
    further = further_sources(changes, head, first)
    more = read(changes.tree, further) if further else {}
    return replace(first, head={**first.head, **more})


def _any_baseline(request: Request, ports: Ports) -> Baseline | None:
    rows = (row for row in ports.store.baselines() if row.key.repository == request.repository)
    return next(rows, None)


def _compares_with_base(request: Request, ports: Ports) -> bool:
    # A baseline of another kind or scope is not comparable: the base is measured anew.
    return request.compares_with_base or ports.store.has_baseline(request.repository)


def _as_baseline(request: Request, landing: Landing, base: Measurement) -> Baseline | None:
    counts: Counts = base.counts
    if counts.rate is None:
        return None
    key: BaselineKey = key_of(request.repository, base)
    return Baseline(
        key=key, epoch=0, rate=counts.rate, counts=counts, sha=landing.base.sha, updated_at=""
    )


def _head_source(request: Request, landing: Landing, tree: str) -> TreeSource:
    return TreeSource(
        tree=tree,
        config_tree=landing.base.tree,
        commit=landing.head.sha if landing.head.tree == tree else None,
        label=f"branch {request.branch}",
        branch=branch_of(request.branch),
    )


def _base_source(request: Request, landing: Landing) -> TreeSource:
    return TreeSource(
        tree=landing.base.tree,
        config_tree=landing.base.tree,
        commit=landing.base.sha,
        label=f"base {request.base}",
        branch=branch_of(request.base),
    )


def _blame(
    failure: MeasureFailure, request: Request, ports: Ports, policy: Policy, landing: Landing
) -> Verdict:
    """Tell the branch's fault from the tool's by a control run on the base."""
    if failure.code in TOOL_FAILURES:
        return _tool_error(failure, policy, landing)
    if failure.code in BRANCH_FAILURES:
        return _at_fault(failure, policy, landing)
    ports.progress.step(f"control run: measuring the base, since {failure.code}")
    source = _base_source(request, landing)
    control = ports.measurer.measure(source, fresh=True)
    if isinstance(control, Measurement):
        return _at_fault(failure, policy, landing)
    if failure.code not in BYTES_ALONE or not _ran_before(ports, source):
        return _tool_error(failure, policy, landing)
    bomb = "the base does not either, but did before in this environment: main depends on the time"
    return _at_fault(
        replace(failure, code=FailureCode.MAIN_BROKEN, message=f"{failure.message}; {bomb}"),
        policy,
        landing,
    )


def _ran_before(ports: Ports, base: TreeSource) -> bool:
    """Whether the base was measured before in this very environment."""
    return isinstance(ports.measurer.measure(base, fresh=False), Measurement)


def _at_fault(failure: MeasureFailure, policy: Policy, landing: Landing) -> Verdict:
    return branch_unmeasurable(
        failure,
        policy,
        commit=landing.head.sha,
        tree=landing.tree,
        base_commit=landing.base.sha,
    )


def _tool_error(failure: MeasureFailure, policy: Policy, landing: Landing) -> Verdict:
    return tool_error(
        failure,
        policy,
        commit=landing.head.sha,
        tree=landing.tree,
        base_commit=landing.base.sha,
    )


def _unreadable(error: RepositoryError, policy: Policy, landing: Landing | None = None) -> Verdict:
    commit = landing.head.sha if landing else None
    base_commit = landing.base.sha if landing else None
    if error.branch_fault or error.code in _NO_FAULT_OF_THE_TOOL:
        code = _NO_FAULT_OF_THE_TOOL.get(error.code, Reason.BRANCH_UNMEASURABLE)
        return refused(str(error), code, policy, commit=commit, base_commit=base_commit)
    failure = MeasureFailure(code=FailureCode.ERROR, message=str(error))
    return tool_error(failure, policy, commit=commit, base_commit=base_commit)
