"""Tries mutants of what the change covers, where all else is well and they are asked for."""

from __future__ import annotations

from dataclasses import replace

from coverage_gate.core.decide import decide
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.measurement import TOOL_FAILURES, MeasureFailure
from coverage_gate.core.patch import patch_of
from coverage_gate.core.replaced import MAX_SOURCES
from coverage_gate.core.sampling import Sampling, chosen_from, claimed_lines
from coverage_gate.core.verdict import State, Verdict
from coverage_gate.judging.case import Case
from coverage_gate.ports import Mutator


def sampled(case: Case, evidence: Evidence, verdict: Verdict) -> Verdict:
    """The verdict with what became of mutants."""
    mutator = case.ports.mutator
    if case.policy.mutation.samples == 0 or mutator is None or verdict.state is not State.PASS:
        return verdict
    return decide(replace(evidence, sampling=_sampling(case, evidence, mutator)))


def _sampling(case: Case, evidence: Evidence, mutator: Mutator) -> Sampling:
    asked, tree = case.policy.mutation.samples, case.tree
    ruled = evidence.ruled
    if ruled is None or ruled.mismatched:
        return Sampling(asked=asked, note="nothing tried: the change's lines are not judged")
    claimed = claimed_lines(patch_of(ruled))
    texts = case.ports.repository.read_small(tree, sorted(claimed), max_total=MAX_SOURCES)
    mutants, sites = chosen_from(claimed, texts, asked=asked, seed=tree)
    if not mutants:
        note = "nothing to try: no covered line of the change decides or computes anything"
        return Sampling(asked=asked, note=note)
    branch = case.request.branch
    case.ports.progress.step(f"changing {len(mutants)} covered lines of {branch} in memory")
    seconds = case.policy.mutation.seconds
    tried = mutator.try_mutants(case.head_source, mutants, seconds=seconds)
    if not isinstance(tried, MeasureFailure):
        return Sampling(asked=asked, sites=sites, trials=tried)
    told = f"nothing tried: {tried.message}"
    if tried.code in TOOL_FAILURES:
        return Sampling(asked=asked, sites=sites, note=told)
    return Sampling(asked=asked, sites=sites, trouble=told)
