"""A work order as text: for an agent, a developer's job, and the report. Never above its budget.

All that comes from outside stands in code spans, so that it is text in Markdown as well.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from coverage_gate.adapters.render.printable import (
    block,
    markdown_code,
    markdown_fence,
    markdown_text,
    one_line,
)
from coverage_gate.core.places import branches_text
from coverage_gate.core.reach import Condition, Header
from coverage_gate.core.stand import Stand
from coverage_gate.core.tokens import tokens_in, within
from coverage_gate.core.work_order import Chore, Item, Passage, Sheet, WorkOrder

#: Tokens of an order, whatever the branch holds.
BUDGET = 800

_NAME, _SENTENCE, _OUTPUT_LINES = 48, 90, 12
#: Lines of code of a gap.
_SNIPPET = 3
#: Tokens of a line of code with which an order counts as brief.
_BRIEF = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detail:
    """How much is told.

    Attributes:
        gaps: How many gaps.
        passages: Of each gap.
        conditions: Of each passage, the innermost ones.
        code: Tokens of a line of code; 0 for none.
        ranges: Ranges of lines of each gap, and half as many branches.
        near: Tests that are named beside.
        places: Of each chore.
        output: Tokens of an output's end.
    """

    gaps: int
    passages: int
    conditions: int
    code: int
    ranges: int
    near: int
    places: int
    output: int


def _detail(
    passages: int, conditions: int, code: int, ranges: int, *, near: int, gaps: int = 10
) -> _Detail:
    places, output = (20, 250) if code > _BRIEF else (4, 60)
    return _Detail(
        gaps=gaps,
        passages=passages,
        conditions=conditions,
        code=code,
        ranges=ranges,
        near=near,
        places=places,
        output=output,
    )


#: From all that is wanted to what always fits; ten gaps are told as long as anyhow possible.
_DETAILS = (
    _detail(12, 4, 16, 8, near=2),
    _detail(6, 4, 16, 6, near=2),
    _detail(3, 4, 16, 6, near=2),
    _detail(3, 2, 12, 6, near=1),
    _detail(2, 2, 8, 4, near=1),
    _detail(1, 2, 8, 4, near=1),
    _detail(1, 2, 0, 4, near=0),
    _detail(1, 1, 0, 3, near=0),
    _detail(1, 1, 0, 1, near=0),
    *(_detail(1, 1, 0, 1, near=0, gaps=gaps) for gaps in range(9, -1, -1)),
    _Detail(gaps=0, passages=0, conditions=0, code=0, ranges=0, near=0, places=1, output=0),
)


#: For people who asked for it.
_WHOLE = _detail(1_000, 6, _NAME, 1_000, near=2)


_COMMANDS: Mapping[Stand, tuple[str, ...]] = MappingProxyType(
    {
        Stand.COMMIT: ("check",),
        Stand.INDEX: ("diff", "--staged"),
        Stand.FILES: ("diff", "--worktree"),
    }
)
_COUNTS: Mapping[Stand, str] = MappingProxyType(
    {
        Stand.COMMIT: "Only commits count.",
        Stand.INDEX: "Only what is staged counts.",
        Stand.FILES: "Files count as they stand.",
    }
)


def order_text(order: WorkOrder, *, budget: int = BUDGET) -> str:
    """The order in at most `budget` tokens, without a final line feed; what is cut is said."""
    texts = ("\n".join(_lines(order, detail)) for detail in _DETAILS)
    return next((text for text in texts if tokens_in(text) <= budget), "") or within(
        "\n".join(_lines(order, _DETAILS[-1])), budget
    )


def verify_commands(order: WorkOrder) -> tuple[str, ...]:
    """What shows that the order is done: its tests, then the check as it was asked for."""
    named = [path for path in order.test_modules if _is_plain(path)]
    tests = shlex.join(["python", "-m", "pytest", *named[:3]])
    return (tests, check_command(order))


def check_command(order: WorkOrder) -> str:
    """The check again. A name that cannot be copied is left to what is checked out."""
    words = ["coverage-gate", *_COMMANDS[order.asked.stand]]
    named = [("--base", order.asked.base)]
    if order.asked.stand is Stand.COMMIT:
        named.insert(0, ("--branch", order.asked.branch))
    for flag, name in named:
        words += [flag, name] if _is_plain(name) and name[0] != "-" else []
    return shlex.join(words)


def _is_plain(name: str) -> bool:
    return bool(name) and name.isprintable() and tokens_in(name) <= _NAME


def item_lines(items: Iterable[Item]) -> Iterator[str]:
    """Gaps in full, for who asks for one file."""
    for item in items:
        yield from _item(item, _WHOLE, is_counted=False)


def _lines(order: WorkOrder, detail: _Detail) -> Iterator[str]:
    asked = order.asked
    yield f"# Work order: {_code(asked.branch)} may not land in {_code(asked.base)} yet"
    if order.broken or order.chores:
        yield ""
    yield from (f"- broken: {_code(broken, _SENTENCE)}" for broken in order.broken[: detail.places])
    yield from _chores(order.chores, detail)
    yield from _covering(order, detail)
    yield ""
    yield "## Verify, then commit"
    yield from (f"    {command}" for command in verify_commands(order))
    yield f"{_COUNTS[order.asked.stand]} A test asserts what the code answers or does."


def _chores(chores: Iterable[Chore], detail: _Detail) -> Iterator[str]:
    for chore in chores:
        yield f"- {_text(chore.text)}"
        shown = chore.places[: detail.places]
        yield from (f"  - {_code(place)}" for place in shown)
        if len(chore.places) > len(shown):
            yield f"  - {len(chore.places) - len(shown)} more: see the report"
        commands = [shlex.join(words) for words in chore.commands if all(map(_is_plain, words))]
        yield from (f"  - run {markdown_code(command)}" for command in commands[: detail.places])
        if chore.output and detail.output:
            yield markdown_fence(_tail(chore.output, detail.output))


def _tail(output: str, tokens: int) -> str:
    """The last lines that fit."""
    kept: list[str] = []
    for line in reversed(block(output).split("\n")[-_OUTPUT_LINES:]):
        room = tokens - tokens_in("\n".join(kept))
        if room < _OUTPUT_LINES:
            break
        kept.insert(0, within(line, room))
    return "\n".join(kept)


def _covering(order: WorkOrder, detail: _Detail) -> Iterator[str]:
    total = sum(len(sheet.items) for sheet in order.sheets) + order.more
    if not total:
        return
    yield ""
    yield _heading(order)
    left = detail.gaps
    for sheet in order.sheets:
        if left <= 0:
            break
        yield from _sheet(sheet, left, detail, is_counted=order.need is not None)
        left -= len(sheet.items)
    if total > detail.gaps:
        # The first file of which a gap is not told.
        yield f"{total - detail.gaps} more: coverage-gate explain {_next_file(order, detail)}"


def _heading(order: WorkOrder) -> str:
    if order.need is None:
        return "## Then write tests that run"
    plural = "" if order.need == 1 else "s"
    return f"## Write tests that run {order.need} statement{plural} more: that suffices"


def _next_file(order: WorkOrder, detail: _Detail) -> str:
    items = [sheet.path for sheet in order.sheets for _ in sheet.items]
    path = items[detail.gaps] if detail.gaps < len(items) else ""
    return shlex.quote(path) if _is_plain(path) else "FILE"


def _sheet(sheet: Sheet, room: int, detail: _Detail, *, is_counted: bool) -> Iterator[str]:
    new = " (new)" if sheet.place.is_new else ""
    near = [_code(path) for path in sheet.place.near[: detail.near]]
    like = f", see {', '.join(near)}" if near else ""
    yield f"### {_code(sheet.path)}: test in {_code(sheet.place.path)}{new}{like}"
    for item in sheet.items[:room]:
        yield from _item(item, detail, is_counted=is_counted)


def _item(item: Item, detail: _Detail, *, is_counted: bool) -> Iterator[str]:
    gap = item.gap
    name = _code(gap.symbol) if gap.symbol else "module"
    yield f"- {name}: {'; '.join(_facts(item, detail, is_counted=is_counted))}"
    shown = item.passages[: detail.passages]
    for place, passage in enumerate(shown):
        told = _passage(
            passage, detail, code=detail.code if place < _SNIPPET or detail is _WHOLE else 0
        )
        if told:
            yield f"  - {told}"
    if len(item.passages) > len(shown):
        yield f"  - and {len(item.passages) - len(shown)} more"


def _facts(item: Item, detail: _Detail, *, is_counted: bool) -> Iterator[str]:
    if item.gap.lines:
        yield f"lines {_ranges(item.gap.lines, detail.ranges)}"
    if item.gap.branches and (detail.ranges > 1 or not item.gap.lines):
        shown = item.gap.branches[: -(-detail.ranges // 2)]
        yield f"branches {_cut(branches_text(shown), len(item.gap.branches) - len(shown))}"
    if item.enough and not item.is_all:
        yield f"enough: {_ranges(item.enough, detail.ranges)}"
    if is_counted and not item.enough:
        yield "optional"
    if item.is_lost:
        yield "ran on main"
    if item.tests and detail.near:
        yield f"named in {_code(item.tests[0])}"


def _ranges(ranges: Sequence[tuple[int, int]], room: int) -> str:
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:room]]
    return _cut(", ".join(shown), len(ranges) - len(shown))


def _cut(text: str, more: int) -> str:
    return f"{text} and {more} more" if more else text


def _passage(passage: Passage, detail: _Detail, *, code: int) -> str:
    """Where, under which conditions, and what stands there; empty where there is nothing to say."""
    first, last = passage.lines
    where = str(first) if first == last else f"{first}-{last}"
    if passage.branch:
        where = branches_text([passage.branch])
    above = passage.conditions
    told = [condition_text(each) for each in above[max(len(above) - detail.conditions, 0) :]]
    more = len(above) - len(told)
    needs = f" when {', '.join([*([f'{more} more'] if more else []), *told])}" if told else ""
    shown = f": {_code(passage.code, code)}" if passage.code and code else ""
    return f"{where}{needs}{shown}" if needs or shown else ""


#: What is said of a header that goes the wanted way, or the other one.
_GOES: Mapping[Header, tuple[str, str]] = MappingProxyType(
    {
        Header.TEST: ("is true", "is false"),
        Header.LOOP: ("has an item", "ends"),
        Header.TRY: ("raises nothing", "raises"),
        Header.CATCH: ("catches", "does not catch"),
        Header.CASE: ("matches", "does not match"),
    }
)


def condition_text(condition: Condition) -> str:
    """One condition in words, as in "`weight <= 0` is true"."""
    wanted, other = _GOES[condition.header]
    return f"{_code(condition.text)} {wanted if condition.wanted else other}"


def _code(text: str, tokens: int = _NAME) -> str:
    return markdown_code(within(one_line(text), tokens))


def _text(text: str) -> str:
    return markdown_text(within(one_line(text, limit=1000), _SENTENCE))
