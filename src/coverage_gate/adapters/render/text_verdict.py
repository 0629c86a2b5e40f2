"""A verdict for people at a terminal: the answer first, then why, last what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from coverage_gate.adapters.render.canvas import Canvas, Style
from coverage_gate.adapters.render.hidden import HEADING, hidden_parts
from coverage_gate.adapters.render.marks import MARKS
from coverage_gate.adapters.render.next_steps import next_steps
from coverage_gate.adapters.render.printable import block
from coverage_gate.adapters.render.repair import gap_items, repair_heading
from coverage_gate.adapters.render.verdict_fields import (
    audit_items,
    limit_text,
    measured_counts,
    other_warnings,
    reason_of,
    vanished_items,
)
from coverage_gate.adapters.render.waivers import use_text
from coverage_gate.core.limits import PolicyName
from coverage_gate.core.places import places_of, told_tests
from coverage_gate.core.rates import percent_text, points_text
from coverage_gate.core.verdict import Outcome, RuleResult, State, Verdict

MAX_ITEMS = 10
MAX_OUTPUT_LINES = 15
TEXT_LIMIT = 1_000
MIN_DETAIL = 24

_STATE_STYLE: Mapping[State, Style] = MappingProxyType(
    {
        State.PASS: Style.GOOD,
        State.FAIL: Style.BAD,
        State.UNMEASURABLE: Style.WARNING,
        State.NOT_APPLICABLE: Style.HEADING,
    }
)
_OUTCOME_STYLE: Mapping[Outcome, Style] = MappingProxyType(
    {
        Outcome.PASS: Style.GOOD,
        Outcome.FAIL: Style.BAD,
        Outcome.WARN: Style.WARNING,
        Outcome.SKIP: Style.QUIET,
    }
)


def verdict_text(
    verdict: Verdict, *, color: bool, width: int = 80, ascii_only: bool = False
) -> str:
    """The verdict in lines of at most `width` columns, without a final line feed.

    Test ids, paths and commands are never cut or wrapped, since they are copied.

    Args:
        verdict: The gate's answer.
        color: Whether to mark with ANSI colours; no meaning is in the colour alone.
        width: Columns of the terminal; at least 40 are used.
        ascii_only: For a terminal that cannot show "✓".
    """
    canvas = Canvas(columns=max(width, 40), is_colored=color, is_ascii=ascii_only)
    sections = (
        (_answer(verdict, canvas), *canvas.wrapped(_why(verdict), limit=TEXT_LIMIT)),
        tuple(_rules(verdict.rules, canvas)),
        tuple(_warnings(verdict, canvas)),
        tuple(_items("Failing tests", verdict.failing_tests, canvas)),
        tuple(_items("Tests that vanished", vanished_items(verdict), canvas)),
        tuple(_items("Changed tests to look at", audit_items(verdict), canvas)),
        tuple(_waivers(verdict, canvas)),
        tuple(_items("Changed, but not measured", verdict.unmeasured, canvas)),
        tuple(_items("Tests that used to run what is lost", _lost_tests(verdict), canvas)),
        tuple(_items("Flaky, runs in some measurements only", _flaky(verdict), canvas)),
        tuple(_hidden(verdict, canvas)),
        tuple(_gaps(verdict, canvas)),
        tuple(_output(verdict, canvas)),
        tuple(_next(verdict, canvas)),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _answer(verdict: Verdict, canvas: Canvas) -> str:
    state = canvas.painted(str(verdict.state), _STATE_STYLE[verdict.state])
    return f"{state} {', '.join(_facts(verdict))}"


def _facts(verdict: Verdict) -> Iterator[str]:
    counts = measured_counts(verdict)
    if verdict.state in (State.UNMEASURABLE, State.NOT_APPLICABLE):
        yield f"the merge is {'allowed' if verdict.merge_allowed else 'blocked'}"
    elif counts is None:
        yield "not measured"
    else:
        yield f"{percent_text(counts.rate)} ({counts})"
        if verdict.judged is not None and verdict.judged != counts:
            yield f"judged {percent_text(verdict.judged.rate)} ({verdict.judged})"
        stored = verdict.baseline
        if stored:
            yield f"baseline {percent_text(stored.rate)}"
        elif verdict.policy.name is not PolicyName.ABSOLUTE:
            yield "no baseline yet"
        # Beside a floor of nothing it would be the percentage again.
        if verdict.delta is not None and (stored or verdict.policy.floor):
            yield f"delta {points_text(verdict.delta)}"


def _why(verdict: Verdict) -> str:
    if verdict.state is State.PASS:
        return ""  # the table says it
    # The reason of a judged branch begins with the number that the first line shows.
    number = f"{percent_text(verdict.judged.rate)} ({verdict.judged}): " if verdict.judged else ""
    return reason_of(verdict).removeprefix(number)


def _rules(rules: tuple[RuleResult, ...], canvas: Canvas) -> Iterator[str]:
    if not rules:
        return
    rows = [_cells(rule) for rule in rules]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    yield canvas.painted("Rules", Style.HEADING)
    for rule, row in zip(rules, rows, strict=True):
        mark = canvas.painted(canvas.plain(MARKS[rule.outcome]), _OUTCOME_STYLE[rule.outcome])
        cells = "  ".join(f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True))
        yield from _with_detail(f"  {mark} {cells}", rule.detail, 6 + len(cells), canvas)


def _with_detail(row: str, detail: str, column: int, canvas: Canvas) -> Iterator[str]:
    """The detail beside its row from that column on, or below it on a narrow terminal."""
    if canvas.columns - column < MIN_DETAIL:
        yield row.rstrip()
        yield from canvas.wrapped(detail, limit=TEXT_LIMIT, indent=6)
        return
    lines = canvas.wrapped(detail, limit=TEXT_LIMIT, indent=column) or [""]
    yield f"{row}  {lines[0].lstrip()}".rstrip()
    yield from lines[1:]


def _cells(rule: RuleResult) -> tuple[str, str, str, str]:
    actual = "" if rule.actual is None else str(rule.actual)
    required = "" if rule.required is None else f"min {limit_text(rule.required)}"
    return str(rule.rule), str(rule.outcome), actual, required


def _warnings(verdict: Verdict, canvas: Canvas) -> Iterator[str]:
    warnings = other_warnings(verdict)
    if warnings:
        yield canvas.painted("Warnings", Style.WARNING)
    for text in warnings:
        yield from canvas.wrapped(text, limit=TEXT_LIMIT, indent=2)


def _waivers(verdict: Verdict, canvas: Canvas) -> Iterator[str]:
    if verdict.waivers:
        heading = f"Waivers, not repaid ({len(verdict.waivers)})"
        yield canvas.painted(heading, Style.HEADING)
    for use in verdict.waivers[:MAX_ITEMS]:
        yield from canvas.wrapped(use_text(use), limit=TEXT_LIMIT, indent=2)
    if len(verdict.waivers) > MAX_ITEMS:
        yield canvas.plain(f"  … and {len(verdict.waivers) - MAX_ITEMS} more")


def _items(heading: str, items: tuple[str, ...], canvas: Canvas) -> Iterator[str]:
    if items:
        yield canvas.painted(f"{heading} ({len(items)})", Style.HEADING)
    for item in items[:MAX_ITEMS]:
        yield f"  {canvas.plain(item)}"
    yield from _left_out(items, canvas)


def _left_out(items: Sequence[object], canvas: Canvas) -> Iterator[str]:
    if len(items) > MAX_ITEMS:
        yield canvas.plain(f"  … and {len(items) - MAX_ITEMS} more")


def _lost_tests(verdict: Verdict) -> tuple[str, ...]:
    return told_tests(verdict.lost or ())


def _flaky(verdict: Verdict) -> tuple[str, ...]:
    return places_of(verdict.flaky or ())


def _hidden(verdict: Verdict, canvas: Canvas) -> Iterator[str]:
    places = tuple(hidden_parts(verdict.hidden))
    if places:
        yield canvas.painted(f"{HEADING} ({len(places)})", Style.HEADING)
    for place, why in places[:MAX_ITEMS]:
        yield f"  {canvas.plain(place)}"
        yield from canvas.wrapped(why, limit=TEXT_LIMIT, indent=4)
    yield from _left_out(places, canvas)


def _gaps(verdict: Verdict, canvas: Canvas) -> Iterator[str]:
    heading = repair_heading(verdict.repair) if verdict.state is State.FAIL else ""
    if heading:
        yield canvas.painted("What suffices", Style.HEADING)
        yield from canvas.wrapped(heading, limit=TEXT_LIMIT, indent=2)
        yield from (f"  {canvas.plain(item)}" for item in gap_items(verdict.repair))


def _output(verdict: Verdict, canvas: Canvas) -> Iterator[str]:
    output = block(verdict.failure.output) if verdict.failure else ""
    if not output.strip():
        return
    yield canvas.painted("Last output of the test command", Style.HEADING)
    for line in output.split("\n")[-MAX_OUTPUT_LINES:]:
        yield canvas.plain(f"  │ {line}", limit=canvas.columns).rstrip()


def _next(verdict: Verdict, canvas: Canvas) -> Iterator[str]:
    yield canvas.painted("Next", Style.HEADING)
    for step in next_steps(verdict):
        yield from canvas.wrapped(step.text, limit=TEXT_LIMIT, indent=2)
        if step.command:
            yield f"    {canvas.plain(step.command, limit=TEXT_LIMIT)}"
