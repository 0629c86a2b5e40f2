"""Which tests run which lines of a tree of main, and what became of the tests of a lost line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from coverage_gate.core.linebits import LineBits
from coverage_gate.core.linemap import FileDiff, LineMap, line_map
from coverage_gate.core.measurement import TestOutcome, TestRun
from coverage_gate.core.places import LostLine
from coverage_gate.core.touched import head_maps

#: How many tests of one line are kept: enough to name them, and a bound on what is stored.
MOST_TESTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContexts:
    """Which tests run which statements of one file.

    Attributes:
        path: Relative to the root of the tree.
        blob: Git id of the file's bytes.
        lines: Place of a test in `ContextMap.tests` → statements; each with at most `MOST_TESTS`.
    """

    path: str
    blob: str
    lines: tuple[tuple[int, LineBits], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextMap:
    """Which tests run which statements of a tree.

    Attributes:
        tree: Git tree id.
        tests: Ids of the tests that run anything, sorted.
        files: By path; those of which no test runs anything are not in it.
    """

    tree: str
    tests: tuple[str, ...]
    files: tuple[FileContexts, ...]

    def of(self, paths: Iterable[str]) -> dict[str, FileContexts]:
        """The files of these paths, as far as they are known."""
        wanted = frozenset(paths)
        return {file.path: file for file in self.files if file.path in wanted}


class Fate(StrEnum):
    """What became of a test that ran a lost line on main."""

    DELETED = "deleted"
    RENAMED = "renamed"
    SKIPPED = "skipped"
    FAILS = "fails"
    PASSES = "passes"
    UNKNOWN = "unknown"


_FATES: Mapping[TestOutcome, Fate] = {
    TestOutcome.PASSED: Fate.PASSES,
    TestOutcome.XPASSED: Fate.PASSES,
    TestOutcome.SKIPPED: Fate.SKIPPED,
    TestOutcome.XFAILED: Fate.FAILS,
    TestOutcome.FAILED: Fate.FAILS,
    TestOutcome.ERROR: Fate.FAILS,
}


def context_map(
    tree: str, blobs: Mapping[str, str], ran: Mapping[str, Mapping[str, LineBits]]
) -> ContextMap:
    """The map of what each test ran.

    Args:
        tree: Git tree id.
        blobs: Path → git id of the file's bytes.
        ran: Path → test id → statements.
    """
    tests = tuple(sorted({test for held in ran.values() for test in held}))
    places = {test: place for place, test in enumerate(tests)}
    files = (
        FileContexts(path=path, blob=blobs[path], lines=_bounded(held, places))
        for path, held in sorted(ran.items())
    )
    return ContextMap(tree=tree, tests=tests, files=tuple(file for file in files if file.lines))


def _bounded(
    held: Mapping[str, LineBits], places: Mapping[str, int]
) -> tuple[tuple[int, LineBits], ...]:
    """At most so many tests for each line, the first ones by id.

    Counted for all lines at once: the layer of number n has the lines that n tests or more run.
    """
    layers: list[LineBits] = [0] * MOST_TESTS
    kept = []
    for test in sorted(held):
        fresh = held[test] & ~layers[-1]
        if fresh:
            kept.append((places[test], fresh))
        carry = fresh
        for number, layer in enumerate(layers):
            layers[number], carry = layer | carry, layer & carry
    return tuple(kept)


def with_tests(
    lost: Iterable[LostLine], contexts: ContextMap, diff: Sequence[FileDiff], now: TestRun
) -> tuple[LostLine, ...]:
    """The lost places with the tests that used to run them, and what became of those.

    Args:
        lost: In the head.
        contexts: Of a tree of main.
        diff: From that tree to the head's.
        now: How the tests of the head ended.
    """
    maps = {path: line_map(runs) for path, runs in head_maps(diff).items()}
    found = [(place, _before(place, maps.get(place.path))) for place in lost]
    files = contexts.of(path for _, (path, _) in found)
    told = []
    for place, (path, line) in found:
        held = files[path].lines if path in files else ()
        tests = tuple(contexts.tests[number] for number, lines in held if lines >> line & 1)
        fates = tuple(str(fate_of(test, now)) for test in tests)
        told.append(replace(place, tests=tests, fates=fates))
    return tuple(told)


def _before(place: LostLine, lines: LineMap | None) -> tuple[str, int]:
    """Path and line of a place in the tree of the map; of one that is new since, nowhere."""
    if lines is None:
        return place.path, place.line
    run = lines.run_at(place.line)
    return ("", 0) if run is None else (run.path, run.other + place.line - run.start)


def fate_of(test: str, now: TestRun) -> Fate:
    """What became of a test; renamed where one of its name is elsewhere, or with other cases."""
    if now.outcomes is None:
        return Fate.UNKNOWN
    if test in now.outcomes:
        return _FATES[now.outcomes[test]]
    name = _function(test)
    return Fate.RENAMED if any(_function(each) == name for each in now.outcomes) else Fate.DELETED


def _function(test: str) -> str:
    """The name of the function in a test's id, without its file, class and case."""
    return test.partition("[")[0].rpartition("::")[2]
