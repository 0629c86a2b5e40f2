"""Which tests matter for some files: those known to run them, else those named for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from coverage_gate.core.contexts import ContextMap
from coverage_gate.core.nearest import TestModule, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Test modules.

    Attributes:
        paths: Of the modules, sorted; empty: all of them.
        why: How they were found, for people.
    """

    paths: tuple[str, ...]
    why: str


ALL = Selection(paths=(), why="all tests")


def select_tests(
    sources: Collection[str], contexts: ContextMap | None, tests: Iterable[TestModule]
) -> Selection:
    """The test modules that matter for some source files.

    Whole modules: a test that was added since main was recorded is in one that is known, or in one
    that is named for the file.

    Args:
        sources: The files; none: everything matters.
        contexts: Which tests run what on main; None where that was never recorded.
        tests: The test modules that there are now.
    """
    if not sources:
        return ALL
    known = tuple(tests)
    there = {test.path for test in known}
    recorded = _recorded(sources, contexts) & there if contexts else frozenset()
    places = (place_of(path, (), known) for path in sources)
    named = {place.path for place in places if not place.is_new}
    if recorded:
        return Selection(paths=tuple(sorted(recorded | named)), why="recorded on main")
    if named:
        return Selection(paths=tuple(sorted(named)), why="by names and imports")
    return ALL


def _recorded(sources: Collection[str], contexts: ContextMap) -> frozenset[str]:
    numbers = {
        number for file in contexts.of(sources).values() for number, lines in file.lines if lines
    }
    return frozenset(contexts.tests[number].partition("::")[0] for number in numbers)
