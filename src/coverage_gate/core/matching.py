"""Which statement of the base a statement of the head is.

A statement is its logical line, from its first physical line to its last. It is that of the base
when all its lines are the lines of that one, in order. What of a statement was edited makes it
another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coverage_gate.core.linebits import lines_of
from coverage_gate.core.linemap import LineMap
from coverage_gate.core.measurement import Arc, FileCoverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A measured file spread out, so that a look-up of one line is cheap.

    Attributes:
        file: The file.
        statements: First lines of its statements.
        executed: Those that ran.
        excluded: Lines that are excluded.
        withheld: First lines of statements that are excluded.
        continued: Lines of a statement but its first.
        arcs: Branch arcs by the line that they start from, sorted.
        taken: Those that ran.
    """

    file: FileCoverage
    statements: frozenset[int]
    executed: frozenset[int]
    excluded: frozenset[int]
    withheld: frozenset[int]
    continued: frozenset[int]
    arcs: Mapping[int, tuple[Arc, ...]]
    taken: frozenset[Arc]

    @property
    def units(self) -> list[int]:
        """The lines that count: of statements, and of branches that start from no statement.

        Those are rare: coverage.py counts the branches of an `if` that the compiler drops.
        """
        return sorted(self.statements | self.arcs.keys())

    @property
    def all_units(self) -> list[int]:
        """As `units`, with the statements that are excluded."""
        return sorted(self.statements | self.arcs.keys() | self.withheld)

    def is_withheld(self, line: int) -> bool:
        """Whether the statement that begins on a line is excluded."""
        return line in self.withheld

    def is_excused(self, line: int) -> bool:
        """Whether a comment says that the branches of a line count as taken."""
        return bool(self.file.withheld.excused >> line & 1)

    def is_packed(self, line: int) -> bool:
        """Whether a statement that ran holds a function that was not seen to run."""
        return bool(self.file.withheld.packed >> line & 1)

    def last(self, first: int) -> int:
        """The last line of the statement that begins on a line."""
        line = first
        while line + 1 in self.continued:
            line += 1
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """The same statement on the other side.

    Attributes:
        path: Its file.
        line: Its first line.
        moved: Whether it was found elsewhere, or at another indentation.
        is_measured: Whether the measurement knows that file.
    """

    path: str
    line: int
    moved: bool
    is_measured: bool = True


def sheet_of(file: FileCoverage) -> Sheet:
    """Spread a file out."""
    arcs: dict[int, list[Arc]] = {}
    for arc in file.branches:
        arcs.setdefault(arc[0], []).append(arc)
    return Sheet(
        file=file,
        statements=frozenset(lines_of(file.statements)),
        executed=frozenset(lines_of(file.executed)),
        excluded=frozenset(lines_of(file.excluded)),
        withheld=frozenset(lines_of(file.withheld.statements)),
        continued=frozenset(lines_of(file.continued)),
        arcs={start: tuple(each) for start, each in arcs.items()},
        taken=frozenset(file.taken),
    )


def partner_of(
    line: int, sheet: Sheet, lines: LineMap, others: Mapping[str, Sheet]
) -> Partner | None:
    """The same statement on the other side; None: it is only on this one.

    In a file that the other side's measurement does not know, the same lines are enough.

    Args:
        line: First line of the statement.
        sheet: Its file.
        lines: Where the lines of its file are on the other side.
        others: The files of the other side, by path.
    """
    if line in sheet.continued:
        # No first line of a logical line: whatever says so, both sides must say the same.
        return None
    block = lines.block(line, sheet.last(line))
    if block is None:
        return None
    other = others.get(block.path)
    if other is not None and not _is_statement(block.other, block.length, other):
        return None
    return Partner(
        path=block.path, line=block.other, moved=block.moved, is_measured=other is not None
    )


def _is_statement(first: int, length: int, sheet: Sheet) -> bool:
    """Whether these lines are exactly one logical line."""
    return first not in sheet.continued and sheet.last(first) == first + length - 1
