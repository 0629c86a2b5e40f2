"""What one careful developer has to do so that the next verdict passes, as data.

A work order names places, never ways around: what it asks for is that tests run code, that tests
come back, or that the branch merges. `adapters.render.order` writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass

from coverage_gate.core.gaps import Gap
from coverage_gate.core.measurement import Arc
from coverage_gate.core.nearest import TestPlace
from coverage_gate.core.reach import Condition
from coverage_gate.core.stand import Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was judged, as it was asked for.

    Attributes:
        branch: What wants to land.
        base: Where.
        stand: What of the work tree was meant.
    """

    branch: str
    base: str
    stand: Stand = Stand.COMMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Neighbouring statements of a gap, or one branch of it.

    Attributes:
        lines: First and last line.
        branch: The branch; None for statements.
        conditions: What has to be so for it to be reached, the outermost first.
        code: Its first line as it is written.
    """

    lines: tuple[int, int]
    branch: Arc | None
    conditions: tuple[Condition, ...]
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One gap.

    Attributes:
        gap: What does not run.
        enough: Which of its lines belong to a smallest set that suffices, as ranges.
        is_all: Whether all of it belongs to that set.
        is_lost: Whether any of it ran on main.
        passages: Its parts.
        tests: Ids of tests that are nearest to it.
    """

    gap: Gap
    enough: tuple[tuple[int, int], ...]
    is_all: bool
    is_lost: bool
    passages: tuple[Passage, ...]
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The gaps of one file.

    Attributes:
        path: The file.
        place: Where it is tested.
        items: Its gaps.
    """

    path: str
    place: TestPlace
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something else than covering lines.

    Attributes:
        text: What to do, in a sentence.
        places: What it is about: test ids, paths.
        is_test: Whether the places are ids of tests.
        commands: What does it, or shows what is to be done, as words for a shell.
        output: The end of an output that says more.
    """

    text: str
    places: tuple[str, ...] = ()
    is_test: bool = False
    commands: tuple[tuple[str, ...], ...] = ()
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """What turns a FAIL.

    Attributes:
        asked: What was judged.
        broken: The broken rules that more covering turns, as "patch: 3/10, 90% are required".
        need: How many statements suffice; None where covering alone does not turn it.
        sheets: What to cover, the files that matter most first.
        more: Gaps beyond those.
        chores: What else is to be done; it comes first.
    """

    asked: Asked
    broken: tuple[str, ...] = ()
    need: int | None = 0
    sheets: tuple[Sheet, ...] = ()
    more: int = 0
    chores: tuple[Chore, ...] = ()

    @property
    def test_modules(self) -> tuple[str, ...]:
        """The test modules that the order sends its reader to, each once."""
        return tuple(dict.fromkeys(sheet.place.path for sheet in self.sheets))
