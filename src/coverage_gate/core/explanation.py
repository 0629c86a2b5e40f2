"""Why one line, or one file, stands as it does in a verdict: pure, from what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import zip_longest

from coverage_gate.core.gaps import gaps_of
from coverage_gate.core.idle import idle_in
from coverage_gate.core.linebits import LineBits, lines_of
from coverage_gate.core.measurement import FileCoverage, Measurement, Span
from coverage_gate.core.nearest import TestPlace, is_test_module, place_of
from coverage_gate.core.ordering import Sources, items_of
from coverage_gate.core.places import LostLine, Unit
from coverage_gate.core.reach import Condition, lines_in, reach_of
from coverage_gate.core.verdict import Verdict
from coverage_gate.core.waiving import WaiverUse
from coverage_gate.core.work_order import Item


class Standing(StrEnum):
    """What became of a line or a file."""

    COVERED = "covered"
    PARTIAL = "partly covered"
    UNCOVERED = "uncovered"
    LOST = "lost"
    FLAKY = "flaky"
    IDLE = "for type checkers alone"
    HIDDEN = "hidden"
    EXCLUDED = "excluded"
    NO_STATEMENT = "no statement"
    NO_PYTHON = "no valid Python"
    NOT_MEASURED = "not measured"
    OUT_OF_SCOPE = "out of scope"


class NoSuchPlaceError(Exception):
    """The tree has no such file, or the file no such line. The message says so in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer.

    Attributes:
        path: The file.
        line: First line of the statement that was asked for; None for the whole file.
        standing: In a word.
        why: In a sentence.
        symbol: The innermost function or class around the line.
        code: The line as it is written.
        conditions: What has to be so for the line to be reached.
        tests: Ids of the tests that used to run it.
        fates: What became of each of them, in the same order; see `contexts.Fate`.
        waivers: Those of the file, or of the line.
        items: What of it no test runs.
        place: Where it is tested; None where there is nothing to test.
    """

    path: str
    line: int | None
    standing: Standing
    why: str
    symbol: str | None = None
    code: str = ""
    conditions: tuple[Condition, ...] = ()
    tests: tuple[str, ...] = ()
    fates: tuple[str, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()
    items: tuple[Item, ...] = ()
    place: TestPlace | None = None


def explain(
    verdict: Verdict, measured: Measurement, path: str, line: int | None, sources: Sources
) -> Explanation:
    """Explain a file of the judged tree, or a line of it.

    Args:
        verdict: The verdict on that tree.
        measured: Its measurement.
        path: A file of it, from the root of the tree.
        line: A line of that, 1-based; None for the whole file.
        sources: The text of the file, where it was kept, and the tree's test modules.
    """
    file = measured.file(path)
    if file is None:
        standing, why = _unknown(measured, path)
        return Explanation(path=path, line=line, standing=standing, why=why)
    known = _Known(verdict=verdict, file=file, sources=sources)
    told = known.whole() if line is None else known.at(line)
    return replace(told, waivers=tuple(_waivers_at(verdict, path, told.line)))


def _waivers_at(verdict: Verdict, path: str, line: int | None) -> Iterator[WaiverUse]:
    for use in verdict.waivers:
        first, last = use.lines or (use.waiver.first, use.waiver.last)
        if use.waiver.path == path and (line is None or first <= line <= last):
            yield use


def _unknown(measured: Measurement, path: str) -> tuple[Standing, str]:
    """Why the measurement does not know a file."""
    for broken in measured.unparsable:
        if broken.path == path:
            where = f", line {broken.line}" if broken.line else ""
            return Standing.NO_PYTHON, f"{broken.message}{where}: nothing of it is counted"
    if path in measured.unlisted:
        why = "it is in the measured scope, but never ran, and its folder has no __init__.py"
        return Standing.NOT_MEASURED, why
    scope = measured.provenance.scope_text
    if not path.endswith(".py"):
        return Standing.OUT_OF_SCOPE, "only Python files are measured"
    if is_test_module(path):
        return Standing.OUT_OF_SCOPE, f"it is a test module, outside of what is measured: {scope}"
    return Standing.OUT_OF_SCOPE, f"it is outside of what is measured: {scope}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A file that the measurement knows."""

    verdict: Verdict
    file: FileCoverage
    sources: Sources

    @property
    def text(self) -> str:
        """The file in the judged tree; empty where it was not kept."""
        return self.sources.texts.get(self.file.path, "")

    @property
    def lines(self) -> list[str]:
        """The lines of that text."""
        return lines_in(self.text)

    def whole(self) -> Explanation:
        """The file's counts, and all of it that no test runs."""
        counts = self.file.counts
        units = self._missing(self.file.statements)
        excluded = self.file.excluded.bit_count()
        left_out = f"; {excluded} lines are excluded" if excluded else ""
        standing = Standing.UNCOVERED if counts.total and not counts.covered else Standing.PARTIAL
        return Explanation(
            path=self.file.path,
            line=None,
            standing=standing if counts.missing else Standing.COVERED,
            why=f"{counts} of its statements and branches are covered{left_out}",
            items=self._items(units),
            place=self._place(units),
        )

    def at(self, line: int) -> Explanation:
        """One line."""
        start = self._statement_at(line)
        for each in self.verdict.hidden or ():
            if each.path == self.file.path and each.lines >> start & 1:
                why = f"{each.why}, which the base did not: {each.cure}"
                return self._plain(start, Standing.HIDDEN, why)
        if self.file.excluded >> start & 1:
            why = "the base's configuration or a comment excludes it: it counts neither way"
            return self._plain(start, Standing.EXCLUDED, why)
        if not self.file.statements >> start & 1:
            why = "blank, a comment, a docstring, or a line that does not run by itself"
            return self._plain(line, Standing.NO_STATEMENT, why)
        return self._statement(start)

    def _statement(self, line: int) -> Explanation:
        units = self._missing(1 << line)
        standing, why = self._standing(line, has_branches=bool(units))
        used = {
            test: fate
            for place in self.verdict.lost or ()
            if self._is_at(place, line)
            for test, fate in zip_longest(place.tests, place.fates, fillvalue="")
        }
        # The statement itself is told already.
        branches = [unit for unit in units if unit.is_branch]
        return replace(
            self._plain(line, standing, why),
            conditions=reach_of(self.text).of_line(line),
            tests=tuple(used),
            fates=tuple(used.values()),
            items=self._items(branches),
            place=self._place(units),
        )

    def _standing(self, line: int, *, has_branches: bool) -> tuple[Standing, str]:
        ran = bool(self.file.executed >> line & 1)
        if idle_in(self.file).lines >> line & 1:
            return Standing.IDLE, "no run passes it: it is asked of no change"
        if any(self._is_at(unit, line) for unit in self.verdict.flaky or ()):
            return Standing.FLAKY, "tests run it now and then: it is excused"
        if any(self._is_at(place, line) for place in self.verdict.lost or ()):
            what = "a way from it was taken" if ran else "it ran"
            return Standing.LOST, f"{what} on the base, the change left it, and no test does it now"
        if not ran:
            return Standing.UNCOVERED, "no test runs it"
        if has_branches:
            return Standing.PARTIAL, "it runs, but not every way from it is taken"
        return Standing.COVERED, "a test runs it"

    def _is_at(self, place: Unit | LostLine, line: int) -> bool:
        return (place.path, place.line) == (self.file.path, line)

    def _statement_at(self, line: int) -> int:
        """The first line of the statement that a line belongs to."""
        while self.file.continued >> line & 1:
            line -= 1
        return line

    def _missing(self, lines: LineBits) -> list[Unit]:
        path, taken = self.file.path, set(self.file.taken)
        found = [Unit(path=path, line=line) for line in lines_of(lines & ~self.file.executed)]
        found += [
            Unit(path=path, line=line, target=target)
            for line, target in self.file.branches
            if lines >> line & 1 and (line, target) not in taken
        ]
        return found

    def _plain(self, line: int, standing: Standing, why: str) -> Explanation:
        return Explanation(
            path=self.file.path,
            line=line,
            standing=standing,
            why=why,
            symbol=_symbol_at(self.file, line),
            code=self.lines[line - 1].strip() if line <= len(self.lines) else "",
        )

    def _place(self, units: Sequence[Unit]) -> TestPlace | None:
        if not units:
            return None
        symbols = (_symbol_at(self.file, unit.line) for unit in units)
        names = [symbol for symbol in symbols if symbol]
        return place_of(self.file.path, names, self.sources.tests)

    def _items(self, units: Sequence[Unit]) -> tuple[Item, ...]:
        place = self._place(units)
        if place is None:
            return ()
        gaps = gaps_of(units, {self.file.path: self.file})
        return items_of(self.verdict, gaps, self.sources, place)


def _symbol_at(file: FileCoverage, line: int) -> str | None:
    around: list[Span] = [span for span in file.spans if span.first <= line <= span.last]
    return max(around, key=lambda span: span.first).name if around else None
