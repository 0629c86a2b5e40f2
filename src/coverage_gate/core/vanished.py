"""Tests that passed on the base and of which the head does not say that they pass.

A test may go with its code, and it may be renamed, moved, or merged into another one. Each excuse
is bound to what an edit of the test in its place could do as well: see ADR 0015.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from coverage_gate.core.changes import ChangeKind, Changes
from coverage_gate.core.measurement import TestOutcome, TestRun
from coverage_gate.core.replaced import (
    Absent,
    Sources,
    Succession,
    cases_of,
    conftests_of,
    moved_paths,
)

#: Who ends so passes, or is seen to fail.
_HEARD = (TestOutcome.PASSED, TestOutcome.FAILED, TestOutcome.ERROR)
#: What becomes of a test that was neither run nor collected.
GONE, NOT_RUN = "gone", "not-run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """A test that does not pass any more.

    Attributes:
        test: Its id on the base.
        was: How it ended there: "passed".
        now: "gone", "not-run", or how it ends on the head: "skipped", "xfailed", "xpassed".
        why: For people: why it is not excused.
    """

    test: str
    was: str
    now: str
    why: str


def wanted(
    base: TestRun, head: TestRun, changes: Changes
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whose texts are needed of base and head to tell whether tests vanished.

    Nothing where no test is missing: reading costs time, and mostly there is nothing to excuse.
    """
    missing = list(_absent(base, head, changes))
    if not missing:
        return (), ()
    of_base, of_head = _changed_modules(changes)
    for each in missing:
        of_base |= {each.key[0], *conftests_of(each.key[0])}
        of_head.add(each.here[0])
    for change in changes.files:
        of_head.update(conftests_of(change.path) if change.is_python else ())
    return tuple(sorted(of_base)), tuple(sorted(of_head))


def _changed_modules(changes: Changes) -> tuple[set[str], set[str]]:
    """Python files that the change touches, as the base has them, and as the head has them."""
    python = [each for each in changes.files if each.is_python or each.old_path.endswith(".py")]
    return (
        {each.old_path for each in python if each.kind is not ChangeKind.ADDED},
        {each.path for each in python if each.kind is not ChangeKind.DELETED},
    )


def vanished_tests(
    base: TestRun, head: TestRun, changes: Changes, sources: Sources, product: Iterable[str]
) -> tuple[Vanished, ...]:
    """The tests that vanished, by id. Those that fail are not told here: they are seen."""
    found = list(_dulled(base, head, moved_paths(changes)))
    missing = list(_absent(base, head, changes))
    if missing:
        succession = Succession(
            base=base, head=head, changes=changes, sources=sources, product=product
        )
        for each in succession.left(missing):
            now, why = _fate(each, head, succession)
            found += (
                Vanished(test=test, was=str(TestOutcome.PASSED), now=now, why=why)
                for test in each.tests
            )
    return tuple(sorted(found, key=lambda each: each.test))


def _fate(each: Absent, head: TestRun, succession: Succession) -> tuple[str, str]:
    """What became of a test, and why nothing excuses it."""
    path, name = each.here
    end = (head.outcomes or {}).get(path)
    if end is not None:
        return str(end), f"its whole file is {end}"
    if each.fresh or succession.passes(each.here):
        return GONE, f"{len(each.tests)} of its cases are gone, and {each.fresh} are new"
    if name in succession.code(path, is_head=True).functions:
        return NOT_RUN, "it is still in its file, but it was not run"
    return GONE, "no other test takes its place, and its code is still there"


def _dulled(base: TestRun, head: TestRun, moved: Mapping[str, str]) -> Iterator[Vanished]:
    """Tests that are still there, but do not have to pass any more."""
    ends = head.outcomes or {}
    dull = {test for test, end in ends.items() if end not in _HEARD}
    # Mostly there is none, and then nothing is looked for among some ten thousand tests.
    for test in base.passed if dull else ():
        here = _moved(test, moved)
        if here in dull:
            end = ends[here]
            why = "it is expected to fail" if end is not TestOutcome.SKIPPED else "it is skipped"
            yield Vanished(test=test, was=str(TestOutcome.PASSED), now=str(end), why=why)


def _moved(test: str, moved: Mapping[str, str]) -> str:
    path, mark, rest = test.partition("::")
    return moved.get(path, path) + mark + rest


def _absent(base: TestRun, head: TestRun, changes: Changes) -> Iterator[Absent]:
    """The functions of which fewer cases pass, with the ids that the head does not know.

    By number and not by id: a case may be called by an address, a date or a random value.
    """
    moved = moved_paths(changes)
    missing = _missing(base, head, moved)
    if not missing:
        return
    before, after = cases_of(base.passed), cases_of(head.passed)
    for key, lost in cases_of(sorted(missing)).items():
        here = moved.get(key[0], key[0]), key[1]
        known = {_moved(test, moved) for test in before[key]}
        fresh = sum(test not in known for test in after.get(here, ()))
        if fresh < len(lost):
            yield Absent(key=key, here=here, tests=tuple(lost), fresh=fresh)


def _missing(base: TestRun, head: TestRun, moved: Mapping[str, str]) -> AbstractSet[str]:
    """The tests of the base of which the head does not know how they end."""
    ends = (head.outcomes or {}).keys()
    if not moved:
        return base.passed - ends  # at once: there may be some ten thousand
    return {test for test in base.passed if _moved(test, moved) not in ends}
