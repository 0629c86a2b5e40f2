"""Whether tests notice when the code that they run is changed."""

from __future__ import annotations

from collections.abc import Iterator

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.places import listed
from coverage_gate.core.policy import RuleName
from coverage_gate.core.rates import Counts
from coverage_gate.core.sampling import Fate, Sampling
from coverage_gate.core.verdict import Outcome, RuleResult


def judge_mutation(evidence: Evidence) -> RuleResult | None:
    """The changes that no test noticed; a warning, unless the policy turns them into FAIL."""
    sampling, policy = evidence.sampling, evidence.policy.mutation
    if sampling is None:
        return None
    blame = Outcome.FAIL if policy.blocks else Outcome.WARN
    if sampling.trouble:
        return RuleResult(rule=RuleName.MUTATION, outcome=blame, detail=sampling.trouble)
    noticed = len(sampling.of(Fate.NOTICED))
    places = tuple(mutant.place for mutant in sampling.of(Fate.SURVIVED))
    tried = noticed + len(places)
    remarks = tuple(_remarks(sampling))
    if not tried:
        return RuleResult(rule=RuleName.MUTATION, outcome=Outcome.SKIP, detail="; ".join(remarks))
    told = [f"changes of covered lines that the tests notice: {noticed} of {tried}"]
    if places:
        told.append(f"they pass all the same with {listed(places)}")
    return RuleResult(
        rule=RuleName.MUTATION,
        outcome=blame if len(places) > policy.max_survivors else Outcome.PASS,
        detail="; ".join([*told, *remarks]),
        actual=Counts(covered=noticed, total=tried),
        findings=places,
    )


def _remarks(sampling: Sampling) -> Iterator[str]:
    unreached, untried = len(sampling.of(Fate.UNREACHED)), len(sampling.of(Fate.UNTRIED))
    if unreached:
        yield f"{unreached} not told: no process of the tests imports the file"
    if untried:
        yield f"{untried} not tried: the time for it ended"
    if sampling.note:
        yield sampling.note
