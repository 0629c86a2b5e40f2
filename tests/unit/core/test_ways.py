"""Which ways through a function run what is missing, what each gains, and when it is taken."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from tests.unit.core.read_source import definitions_ran, measured, read, source

from coverage_gate.core.reach import Header
from coverage_gate.core.ways import MOST_WAYS, Way, Ways, ways_through

EVERYTHING = source(
    """
    def everything(a, b, items):
        if a < 0:
            raise ValueError(a)
        total = 0
        for item in items:
            if item:
                total += 1
            else:
                continue
        try:
            x = int(b)
        except ValueError:
            x = 0
        finally:
            total += 1
        while True:
            if x > 3:
                break
            x += 1
        match b:
            case "1":
                return 1
            case _:
                pass
        with open(b) as opened:
            return opened
    """
)


def through(text: str, name: str | None = None, ran: tuple[int, ...] = ()) -> Ways:
    """The ways through the only function of a text, or through the one of that name."""
    file = measured(text, ran=(*definitions_ran(text), *ran))
    routines = read(text, file).routines
    chosen = next(each for each in routines[1:] if name in {None, each.name})
    return ways_through(chosen.flow, file, chosen.lines)


def lines(way: Way) -> list[int]:
    return [unit.line for unit in way.units if not unit.is_branch]


def branches(way: Way) -> list[tuple[int, int]]:
    return [(unit.line, unit.target) for unit in way.units if unit.is_branch]


def told(way: Way) -> list[tuple[str, bool]]:
    return [(each.text, each.wanted) for each in way.conditions]


def test_each_way_adds_what_the_ways_before_it_left() -> None:
    found = through(EVERYTHING)
    assert [lines(way) for way in found.ways] == [
        [2, 4, 5, 10, 11, 15, 16, 17, 18, 20, 21, 22],
        [3],
        [6, 9],
        [7],
        [12, 13],
        [19],
        [23, 24, 25, 26],
    ]
    assert found.rest == ()
    assert branches(found.ways[2]) == [(5, 6), (6, 9)]
    assert told(found.ways[1]) == [("a < 0", True)]
    assert [way.raises for way in found.ways] == [False, True, False, False, False, False, False]


def test_the_usual_way_comes_before_errors() -> None:
    found = through("def f(a):\n    if not a:\n        raise KeyError\n    b = 1\n    return b\n")
    assert [lines(way) for way in found.ways] == [[2, 4, 5], [3]]
    assert told(found.ways[0]) == [("not a", False)]


def test_what_makes_no_difference_is_not_told() -> None:
    text = source(
        """
        def f(a, b):
            if a:
                a += 1
            if b:
                b += 1
            return a
        """
    )
    found = through(text, ran=(2, 3, 4, 6, 2, 4, 6))
    assert [(lines(way), told(way)) for way in found.ways] == [([5], [("b", True)])]


def test_a_branch_without_lines_of_its_own_is_a_way() -> None:
    found = through("def f(a):\n    if a:\n        a = 1\n    return a\n", ran=(2, 3, 4))
    assert [(lines(way), branches(way)) for way in found.ways] == [([], [(2, 4)])]
    assert told(found.ways[0]) == [("a", False)]


def test_the_exit_of_a_function_is_a_branch() -> None:
    found = through("def f(a):\n    for b in a:\n        print(b)\n", ran=(2, 3, 2, 3))
    assert [branches(way) for way in found.ways] == [[(2, -1)]]
    assert told(found.ways[0]) == [("for b in a", False)]


def test_a_loop_over_constants_begins() -> None:
    text = "def f(a):\n    for b in {}:\n        if a:\n            return b\n    return 0\n"
    for items in ("range(3)", "(1, a)", "'ab'", "enumerate([1])"):
        first = through(text.format(items)).ways[0]
        assert lines(first) == [2, 3, 4], items
    for items in ("range(0)", "[*a]", "sorted(a)", "''", "range(a)"):
        assert 5 in lines(through(text.format(items)).ways[0]), items


def test_what_nothing_leads_to_is_told() -> None:
    text = source(
        """
        def f(a):
            while True:
                a = g()
            a = 1
        """
    )
    found = through(text)
    assert (found.ways, [unit.line for unit in found.rest]) == ((), [2, 3])


def test_a_function_that_loops_for_ever_has_no_way_to_its_end() -> None:
    found = through("def f(a):\n    while True:\n        a()\n")
    assert (found.ways, [unit.line for unit in found.rest]) == ((), [2, 3])


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ("if a:|if a:", [[2, 4, 6], [3, 5]]),
        ("if a:|if not a:", [[2, 4, 5, 6], [3]]),
        ("if a is None:|if a is not None:", [[2, 4, 5, 6], [3]]),
        ("if a == 1:|if a != 1:", [[2, 4, 5, 6], [3]]),
        ("if a.b:|if a.b:", [[2, 4, 6], [3, 5]]),
        ("if a.b():|if a.b():", [[2, 4, 6], [3, 5]]),
    ],
)
def test_a_way_does_not_contradict_itself(tests: str, expected: list[list[int]]) -> None:
    first, second = tests.split("|")
    text = f"def f(a, b):\n    {first}\n        b = 1\n    {second}\n        b = 2\n    return b\n"
    assert [lines(way) for way in through(text).ways] == expected


def test_what_changes_between_may_differ() -> None:
    text = source(
        """
        def f(a, b):
            if a:
                b = 1
            a = g(b)
            if a:
                b = 2
            return b
        """
    )
    assert [lines(way) for way in through(text).ways] == [[2, 4, 5, 7], [3], [6]]


def test_a_constant_decides() -> None:
    text = source(
        """
        def f(items):
            found = None
            for item in items:
                found = item
            if found is None:
                return 0
            if found:
                return 1
            return 2
        """
    )
    ways = through(text).ways
    assert lines(ways[0]) == [2, 3, 5, 6]
    assert [lines(way) for way in ways[1:]] == [[4], [7, 9], [8]]


def test_a_contradiction_that_cannot_be_avoided_is_taken() -> None:
    text = source(
        """
        def f(a):
            if a:
                if not a:
                    return 1
            return 2
        """
    )
    assert [4] in [lines(way) for way in through(text).ways]


def test_a_constant_by_itself_decides() -> None:
    text = source(
        """
        def f(items):
            found = True
            if found:
                return 1
            return 2
        """
    )
    assert lines(through(text).ways[0]) == [2, 3, 4]


def test_the_search_for_a_way_without_contradictions_ends() -> None:
    inner = "return 1"
    tests = "".join(f"    {'    ' * depth}if {'not ' * (depth % 2)}a:\n" for depth in range(12))
    found = through(f"def f(a):\n{tests}    {'    ' * 12}{inner}\n    return 2\n")
    assert [15 - 1] in [lines(way)[-1:] for way in found.ways]


def test_that_nothing_fails_goes_without_saying() -> None:
    text = source(
        """
        def f(a):
            try:
                if g(a):
                    a = 1
                a = 2
            except ValueError:
                return 2
            return 3
        """
    )
    ways = through(text, ran=(2, 3, 4, 2, 3, 5)).ways
    assert [(lines(way), told(way)) for way in ways] == [
        ([6, 7], [("if g(a):", False), ("except ValueError", True)]),
        ([8], []),
    ]


def test_a_long_chain_of_tests_is_no_nesting() -> None:
    chain = "".join(f"    elif a == {number}:\n        a = 0\n" for number in range(300))
    text = f"def f(a):\n    if a:\n        a = 1\n{chain}    return a\n"
    found = through(text)
    assert len(found.ways) == MOST_WAYS
    assert len(found.rest) > 300


def test_of_a_very_large_function_a_few_ways_are_told() -> None:
    tests = "".join(f"    if a == {number}:\n        b = {number}\n" for number in range(1000))
    found = through(f"def f(a):\n{tests}    return a\n")
    assert 0 < len(found.ways) < MOST_WAYS
    assert found.rest


def test_statements_on_one_line_are_one() -> None:
    found = through("def f(a):\n    if a: return 1\n    b = 2; return b\n")
    assert lines(found.ways[0]) == [2]


def test_an_exception_is_told_by_what_raises_it() -> None:
    text = source(
        """
        def f(a):
            try:
                b = int(a)
            except ValueError:
                return 0
            except KeyError:
                return 1
            else:
                b += 1
            return b
        """
    )
    ways = through(text).ways
    assert [lines(way) for way in ways] == [[2, 3, 9, 10], [4, 5], [6, 7]]
    assert [(each.header, each.text) for each in ways[1].conditions] == [
        (Header.TRY, "b = int(a)"),
        (Header.CATCH, "except ValueError"),
    ]


def test_finally_stands_on_each_way_out() -> None:
    text = source(
        """
        def f(items):
            for item in items:
                try:
                    if item:
                        break
                    elif item is None:
                        continue
                    return 1
                finally:
                    try:
                        done()
                    finally:
                        try:
                            more()
                        finally:
                            try:
                                last()
                            finally:
                                end()
            else:
                sys.exit(2)
        """
    )
    found = through(text)
    assert not found.rest
    assert {line for way in found.ways for line in lines(way)} >= {5, 7, 8, 11, 14, 17, 19, 21}
    assert [way.raises for way in found.ways if 21 in lines(way)] == [True]


def test_asynchronous_code_is_followed() -> None:
    text = source(
        """
        async def f(items, lock):
            async with lock:
                async for item in items:
                    await item
            return 1
        """
    )
    assert [lines(way) for way in through(text).ways] == [[2, 3, 5], [4]]


def test_a_match_that_fits_nothing_goes_on() -> None:
    text = source(
        """
        def f(a):
            match a:
                case [b] if b:
                    return b
                case str():
                    return 2
            return 3
        """
    )
    ways = through(text).ways
    assert [lines(way) for way in ways] == [[2, 3, 4], [5, 7], [6]]
    assert told(ways[2])[-1] == ("match a: case str()", True)


def test_definitions_within_belong_to_who_runs_them() -> None:
    text = source(
        """
        def outer(a):
            @cached
            def inner(b):
                return b
            class Own:
                size = 1
            return inner, Own
        """
    )
    assert [lines(way) for way in through(text, "outer").ways] == [[2, 3, 5, 6, 7]]
    assert [lines(way) for way in through(text, "outer.inner").ways] == [[4]]


LAST = "    return a\n"
LOOP = "def f(a, b):\n    {}\n    for each in {}:\n        g(each)\n" + LAST


@pytest.mark.parametrize(
    ("before", "iterated", "is_entered"),
    [
        ("files = [b] if not a else a", "files", True),
        ("files = a if a else (b,)", "files", True),
        ("files = a or {1, *b}", "files", True),
        ("pass", "[a, b]", True),
        ("files = a if b else [b]", "files", False),
        ("files = [*a]", "files", False),
        ("files = [a]; files.clear()", "files", False),
        ("files = [a]; files = b", "files", False),
        ("files = a and [b]", "files", False),
        ("x.files = [a]", "a", False),
        ("pass", "range(a)", False),
    ],
)
def test_a_loop_over_what_cannot_be_empty_is_entered(
    before: str, iterated: str, *, is_entered: bool
) -> None:
    for text in (LOOP.format(before, iterated), LOOP.format(before, iterated)[: -len(LAST)]):
        first, *more = through(text).ways
        assert (4 in lines(first)) is is_entered
        assert bool(more) is not is_entered


def test_a_loop_that_ends_after_it_was_entered_is_no_contradiction() -> None:
    text = (
        "def f(a):\n    for each in [a]:\n        g(each)\n    else:\n        h()\n    return a\n"
    )
    assert [lines(way) for way in through(text).ways] == [[2, 3, 5, 6]]


def test_a_loop_that_ran_before_may_be_left_out() -> None:
    text = LOOP.format("pass", "[a, b]") + "    return b\n"
    found = through(text.replace("return a", "if a: return a"), ran=(2, 3, 4))
    assert all(4 not in lines(way) for way in found.ways)


# What is foretold is what happens


def ran_in(function: Callable[..., Any], *arguments: object) -> set[int]:
    """The lines of a function that run when it is called."""
    seen: set[int] = set()

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        if frame.f_code is function.__code__:
            seen.update([frame.f_lineno] if event == "line" else [])
            return trace
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    except ValueError:
        pass
    finally:
        sys.settrace(before)
    return seen


def calls() -> Iterator[tuple[object, ...]]:
    """Arguments that meet the conditions of each way through `EVERYTHING`, in order."""
    yield 1, "4", ()
    yield -1, "", ()
    yield 1, "4", (0,)
    yield 1, "4", (1,)
    yield 1, "x", ()
    yield 1, "3", ()


def test_what_is_foretold_is_what_runs() -> None:
    names: dict[str, Any] = {"open": lambda _: __import__("contextlib").nullcontext()}
    exec(compile(EVERYTHING.replace('"1"', '"4"'), "everything.py", "exec"), names)  # noqa: S102
    known: set[int] = set()
    ways = through(EVERYTHING).ways
    for way, arguments in zip(ways, calls(), strict=False):
        fresh = ran_in(names["everything"], *arguments) - known
        if lines(way) == [12, 13]:
            fresh -= {19, 23, 24, 25, 26}  # x is 0 now: two ways in one
        assert fresh >= set(lines(way)), arguments
        known |= fresh
