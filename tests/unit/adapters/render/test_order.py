"""How a work order is written down."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.golden.cases import branch_fault, broken_rules, conflict
from tests.unit.core.test_ordering import ASKED, NO_TESTS, SOURCE, new_code, order_of

from coverage_gate.adapters.render.order import BUDGET, check_command, order_text, verify_commands
from coverage_gate.core.gaps import Gap
from coverage_gate.core.nearest import TestPlace, read_tests
from coverage_gate.core.ordering import Sources
from coverage_gate.core.places import Unit
from coverage_gate.core.reach import Condition, Header
from coverage_gate.core.tokens import tokens_in
from coverage_gate.core.work_order import Asked, Chore, Item, Passage, Sheet, WorkOrder

REST = "statements are covered, 90% are required: src/a.py:3, 7-8"
TESTS = {
    "tests/test_a.py": "from src.a import band\ndef test_light():\n    band(1)\n",
    "tests/test_b.py": "import src.a\n",
}


def test_an_order_tells_what_to_run_when_it_runs_and_how_to_verify_it() -> None:
    verdict = new_code(1, 2, 6, 9, branches=((2, 6), (6, 9)))
    order = order_of(verdict, Sources(texts={"src/a.py": SOURCE}, tests=read_tests(TESTS)))
    assert order_text(order).splitlines() == [
        "# Work order: `feature/x` may not land in `main` yet",
        "",
        f"- broken: `patch: 4/7 of the new and modified {REST}`",
        "",
        "## Write tests that run 3 statements more: that suffices",
        "### `src/a.py`: test in `tests/test_a.py`, see `tests/test_b.py`",
        "- `band`: lines 3-5, 7-8; branches 2→3, 6→7; named in `tests/test_a.py::test_light`",
        "  - 3 when `weight <= 0` is true: `raise ValueError(`",
        "  - 7-8 when `weight <= 0` is false, `weight > 20` is true: `weight -= 1`",
        "",
        "## Verify, then commit",
        "    python -m pytest tests/test_a.py",
        "    coverage-gate check --branch feature/x --base main",
        "Only commits count. A test asserts what the code answers or does.",
    ]


def item(number: int, *, lost: bool = False, names: int = 2) -> Item:
    units = tuple(Unit(path="p", line=line) for line in range(10, 40, 2))
    gap = Gap(
        path=f"src/package/module_{number}.py",
        symbol=f"Function_{number}" + "_name" * names,
        lines=tuple((line, line) for line in range(10, 40, 2)),
        branches=tuple((line, line + 4) for line in range(10, 40, 2)),
        units=units,
    )
    above = tuple(
        Condition(header=Header.TEST, line=line, text=f"value_{line} == {line}", wanted=True)
        for line in range(8)
    )
    passages = tuple(
        Passage(lines=(line, line), branch=None, conditions=above, code="call(argument, other)")
        for line in range(10, 40, 2)
    )
    return Item(gap=gap, enough=(), is_all=False, is_lost=lost, passages=passages, tests=("t::x",))


def sheet(*items: Item) -> Sheet:
    place = TestPlace(path="tests/test_x.py", is_new=True, near=("a", "b"))
    return Sheet(path=items[0].gap.path, place=place, items=items)


def test_ten_gaps_are_told_within_the_budget_with_a_condition_each() -> None:
    order = WorkOrder(asked=ASKED, need=4, sheets=tuple(sheet(item(each)) for each in range(10)))
    text = order_text(order)
    assert tokens_in(text) <= BUDGET
    assert len(re.findall(r"^- `Function_", text, re.MULTILINE)) == 10
    assert "explain" not in text
    assert text.count(" when ") == 10


def test_what_is_cut_is_said() -> None:
    many = tuple(sheet(item(each), item(each)) for each in range(10))
    text = order_text(WorkOrder(asked=ASKED, sheets=many, more=5))
    assert tokens_in(text) <= BUDGET
    told = len(re.findall(r"^- `Function_", text, re.MULTILINE))
    left = re.search(r"^(\d+) more: coverage-gate explain (\S+)$", text, re.MULTILINE)
    assert left
    assert told + int(left[1]) == 25
    assert left[2] == f"src/package/module_{told // 2}.py"
    assert "  - and 14 more" in text
    assert "lines 10 and 14 more; optional" in text


def test_one_large_gap_is_told_in_more_parts() -> None:
    text = order_text(WorkOrder(asked=ASKED, sheets=(sheet(item(1)),)))
    assert text.count("`call(argument, other)`") == 3
    assert text.count(" when 4 more, ") > 3


def test_a_gap_of_which_nothing_is_needed_is_optional() -> None:
    text = order_text(WorkOrder(asked=ASKED, need=1, sheets=(sheet(item(1), needed(2)),)))
    assert "; optional" in text.splitlines()[4]
    assert "; enough: 10-14; ran on main" in text


def needed(number: int) -> Item:
    return replace(item(number, lost=True), enough=((10, 14),))


def test_where_covering_alone_is_not_enough_all_of_it_is_asked_for() -> None:
    order = WorkOrder(
        asked=ASKED, need=None, sheets=(sheet(item(1)),), chores=(Chore(text="Mend"),)
    )
    text = order_text(order)
    assert "- Mend" in text
    assert "## Then write tests that run" in text
    assert "optional" not in text


def test_gaps_beyond_all_that_are_known_are_to_be_explained_by_file() -> None:
    sheets = tuple(sheet(item(each)) for each in range(10))
    text = order_text(WorkOrder(asked=ASKED, need=4, sheets=sheets, more=3))
    assert "3 more: coverage-gate explain FILE" in text


@pytest.mark.parametrize(
    ("header", "wanted", "told"),
    [
        (Header.TEST, False, "`a` is false"),
        (Header.LOOP, True, "`a` has an item"),
        (Header.LOOP, False, "`a` ends"),
        (Header.TRY, True, "`a` raises nothing"),
        (Header.CATCH, True, "`a` catches"),
        (Header.CATCH, False, "`a` does not catch"),
        (Header.CASE, True, "`a` matches"),
        (Header.CASE, False, "`a` does not match"),
    ],
)
def test_each_kind_of_header_has_its_words(header: Header, wanted: bool, told: str) -> None:
    condition = Condition(header=header, line=1, text="a", wanted=wanted)
    part = Passage(lines=(3, 4), branch=(3, -1), conditions=(condition,), code="x")
    gap = Gap(path="p.py", symbol=None, lines=(), branches=((3, -1),), units=())
    one = Item(gap=gap, enough=(), is_all=True, is_lost=False, passages=(part,))
    lines = order_text(WorkOrder(asked=ASKED, need=None, sheets=(sheet(one),))).splitlines()
    assert lines[4:6] == ["- module: branches 3→exit", f"  - 3→exit when {told}: `x`"]


def test_a_part_of_which_nothing_is_known_is_not_told() -> None:
    part = Passage(lines=(3, 4), branch=None, conditions=(), code="")
    text = order_text(WorkOrder(asked=ASKED, sheets=(sheet(replace(item(1), passages=(part,))),)))
    assert "  - " not in text


def test_places_of_a_chore_are_cut_and_the_rest_is_counted() -> None:
    places = tuple(f"tests/test_a.py::test_{number}" for number in range(30))
    text = order_text(WorkOrder(asked=ASKED, chores=(Chore(text="Mend", places=places),)))
    assert text.count("  - `tests/") == 20
    assert "  - 10 more: see the report" in text


def test_commands_of_a_chore_are_told_where_they_can_be_copied() -> None:
    commands = (("git", "checkout", "abc", "--", "a b.py"), ("git", "show", "a\nb"))
    text = order_text(WorkOrder(asked=ASKED, chores=(Chore(text="Mend", commands=commands),)))
    assert "  - run `git checkout abc -- 'a b.py'`\n" in text
    assert "git show" not in text


def test_the_end_of_an_output_is_told() -> None:
    text = order_text(order_of(branch_fault(), NO_TESTS))
    assert "```text\n" in text
    assert "ERROR tests/test_cart.py\n```" in text
    assert tokens_in(text) <= BUDGET


def test_a_long_output_keeps_its_last_lines() -> None:
    output = "\n".join(f"line {number} " + "x" * 200 for number in range(100))
    text = order_text(WorkOrder(asked=ASKED, chores=(Chore(text="Mend", output=output),)))
    assert "line 99" in text
    assert "line 90" not in text


@pytest.mark.parametrize("make", [conflict, broken_rules, branch_fault])
def test_other_failures_have_orders_too(make: object) -> None:
    assert callable(make)
    text = order_text(order_of(make(), NO_TESTS))
    assert text.startswith("# Work order: `feature/x` may not land in `main` yet\n\n- ")


def test_a_test_module_without_a_printable_name_is_left_to_pytest() -> None:
    place = TestPlace(path="tests/test_\n.py", is_new=False)
    order = WorkOrder(asked=ASKED, sheets=(replace(sheet(item(1)), place=place),))
    assert verify_commands(order)[0] == "python -m pytest"


@pytest.mark.parametrize("name", ["", "-x", "a\nb", "x" * 300])
def test_a_name_that_cannot_be_copied_is_no_part_of_a_command(name: str) -> None:
    order = WorkOrder(asked=Asked(branch=name, base="release 1"))
    assert check_command(order) == "coverage-gate check --base 'release 1'"


def test_a_budget_that_nothing_fits_into_is_held_all_the_same() -> None:
    text = order_text(order_of(new_code(1)), budget=20)
    assert tokens_in(text) <= 20
    assert text.endswith("…")
