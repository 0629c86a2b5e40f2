from __future__ import annotations

from dataclasses import replace

import pytest

from coverage_gate.core.edited import edited_in_place
from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.linemap import kept_runs, line_map
from coverage_gate.core.matching import Sheet, sheet_of
from coverage_gate.core.measurement import FileCoverage, Span, Withheld
from coverage_gate.core.reflow import Candidates
from coverage_gate.testing.values import file_diff, tree_id

HEADER = "def debug(x):\n"


def sheet(text: str, *, name: str = "debug", commented: LineBits = -1) -> Sheet:
    """All lines are excluded, each a statement of one function."""
    count = len(text.splitlines())
    lines = bits_of(range(1, count + 1))
    return sheet_of(
        FileCoverage(
            path="a.py",
            blob=tree_id("a.py"),
            statements=0,
            executed=0,
            spans=(Span(name=name, kind="function", first=1, last=count),),
            withheld=Withheld(statements=lines, commented=lines & commented),
        )
    )


def pairs(before: str, after: str, base: Sheet | None = None, head: Sheet | None = None) -> object:
    old, new = base or sheet(HEADER + before), head or sheet(HEADER + after)
    diff = file_diff("a.py", HEADER + before, HEADER + after)
    return edited_in_place(
        Candidates(
            diff=diff,
            base=old,
            head=new,
            lines=line_map(kept_runs(diff)),
            old=sorted(old.withheld - {1}),
            new=sorted(new.withheld - {1}),
        )
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    print(x.total)", "    print(x.total, x.count)"),
        ("    print(x)", "    log.debug(x)"),
        ("    go(x)  # pragma: no cover", "    go(x, 1)  # pragma: no cover"),
        ("    if x > 1: go(x)", "    if x > 2: go(x)"),
        ("    go(x, 'or')", "    go(x, r'if not')"),
        ("    go(x, f'{x}')", "    go(x, f'{x} {y}')"),
    ],
)
def test_an_edit_is_found(before: str, after: str) -> None:
    assert pairs(before, after) == {2: 2}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    print(x.total)", "    amount = days * 3 % 7"),
        ("    print(x.total)", "    print(x.total if x else 0)"),
        ("    print(x.total)", "    print(x.total); pay(x)"),
        ("    a(x, y, z, u)", "    a(b(x), c(y), z, u)"),
        (f"    a({'x, ' * 101})", f"    a({'x, ' * 101}y)"),
        (f"    a({'x' * 5000})", f"    a({'x' * 5000}, y)"),
        ("    a(f'{x}', y, z)", "    a(f'{x or b}', y, z)"),
        ("    a('{x}' + y)", "    a(f'{x}' if z else y)"),
        ("    a(x", "    a(x, y"),
    ],
)
def test_what_says_something_else_or_more_is_none(before: str, after: str) -> None:
    assert pairs(before, after) == {}


def test_each_statement_is_there_once_and_in_order() -> None:
    old = "    first(x, 1)\n    second(x, 2)\n"
    new = "    third(x, 3)\n    first(x, 4)\n    second(x, 5)\n"
    assert pairs(old, new) == {2: 2, 3: 3}


def test_another_scope_or_another_reason_is_no_edit() -> None:
    before, after = "    print(x)", "    print(x, 1)"
    other = sheet(HEADER + after, name="other")
    assert pairs(before, after, head=other) == {}
    assert pairs(before, after, head=sheet(HEADER + after, commented=0)) == {}
    assert pairs(before, after, sheet(HEADER + before, commented=0)) == {}


def test_what_counts_on_a_side_is_no_edit() -> None:
    before, after = "    print(x)", "    print(x, 1)"
    counted = sheet_of(replace(sheet(HEADER + before).file, withheld=Withheld()))
    assert pairs(before, after, base=counted) == {}


def test_outside_of_functions_there_is_a_scope_too() -> None:
    text = "go(x)", "go(x, 1)"
    sides = [sheet_of(replace(sheet(HEADER + each).file, spans=())) for each in text]
    assert pairs(*text, base=sides[0], head=sides[1]) == {2: 2}


def test_a_statement_that_leaves_its_hunk_is_none() -> None:
    before, after = "    go(\n    x)", "    go(1,\n    x)"
    sides = [
        sheet_of(
            replace(
                sheet(HEADER + each).file,
                continued=bits_of([3]),
                withheld=Withheld(statements=bits_of([1, 2])),
            )
        )
        for each in (before, after)
    ]
    assert pairs(before, after, base=sides[0], head=sides[1]) == {}
