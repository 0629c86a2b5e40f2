"""An explanation for people at a terminal, and for machines."""

from __future__ import annotations

from collections.abc import Iterator

from coverage_gate.adapters.render.order import condition_text, item_lines
from coverage_gate.adapters.render.printable import exact, one_line
from coverage_gate.adapters.render.waivers import use_object, use_text
from coverage_gate.core.explanation import Explanation
from coverage_gate.core.nearest import TestPlace
from coverage_gate.core.work_order import Item

_SCHEMA = 1
_LONG = 4000


def explanation_text(told: Explanation) -> str:
    """What stands where, why, what reaches it, and where to test it; without a final line feed."""
    return "\n".join((*_stand(told), *_evidence(told), *_advice(told)))


def _stand(told: Explanation) -> Iterator[str]:
    """What stands where, and why."""
    where = one_line(told.path) + (f":{told.line}" if told.line else "")
    yield f"{where}: {told.standing}"
    yield f"  {one_line(told.why, limit=1000)}"
    if told.symbol:
        yield f"  in {one_line(told.symbol)}"
    if told.code:
        yield f"  │ {one_line(told.code)}"
    if told.conditions:
        yield f"  reached when {', '.join(map(condition_text, told.conditions))}"


def _evidence(told: Explanation) -> Iterator[str]:
    """What used to run it, what excuses it, and what is open."""
    if told.tests:
        yield "  tests that used to run it:"
        pairs = zip(told.tests, told.fates, strict=True)
        yield from (
            f"    {one_line(test)}" + (f" ({fate})" if fate else "") for test, fate in pairs
        )
    yield from (f"  waiver {use_text(use)}" for use in told.waivers)
    if told.items:
        yield "  no test runs or takes:"
        yield from (f"    {line}" for line in item_lines(told.items))


def _advice(told: Explanation) -> Iterator[str]:
    """Where to test it."""
    if told.place:
        new = " (new)" if told.place.is_new else ""
        yield f"  test it in {one_line(told.place.path)}{new}"
        yield from (f"    see {one_line(path)}" for path in told.place.near)


def explanation_object(told: Explanation) -> dict[str, object]:
    """The same for machines, see docs/schema/explanation.schema.json."""
    return {
        "schema_version": _SCHEMA,
        "path": exact(told.path),
        "line": told.line,
        "standing": str(told.standing),
        "why": one_line(told.why, limit=_LONG),
        "symbol": None if told.symbol is None else exact(told.symbol),
        "code": one_line(told.code, limit=_LONG),
        "conditions": [condition_text(each) for each in told.conditions],
        "tests": [
            {"id": exact(test), "fate": fate or None}
            for test, fate in zip(told.tests, told.fates, strict=True)
        ],
        "waivers": [use_object(use) for use in told.waivers],
        "gaps": [_gap(item) for item in told.items],
        "test_in": None if told.place is None else _place(told.place),
    }


def _gap(item: Item) -> dict[str, object]:
    symbol = item.gap.symbol
    return {
        "symbol": None if symbol is None else exact(symbol),
        "lines": [list(lines) for lines in item.gap.lines],
        "branches": [list(branch) for branch in item.gap.branches],
        "near": [exact(test) for test in item.tests],
    }


def _place(place: TestPlace) -> dict[str, object]:
    return {
        "path": exact(place.path),
        "is_new": place.is_new,
        "near": [exact(path) for path in place.near],
    }
