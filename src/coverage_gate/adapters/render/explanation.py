"""An explanation for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from coverage_gate.adapters.render.order import condition_text, item_lines
from coverage_gate.adapters.render.printable import one_line
from coverage_gate.core.explanation import Explanation


def explanation_text(told: Explanation) -> str:
    """What stands where, why, what reaches it, and where to test it; without a final line feed."""
    return "\n".join(_lines(told))


def _lines(told: Explanation) -> Iterator[str]:
    where = one_line(told.path) + (f":{told.line}" if told.line else "")
    yield f"{where}: {told.standing}"
    yield f"  {one_line(told.why, limit=1000)}"
    if told.symbol:
        yield f"  in {one_line(told.symbol)}"
    if told.code:
        yield f"  │ {one_line(told.code)}"
    if told.conditions:
        yield f"  reached when {', '.join(map(condition_text, told.conditions))}"
    if told.tests:
        yield "  tests that used to run it:"
        yield from (f"    {one_line(test)}" for test in told.tests)
    if told.items:
        yield "  no test runs or takes:"
        yield from (f"    {line}" for line in item_lines(told.items))
    if told.place:
        new = " (new)" if told.place.is_new else ""
        yield f"  test it in {one_line(told.place.path)}{new}"
        yield from (f"    see {one_line(path)}" for path in told.place.near)
