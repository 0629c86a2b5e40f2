"""Which branch of the base a branch of the head is, for a statement that is on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from coverage_gate.core.linemap import LineMap
from coverage_gate.core.matching import Partner, Sheet
from coverage_gate.core.measurement import Arc


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcMatch:
    """The branches of one statement, compared.

    Attributes:
        kept: Branches of the head that the base has, too.
        lost: Those of `kept` that ran on the base and did not on the head.
        gained: Those of `kept` that ran on the head and did not on the base.
        fresh: Branches that only the head has.
        gone: Branches that only the base has.
    """

    kept: tuple[Arc, ...] = ()
    lost: tuple[Arc, ...] = ()
    gained: tuple[Arc, ...] = ()
    fresh: tuple[Arc, ...] = ()
    gone: tuple[Arc, ...] = ()


_NONE = ArcMatch()


def match_arcs(head: Sheet, line: int, base: Sheet, partner: Partner, back: LineMap) -> ArcMatch:
    """Compare the branches of a statement of the head with those of its partner.

    A branch leads to the same place when its target is the same line, or the exit of the same
    function. What is left over on both sides in equal number is the same decision with another
    target, as after a line was inserted behind an `if`.

    Args:
        head: The head's file.
        line: The statement there.
        base: The base's file.
        partner: The statement there.
        back: Where the lines of the base's file are on the head.
    """
    here, there = set(head.arcs.get(line, ())), set(base.arcs.get(partner.line, ()))
    if not here and not there:
        return _NONE
    told = ((arc, (line, _target(arc[1], back, head.file.path))) for arc in sorted(there))
    exact = [(old, new) for old, new in told if new in here]
    loose = (
        _loose(there - {old for old, _ in exact}, base),
        _loose(here - {new for _, new in exact}, head),
    )
    if len(loose[0]) == len(loose[1]):
        return _compared([*exact, *zip(*loose, strict=True)], base, head)
    return replace(_compared(exact, base, head), gone=loose[0], fresh=loose[1])


def _target(target: int, back: LineMap, path: str) -> int:
    """Where a target of the base is in the head's file; an exit is minus its function's line.

    0, which is no target, where the head's file does not have it.
    """
    run = back.run_at(abs(target))
    if run is None or run.path != path:
        return 0
    line = run.other + abs(target) - run.start
    return line if target > 0 else -line


def _loose(arcs: AbstractSet[Arc], sheet: Sheet) -> tuple[Arc, ...]:
    # Which of several is which cannot be told: those that ran go with those that ran, so that
    # nothing counts as lost unless fewer of them ran.
    return tuple(sorted(arcs, key=lambda arc: (arc not in sheet.taken, arc)))


def _compared(pairs: Sequence[tuple[Arc, Arc]], base: Sheet, head: Sheet) -> ArcMatch:
    return ArcMatch(
        kept=tuple(new for _, new in pairs),
        lost=tuple(new for old, new in pairs if old in base.taken and new not in head.taken),
        gained=tuple(new for old, new in pairs if old not in base.taken and new in head.taken),
    )
