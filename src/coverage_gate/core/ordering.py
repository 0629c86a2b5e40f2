"""Writes the work order of a FAIL, as data: pure, from the verdict and the text of some files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from coverage_gate.core.gaps import Gap
from coverage_gate.core.measurement import Arc
from coverage_gate.core.nearest import TestModule, TestPlace, named_in, place_of
from coverage_gate.core.places import Unit, located
from coverage_gate.core.policy import RuleName
from coverage_gate.core.reach import Condition, Reach, lines_in, reach_of
from coverage_gate.core.verdict import Outcome, Reason, State, Verdict
from coverage_gate.core.work_order import Asked, Chore, Item, Passage, Sheet, WorkOrder

#: Gaps that are looked into: an order is for one sitting.
MAX_GAPS = 40
#: Rules that running more code can turn; what they broke is told gap by gap.
BY_COVERING = frozenset(
    {RuleName.FLOOR, RuleName.BASELINE, RuleName.PATCH, RuleName.LOST, RuleName.TARGETS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What of the judged tree an order is written from.

    Attributes:
        texts: Path → text of the files that have gaps.
        tests: The test modules of the tree.
    """

    texts: Mapping[str, str]
    tests: tuple[TestModule, ...] = ()


def paths_of(verdict: Verdict) -> tuple[str, ...]:
    """Files whose text an order for this verdict is written from."""
    return tuple(dict.fromkeys(gap.path for gap in _gaps(verdict)[:MAX_GAPS]))


def work_order(verdict: Verdict, asked: Asked, sources: Sources) -> WorkOrder | None:
    """The order that belongs to a FAIL; None for every other verdict."""
    if verdict.state is not State.FAIL:
        return None
    repair = verdict.repair
    gaps = _gaps(verdict)
    broken = [result for result in verdict.rules if result.outcome is Outcome.FAIL]
    return WorkOrder(
        asked=asked,
        broken=tuple(f"{each.rule}: {each.detail}" for each in broken if each.rule in BY_COVERING),
        need=repair.need if repair else None,
        sheets=tuple(_sheets(verdict, gaps[:MAX_GAPS], sources)),
        more=max(len(gaps) - MAX_GAPS, 0),
        chores=tuple(_chores(verdict, sources)),
    )


def _gaps(verdict: Verdict) -> list[Gap]:
    """The gaps, those that hold most of what suffices first."""
    if verdict.state is not State.FAIL or verdict.repair is None:
        return []
    wanted = frozenset(verdict.repair.units)
    found = [gap for gap in verdict.repair.gaps if not _comes_back(gap, verdict)]
    # Sorting keeps the order of the repair among equals: the largest gap first.
    return sorted(found, key=lambda gap: -len(wanted.intersection(gap.units)))


def _comes_back(gap: Gap, verdict: Verdict) -> bool:
    """Whether it is likely to run again with the tests that are to be brought back."""
    lost = _lost(verdict)
    return bool(_gone(verdict)) and all((gap.path, unit.line) in lost for unit in gap.units)


def _lost(verdict: Verdict) -> set[tuple[str, int]]:
    return {(place.path, place.line) for place in verdict.lost or ()}


def _sheets(verdict: Verdict, gaps: Iterable[Gap], sources: Sources) -> Iterator[Sheet]:
    by_path: dict[str, list[Gap]] = {}
    for gap in gaps:
        by_path.setdefault(gap.path, []).append(gap)
    for path, held in by_path.items():
        place = place_of(path, [gap.symbol for gap in held if gap.symbol], sources.tests)
        yield Sheet(path=path, place=place, items=items_of(verdict, held, sources, place))


def items_of(
    verdict: Verdict, gaps: Sequence[Gap], sources: Sources, place: TestPlace
) -> tuple[Item, ...]:
    """Gaps of one file with what is known about them.

    Args:
        verdict: The verdict that they belong to.
        gaps: The gaps.
        sources: The text of their file and the test modules.
        place: Where the file is tested.
    """
    wanted = frozenset(verdict.repair.units if verdict.repair else ())
    lost = _lost(verdict)
    near = _nearest(place, sources.tests)
    text = sources.texts.get(gaps[0].path, "")
    source = _Source(reach=reach_of(text), lines=lines_in(text))
    return tuple(_item(gap, source, wanted, lost, near) for gap in gaps)


