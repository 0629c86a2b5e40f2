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
    noticed, survivors = sampling.of(Fate.NOTICED), sampling.of(Fate.SURVIVED)
    if not noticed and not survivors:
        return RuleResult(
            rule=RuleName.MUTATION, outcome=Outcome.SKIP, detail="; ".join(_remarks(sampling))
        )
    places = tuple(mutant.place for mutant in survivors)
    told = f"changes of covered lines that the tests notice: {len(noticed)} of "
    told += str(len(noticed) + len(survivors))
    parts = [told, *([f"they pass all the same with {listed(places)}"] if places else [])]
    return RuleResult(
        rule=RuleName.MUTATION,
        outcome=blame if len(survivors) > policy.max_survivors else Outcome.PASS,
        detail="; ".join([*parts, *_remarks(sampling)]),
        actual=Counts(covered=len(noticed), total=len(noticed) + len(survivors)),
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
