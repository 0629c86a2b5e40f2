"""Lines and branches with their files, and how they are written for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coverage_gate.core.linebits import LineBits, bits_of, lines_of, ranges_text

#: How many files a sentence names.
_FILES = 5


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Unit:
    """A statement, or a branch where `target` is given.

    Attributes:
        path: The file.
        line: First line of the statement, or where the branch starts.
        target: Where the branch leads, as coverage.py writes it; 0 for a statement.
    """

    path: str
    line: int
    target: int = 0

    @property
    def is_branch(self) -> bool:
        """Whether it is no statement."""
        return self.target != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LostLine:
    """A place that the change did not touch, that ran on the base and does not now.

    Attributes:
        path: In the head.
        line: In the head: the statement, or the line that a branch starts from.
        target: Where the branch leads, as coverage.py writes it; None where the line is lost.
        tests: Ids of the tests that used to run it.
        fates: What became of each of them, in the same order; see `contexts.Fate`.
    """

    path: str
    line: int
    target: int | None = None
    tests: tuple[str, ...] = ()
    fates: tuple[str, ...] = ()


def places_of(units: Iterable[Unit]) -> tuple[str, ...]:
    """Units file by file: "src/a.py:3-5, branches 9→12"."""
    by_path: dict[str, list[Unit]] = {}
    for unit in units:
        by_path.setdefault(unit.path, []).append(unit)
    return tuple(_place_of(path, held) for path, held in sorted(by_path.items()))


def _place_of(path: str, units: Iterable[Unit]) -> str:
    held = sorted(units)
    lines = bits_of(unit.line for unit in held if not unit.is_branch)
    arcs = branches_text((unit.line, unit.target) for unit in held if unit.is_branch)
    if not arcs:
        return located(path, lines)
    return f"{located(path, lines)}, branches {arcs}" if lines else f"{path}: branches {arcs}"


def told_tests(lost: Iterable[LostLine]) -> tuple[str, ...]:
    """The lost places whose tests are known: "src/a.py:3: tests/test_a.py::test_x (deleted)"."""
    return tuple(
        f"{place.path}:{place.line}: {test} ({fate})"
        for place in lost
        for test, fate in zip(place.tests, place.fates, strict=True)
        if place.target is None
    )


def located(path: str, lines: LineBits) -> str:
    """Lines of a file: "src/a.py:3-5, 9"."""
    return f"{path}:{ranges_text(lines_of(lines))}"


def listed(places: Sequence[str]) -> str:
    """The first places, and how many more there are."""
    more = len(places) - _FILES
    return "; ".join([*places[:_FILES], *([f"and {more} more"] if more > 0 else [])])


def branches_text(arcs: Iterable[tuple[int, int]]) -> str:
    """Branches: "3→5, 7→exit"."""
    return ", ".join(f"{line}→{target if target > 0 else 'exit'}" for line, target in arcs)