def _nearest(place: TestPlace, tests: Iterable[TestModule]) -> tuple[TestModule, ...]:
    by_path = {test.path: test for test in tests}
    return tuple(by_path[path] for path in (place.path, *place.near) if path in by_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """The text of a file, for what a work order shows of it."""

    reach: Reach
    lines: list[str]

    def code_at(self, line: int) -> str:
        """A line without its indentation; empty behind the end."""
        return self.lines[line - 1].strip() if line <= len(self.lines) else ""


def _item(
    gap: Gap,
    source: _Source,
    wanted: frozenset[Unit],
    lost: set[tuple[str, int]],
    near: tuple[TestModule, ...],
) -> Item:
    # Who runs all statements takes the branches between them.
    whole = [unit for unit in gap.units if not unit.is_branch] or gap.units
    return Item(
        gap=gap,
        enough=tuple(_enough(gap, wanted)),
        is_all=wanted.issuperset(whole),
        is_lost=any((unit.path, unit.line) in lost for unit in gap.units),
        passages=tuple(_passages(gap, source)),
        tests=named_in(gap.symbol, near) if gap.symbol else (),
    )


def _enough(gap: Gap, wanted: frozenset[Unit]) -> Iterator[tuple[int, int]]:
    """The lines of the smallest set, in ranges that end where a range of the gap ends."""
    lines = [unit.line for unit in gap.units if not unit.is_branch]
    chosen = {unit.line for unit in gap.units if unit in wanted}
    for first, last in gap.lines:
        inside = [line for line in lines if first <= line <= last]
        for is_chosen, run in groupby(inside, key=chosen.__contains__):
            together = list(run)
            if is_chosen:
                end = together[-1]
                yield together[0], last if end == inside[-1] else end
    branching = chosen.difference(lines)
    yield from ((line, line) for line in sorted(branching))


def _passages(gap: Gap, source: _Source) -> Iterator[Passage]:
    """The parts of a gap; a branch only where it leads elsewhere than to lines that are told."""
    lines = list(_statements(gap, source))
    yield from lines
    told = {passage.conditions for passage in lines}
    yield from (each for each in _branches(gap, source) if each.conditions not in told)


def _statements(gap: Gap, source: _Source) -> Iterator[Passage]:
    """The lines of a gap, cut where other conditions begin to hold."""
    lines = [unit.line for unit in gap.units if not unit.is_branch]
    start = before = 0
    held: tuple[Condition, ...] = ()
    for line in lines:
        above = source.reach.of_line(line)
        if start and above != held:
            yield _passage((start, before), held, source)
            start = 0
        start, before, held = start or line, line, above
    if start:
        yield _passage((start, before), held, source)


def _passage(
    lines: tuple[int, int],
    conditions: tuple[Condition, ...],
    source: _Source,
    branch: Arc | None = None,
) -> Passage:
    code = source.code_at(lines[0])
    return Passage(lines=lines, branch=branch, conditions=conditions, code=code)


def _branches(gap: Gap, source: _Source) -> Iterator[Passage]:
    for line, target in gap.branches:
        conditions = source.reach.of_branch(line, target)
        yield _passage((line, line), conditions, source, branch=(line, target))


# What is no matter of covering

_BY_RULE: Mapping[RuleName, str] = {
    RuleName.UNMEASURED: "Let a test import and run each of these files, as valid Python in a "
    "package of the measured scope",
    RuleName.INTEGRITY: "Make each of these pass",
    RuleName.MUTATION: "Let a test assert what each of these does: changed as told, all tests pass "
    "all the same",
    RuleName.AUDIT: "Let each of these check what the code does, and leave alone what measures it",
}
_OTHER = "Undo what broke this rule"


def _chores(verdict: Verdict, sources: Sources) -> Iterator[Chore]:
    match verdict.code:
        case Reason.DOES_NOT_MERGE:
            text = f"Merge the base into the branch: {verdict.reason}"
            yield Chore(text=text, commands=_with_base(verdict, "git", "merge"))
        case Reason.BRANCH_UNMEASURABLE:
            yield _measuring_chore(verdict)
        case Reason.RULE_BROKEN:
            yield from _vanished_chores(verdict, sources)
            yield from _hidden_chores(verdict)
            yield from _chores_of_rules(verdict)
        case _:
            yield Chore(text=verdict.reason)


def _with_base(verdict: Verdict, *words: str) -> tuple[tuple[str, ...], ...]:
    """A command that ends in the commit of the base; none where that is not known."""
    return ((*words, verdict.base_commit),) if verdict.base_commit else ()


def _measuring_chore(verdict: Verdict) -> Chore:
    """To make the branch measurable again, with the output of the run that failed."""
    seen = _with_base(verdict, "git", "diff", "--stat")
    if verdict.failure is None:
        return Chore(text=f"Mend this: {verdict.reason}", commands=seen)
    text = f"Make the tests run as they do on the base: {verdict.reason}"
    return Chore(text=text, commands=seen, output=verdict.failure.output)


def _vanished_chores(verdict: Verdict, sources: Sources) -> Iterator[Chore]:
    """Tests to bring back; a file that is gone is taken from the base as it was."""
    tests = _gone(verdict)
    if not tests:
        return
    base = verdict.base_commit or "main"
    there = {module.path for module in sources.tests}
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    show = (("git", "show", f"{base}:{path}") for path in files if path in there)
    take = (("git", "checkout", base, "--", path) for path in files if path not in there)
    yield Chore(
        text="Bring back each of these tests as on the base, where it runs and passes; what they "
        "ran is not told below",
        places=tests,
        is_test=True,
        commands=(*take, *show),
    )


def _hidden_chores(verdict: Verdict) -> Iterator[Chore]:
    """What is judged though it is not counted: it has to be counted first."""
    hidden = verdict.hidden or ()
    for why, cure in dict.fromkeys((each.why, each.cure) for each in hidden):
        places = tuple(located(each.path, each.lines) for each in hidden if each.why == why)
        yield Chore(text=f"Newly hidden, {why}: {cure}", places=places)


def _gone(verdict: Verdict) -> tuple[str, ...]:
    """The tests that vanished, where that is what broke a rule."""
    is_broken = any(
        result.rule is RuleName.INTEGRITY and result.outcome is Outcome.FAIL
        for result in verdict.rules
    )
    return tuple(each.test for each in verdict.vanished or ()) if is_broken else ()


def _chores_of_rules(verdict: Verdict) -> Iterator[Chore]:
    known = set(_gone(verdict))
    for result in verdict.rules:
        if result.outcome is not Outcome.FAIL or result.rule in BY_COVERING:
            continue
        places = tuple(place for place in result.findings if place not in known)
        if places or not known.intersection(result.findings):
            text = _BY_RULE.get(result.rule, _OTHER)
            # Without places only the rule's own words say what it is about.
            told = text if places else f"{text}: {result.detail}"
            yield Chore(text=told, places=places, is_test=result.rule is RuleName.INTEGRITY)
