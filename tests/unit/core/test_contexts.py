from __future__ import annotations

import pytest

from coverage_gate.core.contexts import (
    MOST_TESTS,
    ContextMap,
    Fate,
    FileContexts,
    context_map,
    fate_of,
    with_tests,
)
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import TestOutcome, TestRun
from coverage_gate.core.places import LostLine, told_tests
from coverage_gate.testing.values import file_diff

TEXT = "".join(f"line_{number}()\n" for number in range(1, 6))
ONE, TWO = "tests/test_a.py::test_one", "tests/test_a.py::TestIt::test_two[x]"


def of(**ran: dict[str, list[int]]) -> ContextMap:
    """Tests by file; "a" stands for a.py."""
    return context_map(
        "tree",
        {f"{name}.py": f"blob of {name}" for name in ran},
        {
            f"{name}.py": {test: bits_of(lines) for test, lines in held.items()}
            for name, held in ran.items()
        },
    )


def named(contexts: ContextMap, line: int, *diff: FileDiff, path: str = "a.py") -> tuple[str, ...]:
    lost = [LostLine(path=path, line=line)]
    return with_tests(lost, contexts, diff, TestRun(exit_status=0))[0].tests


def test_a_map_holds_each_test_once_and_files_that_any_test_runs() -> None:
    found = of(a={ONE: [1, 2], TWO: [2]}, b={ONE: []})
    assert found == ContextMap(
        tree="tree",
        tests=(TWO, ONE),
        files=(FileContexts(path="a.py", blob="blob of a", lines=((0, 4), (1, 6))),),
    )


def test_a_line_keeps_the_first_tests_and_no_more() -> None:
    tests = [f"t.py::test_{number:02}" for number in range(30)]
    found = of(a={test: [1, *([2] if number < 25 else [3])] for number, test in enumerate(tests)})
    assert named(found, 1) == tuple(tests[:MOST_TESTS])
    assert named(found, 2) == tuple(tests[:MOST_TESTS])
    assert named(found, 3) == tuple(tests[25:])


def test_a_lost_line_has_the_tests_that_used_to_run_it() -> None:
    contexts = of(a={ONE: [1, 2], TWO: [2]})
    assert (named(contexts, 1), named(contexts, 2), named(contexts, 3)) == ((ONE,), (TWO, ONE), ())
    assert named(contexts, 1, path="b.py") == ()


def test_a_lost_line_is_found_where_it_was_in_the_tree_of_the_map() -> None:
    contexts = of(a={ONE: [2]})
    shifted = file_diff("a.py", TEXT, "new()\n" + TEXT)
    assert (named(contexts, 3, shifted), named(contexts, 2, shifted)) == ((ONE,), ())
    renamed = file_diff("b.py", TEXT, TEXT, old_path="a.py")
    assert named(contexts, 2, renamed, path="b.py") == (ONE,)


def test_a_line_that_is_newer_than_the_map_has_no_tests() -> None:
    contexts = of(a={ONE: [2]})
    edited = file_diff("a.py", TEXT, TEXT.replace("line_2()", "other()"))
    assert named(contexts, 2, edited) == ()


@pytest.mark.parametrize(
    ("outcome", "fate"),
    [
        (TestOutcome.PASSED, Fate.PASSES),
        (TestOutcome.XPASSED, Fate.PASSES),
        (TestOutcome.SKIPPED, Fate.SKIPPED),
        (TestOutcome.XFAILED, Fate.FAILS),
        (TestOutcome.FAILED, Fate.FAILS),
        (TestOutcome.ERROR, Fate.FAILS),
    ],
)
def test_a_test_that_is_still_there_ends_somehow(outcome: TestOutcome, fate: Fate) -> None:
    assert fate_of(ONE, TestRun(exit_status=0, outcomes={ONE: outcome})) is fate


@pytest.mark.parametrize(
    ("test", "now", "fate"),
    [
        (ONE, [], Fate.DELETED),
        (ONE, ["tests/test_a.py::test_one_more"], Fate.DELETED),
        (ONE, ["tests/test_b.py::test_one"], Fate.RENAMED),
        (TWO, ["tests/test_a.py::TestIt::test_two[y]"], Fate.RENAMED),
    ],
)
def test_a_test_that_is_not_there_any_more_was_deleted_or_renamed(
    test: str, now: list[str], fate: Fate
) -> None:
    outcomes = dict.fromkeys(now, TestOutcome.PASSED)
    assert fate_of(test, TestRun(exit_status=0, outcomes=outcomes)) is fate


def test_nothing_is_known_of_tests_that_the_command_does_not_tell() -> None:
    assert fate_of(ONE, TestRun(exit_status=0)) is Fate.UNKNOWN


def test_the_tests_of_lost_lines_are_told_with_their_fate() -> None:
    lost = [
        LostLine(path="a.py", line=3, tests=(ONE, TWO), fates=("deleted", "skipped")),
        LostLine(path="a.py", line=4),
        LostLine(path="a.py", line=5, target=6, tests=(ONE,), fates=("deleted",)),
    ]
    assert told_tests(lost) == (f"a.py:3: {ONE} (deleted)", f"a.py:3: {TWO} (skipped)")
