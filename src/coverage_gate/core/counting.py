"""What coverage.py's own report would say, computed from static facts and raw claims.

The facts about a file (`StaticFile`) are taken from its bytes before any test runs; the claims
(`RawFile`) are what the tests' process says was executed. Combining them follows coverage.py
7.17's `results.py` to the integer. A claim about a line or branch that the file does not have
counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from coverage_gate.core.linebits import LineBits, bits_of, lines_of
from coverage_gate.core.measurement import (
    NOTHING_WITHHELD,
    Arc,
    FileCoverage,
    Span,
    Unparsable,
    Withheld,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Lines that are told as another one: those of a statement of several lines as its first.

    Attributes:
        first: First of them.
        last: Last of them, inclusive.
        target: The line that they are told as.
    """

    first: int
    last: int
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """How a jump out of a `with` statement is told: not as the way back to its first line.

    Attributes:
        arc: The arc that is traced.
        becomes: The arc that is told for it; None for none.
        drops: Arcs that are not told where `arc` was traced; itself among them.
    """

    arc: Arc
    becomes: Arc | None
    drops: tuple[Arc, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """What is known of a source file without running it. See `FileCoverage` for the like names.

    Attributes:
        path: Relative to the root of the tree, with forward slashes.
        blob: Git id of the file's bytes.
        is_listed: Whether it is counted even when nothing of it ran. What is not listed is counted
            if the claims name it.
        statements: Executable statements, each by its first line.
        excluded: First lines of what the configuration excludes.
        branches: Possible branch arcs, sorted.
        unbranched: Lines whose branches count as taken ("no branch", `while True`).
        runs: Lines that are told as another one.
        jumps: Corrections of jumps out of `with` statements.
        jumps_drop_last: Whether an arc that one jump becomes and another one drops is dropped:
            coverage.py before 7.17.
        loops: Arcs that an arc from a line to itself is told as.
        spans: Functions and classes, by first line.
        trivial: Statements that say nothing about logic when they run.
        silent: Lines that hold no code, so that none of it can run there.
        withheld: What would count if nothing were excluded.
        packed: Functions whose body is on the line of their header, as (first line of the
            statement, line that a call enters by); a negative entry tells nothing.
        lambdas: Lambdas with logic, in the same way; without arcs nothing is known of them.
        imports: Modules that it may import, as "a.b" or, from its folder on, "..a.b".
        idle: See `FileCoverage`.
        idle_exits: See `FileCoverage`.
    """

    path: str
    blob: str
    is_listed: bool
    statements: LineBits
    excluded: LineBits = 0
    branches: tuple[Arc, ...] = ()
    unbranched: LineBits = 0
    runs: tuple[Run, ...] = ()
    jumps: tuple[Jump, ...] = ()
    jumps_drop_last: bool = False
    loops: tuple[Arc, ...] = ()
    spans: tuple[Span, ...] = ()
    trivial: LineBits = 0
    silent: LineBits = 0
    withheld: Withheld = NOTHING_WITHHELD
    packed: tuple[Arc, ...] = ()
    lambdas: tuple[Arc, ...] = ()
    imports: frozenset[str] = frozenset()
    idle: LineBits = 0
    idle_exits: LineBits = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenFile:
    """A source file whose statements cannot be counted. See `StaticFile` and `Unparsable`."""

    path: str
    blob: str
    is_listed: bool
    line: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """What a process claims to have executed in one file.

    Attributes:
        lines: Line numbers as traced; whether the file has them is not yet known.
        arcs: Arcs as traced; None where only lines are measured.
    """

    lines: LineBits
    arcs: frozenset[Arc] | None = None


_NOTHING = RawFile(lines=0)


def count(
    statics: Iterable[StaticFile], raws: Mapping[str, RawFile], *, branch: bool
) -> tuple[FileCoverage, ...]:
    """The coverage of each file that coverage.py would report, sorted by path.

    Args:
        statics: The files in scope, each once.
        raws: Path → claims, for each file that the claims name, even without a line.
        branch: Whether branches are measured.
    """
    counted = [
        combine(static, raws.get(static.path), branch=branch)
        for static in statics
        if static.is_listed or static.path in raws
    ]
    return tuple(sorted(counted, key=lambda file: file.path))


def unparsable(broken: Iterable[BrokenFile], raws: Mapping[str, RawFile]) -> tuple[Unparsable, ...]:
    """The broken files that coverage.py would report, sorted by path."""
    told = [
        Unparsable(path=file.path, blob=file.blob, line=file.line, message=file.message)
        for file in broken
        if file.is_listed or file.path in raws
    ]
    return tuple(sorted(told, key=lambda file: file.path))


def combine(static: StaticFile, raw: RawFile | None, *, branch: bool) -> FileCoverage:
    """Which statements and branches of a file the claims cover.

    Args:
        static: The file.
        raw: The claims; None: nothing of it ran.
        branch: Whether branches are measured.
    """
    if not branch:
        static = _without_branches(static)
    claims = raw or _NOTHING
    targets = _targets(static.runs)
    told = bits_of(targets.get(line, line) for line in lines_of(claims.lines))
    ran = _ran(static, claims.arcs or frozenset(), targets)
    unbranched = set(lines_of(static.unbranched))
    return FileCoverage(
        path=static.path,
        blob=static.blob,
        statements=static.statements,
        executed=told & static.statements,
        excluded=static.excluded,
        branches=static.branches,
        taken=tuple(arc for arc in static.branches if arc in ran or arc[0] in unbranched),
        spans=static.spans,
        continued=bits_of(targets),
        trivial=static.trivial,
        withheld=replace(
            _withheld(static, ran),
            packed=_unseen(static, claims.arcs, targets, told & static.statements),
            ran=told & static.withheld.statements,
        ),
        idle=static.idle,
        idle_exits=static.idle_exits,
    )


def _without_branches(static: StaticFile) -> StaticFile:
    """A file as it counts where only lines are measured."""
    withheld = replace(static.withheld, branches=(), excused=0)
    return replace(static, branches=(), idle_exits=0, withheld=withheld)


def _unseen(
    static: StaticFile,
    arcs: AbstractSet[Arc] | None,
    targets: Mapping[int, int],
    ran: LineBits,
) -> LineBits:
    """Statements that ran and whose function was not entered, as far as is known.

    Together with the lines where such functions begin.
    """
    functions = static.packed if arcs is None else (*static.packed, *static.lambdas)
    if not functions:
        return 0
    passed = set(_passed(arcs or (), targets))
    unseen = (each for each in functions if each not in passed and ran >> each[0] & 1)
    return bits_of(line for each in unseen for line in _marked(each, targets))


def _marked(function: Arc, targets: Mapping[int, int]) -> Iterator[int]:
    """The statement of a function, and the line in it where the function begins."""
    statement, entry = function
    yield statement
    if targets.get(abs(entry)) == statement:
        yield abs(entry)


def _passed(arcs: Iterable[Arc], targets: Mapping[int, int]) -> Iterator[Arc]:
    """Code that was entered or left, as (statement where, first line of the code).

    The module is entered by its first line, whatever that is: it tells by where it is left.
    """
    for start, end in arcs:
        if start < -1:
            yield targets.get(end, end), -start
        if end < 0:
            yield targets.get(start, start), -end


def _withheld(static: StaticFile, ran: AbstractSet[Arc]) -> Withheld:
    excused = static.withheld.excused
    assumed = (arc for arc in static.branches if excused >> arc[0] & 1 and arc not in ran)
    taken = (arc for arc in static.withheld.branches if arc in ran)
    return replace(static.withheld, assumed=tuple(assumed), taken=tuple(taken))


def _targets(runs: Iterable[Run]) -> dict[int, int]:
    return {line: run.target for run in runs for line in range(run.first, run.last + 1)}


def _ran(
    static: StaticFile, arcs: AbstractSet[Arc], targets: Mapping[int, int]
) -> AbstractSet[Arc]:
    """The arcs as they are told; all branches that were taken are among them.

    coverage.py translates twice: arcs from a line to itself are told as the only way on from
    there in between, and the result is translated again.
    """
    if not static.branches and not static.withheld.branches:
        return frozenset()
    loops = dict(static.loops)
    starts = _starts(static, targets)
    once = _translated({arc for arc in arcs if arc[0] in starts}, static, targets)
    moved = {(start, loops.get(start, end) if start == end else end) for start, end in once}
    return _translated(moved, static, targets)


def _starts(static: StaticFile, targets: Mapping[int, int]) -> AbstractSet[int]:
    """The lines as traced from which an arc can become, or bring about, a branch.

    Most arcs start elsewhere: this makes counting three times as fast.
    """
    told = {arc[0] for arc in (*static.branches, *static.withheld.branches)}
    told |= {jump.arc[0] for jump in static.jumps}
    traced = {
        line
        for line, target in targets.items()
        if target in told or targets.get(target, target) in told
    }
    return told | traced


def _translated(arcs: AbstractSet[Arc], static: StaticFile, targets: Mapping[int, int]) -> set[Arc]:
    """Arcs from the first line of a statement to the first line of another one."""
    return {
        (targets.get(start, start), targets.get(end, end) if end > 0 else -targets.get(-end, -end))
        for start, end in _jumped(arcs, static)
    }


def _jumped(arcs: AbstractSet[Arc], static: StaticFile) -> AbstractSet[Arc]:
    """Arcs without those that only go back to the first line of a `with` statement."""
    jumps = [jump for jump in static.jumps if jump.arc in arcs]
    if not jumps:
        return arcs
    dropped = {arc for jump in jumps for arc in jump.drops}
    added = {jump.becomes for jump in jumps if jump.becomes is not None}
    return (arcs | added) - dropped if static.jumps_drop_last else (arcs - dropped) | added
