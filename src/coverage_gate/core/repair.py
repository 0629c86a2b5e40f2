"""The smallest set of statements and branches that turns a FAIL, and the proof that it does.

Covering can only add to what ran: each rule that it can turn asks for so many more of its own
statements, so that the sizes of the sets are known and no search is needed. `testing.repairing`
applies a set; `decide` then says PASS, and with one unit less it says FAIL.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from coverage_gate.core.evidence import Evidence
from coverage_gate.core.excuse import excusing_rate
from coverage_gate.core.flaky import run_of
from coverage_gate.core.gaps import Repair, gaps_of
from coverage_gate.core.idle import idle_in, idle_units
from coverage_gate.core.linebits import LineBits, lines_of
from coverage_gate.core.lost import lost_units
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.patch import FEW, Patch, patch_of
from coverage_gate.core.places import Unit
from coverage_gate.core.policy import RuleName
from coverage_gate.core.rates import Counts
from coverage_gate.core.targets import Shortfall, shortfalls
from coverage_gate.core.verdict import Outcome, RuleResult

#: Rules that covering more can turn.
_TURNABLE = (
    RuleName.FLOOR,
    RuleName.BASELINE,
    RuleName.PATCH,
    RuleName.LOST,
    RuleName.TARGETS,
)

_Broken = Mapping[RuleName, RuleResult]


def repair_of(evidence: Evidence, results: Iterable[RuleResult]) -> Repair:
    """What suffices to turn the verdict that these results make.

    Args:
        evidence: What was judged.
        results: What the rules found in it.
    """
    broken = {result.rule: result for result in results if result.outcome is Outcome.FAIL}
    todo = _todo(evidence)
    files = {file.path: file for file in evidence.judged_head.files}
    reason = _hopeless(evidence, broken)
    units = () if reason else _smallest(evidence, todo, broken)
    return Repair(
        need=None if reason else _need(units),
        gaps=gaps_of({*todo.patch, *todo.branches, *todo.lost, *units}, files),
        units=units,
        reason=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Todo:
    """What the rules that are on hold against the change.

    Attributes:
        judged: The patch.
        patch: Its statements that do not run.
        branches: Its branches that are not taken though their line runs.
        lost: What was lost.
    """

    judged: Patch
    patch: tuple[Unit, ...] = ()
    branches: tuple[Unit, ...] = ()
    lost: tuple[Unit, ...] = ()


def _todo(evidence: Evidence) -> _Todo:
    comparison, rules = evidence.ruled, evidence.policy.rules
    if comparison is None or comparison.mismatched:
        return _Todo(judged=Patch(files=()))
    judged = patch_of(comparison) if RuleName.PATCH in rules else Patch(files=())
    missing = [
        Unit(path=each.file.path, line=line)
        for each in judged.files
        for line in lines_of(each.uncovered)
    ]
    return _Todo(
        judged=judged,
        patch=_largest_first(missing, {each.file.path: each.file for each in judged.files}),
        branches=tuple(_untaken(judged, ran=True)),
        lost=lost_units(comparison) if RuleName.LOST in rules else (),
    )


def _untaken(judged: Patch, *, ran: bool) -> Iterator[Unit]:
    """Branches of the patch that were not taken, from lines that ran or from those that did not."""
    for each in judged.files:
        for line, target in sorted(set(each.units.arcs) - set(each.file.taken)):
            if bool(each.file.executed >> line & 1) is ran:
                yield Unit(path=each.file.path, line=line, target=target)


def _need(units: Iterable[Unit]) -> int:
    return len({(unit.path, unit.line) for unit in units})


def _hopeless(evidence: Evidence, broken: _Broken) -> str | None:
    """Why no covering can turn it."""
    others = sorted(broken.keys() - set(_TURNABLE))
    if others:
        return f"covering more does not turn: {', '.join(others)}"
    if any(not each.is_measured for each in _short(evidence, broken)):
        return "a file with a target is not measured"
    if broken and evidence.comparison is not None and evidence.comparison.mismatched:
        return "what was measured is not what would land"
    if broken.keys() & {RuleName.FLOOR, RuleName.BASELINE}:
        rest = _coverable(evidence)
        if rest == 0 or _missing(evidence, broken) > rest:
            return "covering all that is measured is not enough"
    return None


def _coverable(evidence: Evidence) -> int:
    """How many statements and branches do not run and could."""
    judged, tolerated = evidence.judged_head, evidence.tolerated
    idle = sum(unit not in tolerated for unit in idle_units(judged))
    return judged.counts.missing - run_of(tolerated, judged).missing - idle


# The smallest set


def _smallest(evidence: Evidence, todo: _Todo, broken: _Broken) -> tuple[Unit, ...]:
    """What each broken rule asks for by itself, then what the rates still miss."""
    chosen = list(todo.lost if RuleName.LOST in broken else ())
    short = _short(evidence, broken)
    if RuleName.PATCH in broken:
        chosen += _patch_part(todo, evidence.policy.patch_min, _open_places(short, chosen))
    for each in short:
        chosen += _target_part(each, chosen)
    more = _missing(evidence, broken) - len(chosen)
    offers = chain([todo.patch, todo.branches, _taken_along(todo)], _rest(evidence))
    found: list[Unit] = []
    known = set(evidence.tolerated).union(chosen)  # what is flaky counts as covered already
    while len(found) < more:
        # There are enough: `_hopeless` has seen to it.
        fresh = [unit for unit in next(offers) if unit not in known]
        known.update(fresh)
        found += fresh
    return (*chosen, *found[: max(more, 0)])


def _taken_along(todo: _Todo) -> Sequence[Unit]:
    """Branches of the patch from lines that do not run: tests of these lines take them, too."""
    return list(_untaken(todo.judged, ran=False))


def _rest(evidence: Evidence) -> Iterator[Sequence[Unit]]:
    """All that does not run: statements before branches, the files that miss most first.

    Last comes what is trivial: imports for type checkers stand where no test can go.
    """
    files = sorted(evidence.judged_head.files, key=lambda file: (-file.counts.missing, file.path))
    yield from (_statements(file, ~file.trivial) for file in files)
    yield from (_branches(file, is_trivial=False) for file in files)
    yield from (_statements(file, file.trivial) for file in files)
    yield from (_branches(file, is_trivial=True) for file in files)


def _statements(file: FileCoverage, among: LineBits) -> Sequence[Unit]:
    lines = lines_of(file.statements & ~file.executed & ~idle_in(file).lines & among)
    return _largest_first((Unit(path=file.path, line=line) for line in lines), {file.path: file})


def _branches(file: FileCoverage, *, is_trivial: bool) -> Sequence[Unit]:
    """Those that lead to what is trivial, or the others."""
    open_arcs = set(file.branches).difference(file.taken, idle_in(file).arcs)
    return [
        Unit(path=file.path, line=line, target=target)
        for line, target in sorted(open_arcs)
        if bool(target > 0 and file.trivial >> target & 1) is is_trivial
    ]


def _patch_part(todo: _Todo, least: Fraction, places: Mapping[str, int]) -> Iterable[Unit]:
    """As many statements as the patch misses; where it has few, one that is decisive.

    Those that a target asks for as well come first: they count for both.
    """
    counts = todo.judged.counts.statements
    if counts.total < FEW:
        decisive = todo.judged.decisive
        inner = next((each for each in decisive if each.file.path in places), decisive[0])
        return [Unit(path=inner.file.path, line=next(lines_of(inner.uncovered)))]
    free = dict(places)
    both: list[Unit] = []
    rest: list[Unit] = []
    for unit in todo.patch:
        is_asked = free.get(unit.path, 0) > 0
        (both if is_asked else rest).append(unit)
        free[unit.path] = free.get(unit.path, 0) - 1
    return [*both, *rest][: math.ceil(least * counts.total) - counts.covered]


def _short(evidence: Evidence, broken: _Broken) -> tuple[Shortfall, ...]:
    if RuleName.TARGETS not in broken:
        return ()
    return shortfalls(evidence.policy.targets, evidence.judged_head)


def _open_places(short: Iterable[Shortfall], chosen: Sequence[Unit]) -> dict[str, int]:
    """How many statements of each file below its target are not among the chosen ones."""
    need: dict[str, int] = {}
    for each in short:
        missing = each.need - _counting(each, chosen)
        need[each.path] = max(need.get(each.path, 0), missing)
    return {path: missing for path, missing in need.items() if missing > 0}


def _target_part(short: Shortfall, chosen: Sequence[Unit]) -> Sequence[Unit]:
    """What a target asks for beyond what is chosen."""
    file = short.file
    offers = [*_statements(file, ~file.trivial), *_statements(file, file.trivial)]
    if short.target.branches:
        offers += [*_branches(file, is_trivial=False), *_branches(file, is_trivial=True)]
    fresh = [unit for unit in offers if unit not in set(chosen)]
    return fresh[: max(short.need - _counting(short, chosen), 0)]


def _counting(short: Shortfall, chosen: Iterable[Unit]) -> int:
    """How many of the chosen units count for a target."""
    return sum(
        unit.path == short.path and (short.target.branches or not unit.is_branch) for unit in chosen
    )


def _missing(evidence: Evidence, broken: _Broken) -> int:
    """How many more units must be covered for the rates that are broken; 0 where none is."""
    missing = [0]
    floor = broken.get(RuleName.FLOOR)
    if floor is not None and floor.required is not None:
        missing.append(_short_by(evidence.judged, floor.required))
    if RuleName.BASELINE in broken:
        either = (broken[RuleName.BASELINE].required, excusing_rate(evidence))
        least = min(limit for limit in either if limit is not None)
        missing.append(_short_by(evidence.steady, least))
    return max(missing)


def _short_by(judged: Counts, least: Fraction) -> int:
    return math.ceil(least * judged.total) - judged.covered


def _largest_first(units: Iterable[Unit], files: Mapping[str, FileCoverage]) -> tuple[Unit, ...]:
    """Units by the size of the gap that they are in: one function is done before the next."""
    return tuple(unit for gap in gaps_of(units, files) for unit in gap.units)
