"""Reads what the rules judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from coverage_gate.core.audit import audit_sources
from coverage_gate.core.baseline import Baseline, key_of
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.flaky import FlakyLine, carried
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import RuleName
from coverage_gate.core.replaced import MAX_SOURCES, Sources
from coverage_gate.core.times import days_before
from coverage_gate.core.unseen import changed_sources, further_sources
from coverage_gate.core.vanished import wanted
from coverage_gate.core.waiving import Waivers
from coverage_gate.judging.case import Case


def gathered(case: Case, head: Measurement) -> Evidence:
    """All that is known of a branch that was measured.

    Raises:
        RepositoryError, StoreError: As they occur.
    """
    baseline = _stored_baseline(case, head)
    founds = baseline is None and _compares_with_base(case)
    base = case.measured_base() if case.policy.needs_base or founds else None
    measured = base if isinstance(base, Measurement) else None
    if founds and measured is not None:
        baseline = _as_baseline(case, measured)
    evidence = Evidence(
        policy=case.policy,
        landing=case.landing,
        changes=case.changes,
        head=head,
        base=measured,
        base_failure=base if isinstance(base, MeasureFailure) else None,
        baseline=baseline,
        diff=_diff(case),
        waivers=_waivers(case),
        sources=_sources(case, measured, head),
        contents=_contents(case, head),
    )
    flaky = _flaky(case, evidence)
    return replace(evidence, flaky=flaky) if flaky else evidence


def _stored_baseline(case: Case, head: Measurement) -> Baseline | None:
    repository = case.request.repository
    baseline = case.ports.store.baseline(key_of(repository, head))
    if baseline is not None or head.counts.rate is not None:
        return baseline
    # Nothing measurable has no kind to be founded anew in: any value of main forbids it.
    rows = (row for row in case.ports.store.baselines() if row.key.repository == repository)
    return next(rows, None)


def _compares_with_base(case: Case) -> bool:
    request, store = case.request, case.ports.store
    # A baseline of another kind or scope is not comparable: the base is measured anew.
    return request.compares_with_base or store.has_baseline(request.repository)


def _as_baseline(case: Case, base: Measurement) -> Baseline | None:
    counts, key = base.counts, key_of(case.request.repository, base)
    if counts.rate is None:
        return None
    sha = case.landing.base.sha
    return Baseline(key=key, epoch=0, rate=counts.rate, counts=counts, sha=sha, updated_at="")


def _diff(case: Case) -> tuple[FileDiff, ...] | None:
    if not case.policy.reads_lines:
        return None
    return case.ports.repository.diff(case.landing.base.tree, case.tree)


def _waivers(case: Case) -> Waivers:
    rows = case.ports.store.waivers(case.request.repository)
    paths = sorted({row.path for row in rows if row.path})
    texts = _read(case, case.tree, paths)
    return Waivers(rows=rows, texts=texts, now=case.ports.clock.now_iso())


def _sources(case: Case, base: Measurement | None, head: Measurement) -> Sources:
    """The texts of tests: to tell whether one that is missing may be, and for their audit."""
    changes, policy = case.changes, case.policy
    of_base, of_head = audit_sources(changes) if policy.audits else ((), ())
    if base is not None and RuleName.INTEGRITY in policy.rules:
        more_of_base, more_of_head = wanted(base.tests, head.tests, changes)
        of_base, of_head = (*of_base, *more_of_base), (*of_head, *more_of_head)
    return Sources(
        base=_read(case, changes.base_tree, sorted(of_base)),
        head=_read(case, changes.tree, sorted(of_head)),
    )


def _contents(case: Case, head: Measurement) -> Sources:
    """The texts of what may hold code that no count of statements sees, or run it."""
    if RuleName.INTEGRITY not in case.policy.rules:
        return Sources()
    changes = case.changes
    of_base, of_head = changed_sources(changes, head)
    first = Sources(
        base=_read(case, changes.base_tree, of_base), head=_read(case, changes.tree, of_head)
    )
    further = _read(case, changes.tree, further_sources(changes, head, first))
    return replace(first, head={**first.head, **further})


def _read(case: Case, tree: str, paths: Iterable[str]) -> dict[str, bytes]:
    """The texts of these files of a tree, the first ones first, as far as there is room.

    So no large file takes the place of one that is named before it. Most changes need none, and
    then git is not asked.
    """
    wanted_paths = tuple(dict.fromkeys(paths))
    if not wanted_paths:
        return {}
    return case.ports.repository.read_small(tree, wanted_paths, max_total=MAX_SOURCES)


def _flaky(case: Case, evidence: Evidence) -> frozenset[Unit]:
    """What main proves to be flaky, as places of the head."""
    if evidence.compared is None:
        return frozenset()
    since = days_before(case.ports.clock.now_iso(), case.policy.flaky_days)
    by_tree: dict[str, list[FlakyLine]] = {}
    for line in case.ports.store.flaky_lines(case.request.repository, since=since):
        by_tree.setdefault(line.tree, []).append(line)
    found: set[Unit] = set()
    for tree, lines in by_tree.items():
        diff = case.diff_since(tree, evidence)
        found |= set() if diff is None else carried(lines, diff, evidence.head)
    return frozenset(found)
