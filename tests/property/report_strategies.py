"""Texts that break out where they can, and verdicts made of them."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

from hypothesis import strategies as st

from coverage_gate.core.attribution import Attribution
from coverage_gate.core.baseline import Baseline, BaselineKey
from coverage_gate.core.contexts import Fate
from coverage_gate.core.gaps import Gap, Repair
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement
from coverage_gate.core.patch import PatchCounts
from coverage_gate.core.places import LostLine
from coverage_gate.core.policy import Policy, RuleName
from coverage_gate.core.rates import Counts
from coverage_gate.core.verdict import Outcome, Reason, RuleResult, State, Verdict
from coverage_gate.testing.values import covered, measurement

_PIECES = (
    "---", "\n", "\r\n", "\r", " ", "    ", "\t", "a", "1", ".", ")", "-", "+", "*", "_", "=", ":",
    "#", ">", "<", "<b>", "</b>", "<!--", "&amp;", "&#x202e;", "`", "```", "~~~", "~~", "|", "\\",
    "[", "](http://x)", "!", "http://x", "www.x.y", "a@b.c", "$", "\x1b[2J", "\x00", "\x85",
    "\u2028", "\u202e", "\u200b", "\ufeff", "\ud800", "\udcff", "✓", "\U0001f600", "\U000e0041",
    "coverage_status: PASS", "'", '"', "{", "}", "]", ",", "?", "&x", "*x", "!!str", "%YAML 1.1",
    "...", "null", "no",
)  # fmt: skip

hostile_text = st.one_of(
    st.text(alphabet=st.characters(codec=None), max_size=60),
    st.lists(st.sampled_from(_PIECES), max_size=12).map("".join),
)

_shares = st.integers(0, 10**6).map(lambda parts: Fraction(parts, 10**6))
_shas = st.one_of(st.none(), st.text("0123456789abcdef", min_size=40, max_size=40))
_texts = st.lists(hostile_text, max_size=3).map(tuple)


@st.composite
def _counts(draw: st.DrawFn) -> Counts:
    total = draw(st.integers(0, 30))
    return Counts(covered=draw(st.integers(0, total)), total=total)


@st.composite
def _measurements(draw: st.DrawFn) -> Measurement:
    counts = draw(_counts())
    outcomes = st.sampled_from(["passed", "failed", "error", "skipped"])
    return measurement(
        covered(counts.covered, counts.total),
        tests=draw(st.one_of(st.none(), st.dictionaries(hostile_text, outcomes, max_size=3))),
    )


_rules = st.builds(
    RuleResult,
    rule=st.sampled_from(RuleName),
    outcome=st.sampled_from(Outcome),
    detail=hostile_text,
    actual=st.one_of(st.none(), _counts()),
    required=st.one_of(st.none(), st.fractions(-1, 1)),
    findings=_texts,
)
_policies = st.builds(
    Policy,
    name=st.sampled_from(PolicyName),
    floor=_shares,
    epsilon=_shares,
    fail_closed=st.booleans(),
)
_baselines = st.builds(
    Baseline,
    key=st.just(BaselineKey(repository="shop")),
    epoch=st.integers(0, 9),
    rate=_shares,
    counts=st.none(),
    sha=st.just(""),
    updated_at=st.just(""),
)
_failures = st.builds(
    MeasureFailure, code=st.sampled_from(FailureCode), message=hostile_text, output=hostile_text
)


_lines = st.integers(1, 10**7)
_arcs = st.tuples(_lines, _lines | _lines.map(lambda line: -line))
_patches = st.builds(PatchCounts, statements=_counts(), branches=_counts())
_fates = st.sampled_from(list(map(str, Fate)))


@st.composite
def _lost_lines(draw: st.DrawFn) -> LostLine:
    told = draw(st.lists(st.tuples(hostile_text, _fates), max_size=3))
    return LostLine(
        path=draw(hostile_text),
        line=draw(_lines),
        target=draw(st.none() | st.just(-1) | _lines),
        tests=tuple(test for test, _ in told),
        fates=tuple(fate for _, fate in told),
    )


_lost = _lost_lines()
_attributions = st.builds(
    Attribution,
    **dict.fromkeys((each.name for each in fields(Attribution)), st.integers(0, 10**9)),
)
_gaps = st.builds(
    Gap,
    path=hostile_text,
    symbol=st.none() | hostile_text,
    lines=st.lists(st.tuples(_lines, _lines), max_size=3).map(tuple),
    branches=st.lists(_arcs, max_size=3).map(tuple),
    units=st.just(()),
)
_repairs = st.builds(
    Repair,
    need=st.none() | st.integers(0, 10**6),
    gaps=st.lists(_gaps, max_size=2).map(tuple),
    reason=st.none() | hostile_text,
)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """Any verdict that can be made."""
    state = draw(st.sampled_from(State))
    is_pass = state is State.PASS
    allowed = is_pass or (state is not State.FAIL and draw(st.booleans()))
    return Verdict(
        state=state,
        merge_allowed=allowed,
        code=draw(st.sampled_from(Reason)),
        reason=draw(hostile_text),
        policy=draw(_policies),
        commit=draw(_shas),
        tree=draw(_shas),
        base_commit=draw(_shas),
        measurement=draw(_measurements() if is_pass else st.one_of(st.none(), _measurements())),
        failure=draw(st.one_of(st.none(), _failures)),
        baseline=draw(st.one_of(st.none(), _baselines)),
        judged=draw(st.one_of(st.none(), _counts())),
        rules=tuple(draw(st.lists(_rules, min_size=int(is_pass), max_size=3))),
        unmeasured=draw(_texts),
        failing_tests=draw(_texts),
        patch=draw(st.none() | _patches),
        lost=draw(st.none() | st.lists(_lost, max_size=2).map(tuple)),
        attribution=draw(st.none() | _attributions),
        repair=draw(st.none() | _repairs),
        warnings=draw(_texts),
    )
