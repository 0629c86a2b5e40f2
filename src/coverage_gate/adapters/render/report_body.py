"""The body of the report artefact: Markdown for people. It is never parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from coverage_gate.adapters.render.front_matter import scalar_text
from coverage_gate.adapters.render.hidden import HEADING
from coverage_gate.adapters.render.marks import MARKS
from coverage_gate.adapters.render.next_steps import NextStep
from coverage_gate.adapters.render.printable import (
    markdown_code,
    markdown_fence,
    markdown_paragraphs,
    markdown_text,
)
from coverage_gate.adapters.render.verdict_fields import limit_text
from coverage_gate.core.policy import RuleName
from coverage_gate.core.verdict import RuleResult

MAX_ITEMS = 50
ORDER_HEADING = "## Work order"

_RULES_HEADER = (
    "| | rule | outcome | judged | required | what was compared |",
    "|---|---|---|---|---|---|",
)

# Field, its label, and the unit of a number.
_FACTS = (
    ("repository", "repository", ""),
    ("baseline", "baseline", "%"),
    ("delta", "delta", " points"),
    ("floor", "floor", "%"),
    ("policy", "policy", ""),
    ("epsilon", "tolerance", " points"),
    ("commit", "commit", ""),
    ("tree", "tree", ""),
    ("base_commit", "base commit", ""),
)


def render_body(work_item: str, status: str, fields: Mapping[str, object]) -> str:
    """The body for people; `fields` as `render_coverage_report` takes them, any may be absent."""
    return "\n\n".join(body_parts(work_item, status, fields)) + "\n"


def body_parts(work_item: str, status: str, fields: Mapping[str, object]) -> tuple[str, ...]:
    """The body's headings and what stands below them, in order; a heading begins with "## "."""
    return (
        _title(status, fields),
        *_work_item(work_item),
        *_texts(None, fields.get("reason_text") or fields.get("reason")),
        *_list("Warnings", fields.get("warnings"), _text_item),
        "\n".join(_facts(fields)),
        *_rules(fields.get("rules")),
        *_findings(fields),
        *_list("Failing tests", fields.get("failing_tests"), _code_item),
        *_list("Tests that vanished", fields.get("vanished"), _code_item),
        *_list("Changed tests to look at", fields.get("audit"), _code_item),
        *_list("Waivers, not repaid", fields.get("waivers"), _code_item),
        *_list("Changed files that were not measured", fields.get("unmeasured"), _code_item),
        *_list("Tests that used to run what is lost", fields.get("lost_tests"), _code_item),
        *_list("Flaky: runs in some measurements only", fields.get("flaky"), _code_item),
        *_list(HEADING, fields.get("hidden"), _code_item),
        *_texts("What suffices", fields.get("repair")),
        *_list("What no test runs", fields.get("gaps"), _code_item),
        *_texts("Measurement", fields.get("measurement")),
        *_texts("Policy", fields.get("policy_detail")),
        *_output(fields.get("output")),
        *_list("What to do next", fields.get("next_steps"), _step_item),
        *_order(fields.get("order")),
    )


def _title(status: str, fields: Mapping[str, object]) -> str:
    verdict = scalar_text(fields.get("verdict"))
    told = "" if verdict in ("", status) else f" ({markdown_text(verdict)})"
    return f"# Coverage gate: {status}{told}"


def _work_item(work_item: str) -> Iterator[str]:
    if work_item:
        yield f"Work item {markdown_code(work_item)}"


def _facts(fields: Mapping[str, object]) -> Iterator[str]:
    yield "| what | value |"
    yield "|---|---|"
    yield f"| measured | {markdown_text(_measured(fields))} |"
    for key, label, unit in _FACTS:
        text = _quantity(fields.get(key), unit)
        if text:
            yield f"| {label} | {markdown_text(text)} |"


def _measured(fields: Mapping[str, object]) -> str:
    percent = _quantity(fields.get("measured_coverage"), "%")
    covered, total = (scalar_text(fields.get(key)) for key in ("covered", "total"))
    counts = f"({covered}/{total})" if total else ""
    return f"{percent} {counts}".strip() or "nothing"


def _quantity(value: object, unit: str) -> str:
    return scalar_text(value) + (unit if isinstance(value, int | float) else "")


def _rules(rules: object) -> Iterator[str]:
    items = _items(rules)
    if items:
        yield "## Rules"
        yield "\n".join((*_RULES_HEADER, *(_rule_row(rule) for rule in items[:MAX_ITEMS])))


def _rule_row(rule: object) -> str:
    if not isinstance(rule, RuleResult):
        return f"| | | | | | {markdown_text(scalar_text(rule))} |"
    required = "" if rule.required is None else limit_text(rule.required)
    actual = "" if rule.actual is None else str(rule.actual)
    return (
        f"| {MARKS[rule.outcome]} | {rule.rule} | {rule.outcome} | {actual} | {required} "
        f"| {markdown_text(rule.detail)} |"
    )


def _findings(fields: Mapping[str, object]) -> Iterator[str]:
    """What the rules found, unless it is listed below under a heading of its own."""
    listed = [_items(fields.get(key)) for key in ("failing_tests", "unmeasured")]
    is_told = bool(_items(fields.get("vanished")))
    for rule in _items(fields.get("rules")):
        # What integrity finds are tests, each listed with what became of it.
        is_listed = isinstance(rule, RuleResult) and rule.rule is RuleName.INTEGRITY and is_told
        if isinstance(rule, RuleResult) and rule.findings not in listed and not is_listed:
            yield from _list(f"Found by the rule {rule.rule}", rule.findings, _code_item)


def _texts(heading: str | None, value: object) -> Iterator[str]:
    text = markdown_paragraphs(scalar_text(value))
    if text:
        yield from ([f"## {heading}"] if heading else [])
        yield text


def _output(value: object) -> Iterator[str]:
    text = scalar_text(value)
    if text.strip():
        yield "## Last output of the test command"
        yield markdown_fence(text)


def _order(value: object) -> Iterator[str]:
    text = scalar_text(value)
    if text.strip():
        yield ORDER_HEADING
        yield markdown_fence(text)


def order_in(report: str) -> str:
    """The work order that stands in a report's text; empty where there is none.

    It is copied for whoever has to do it, and nothing is decided by it. It is the last section: a
    heading of that name in an output stands within a longer fence than the one that it is read by.
    """
    parts = report.split(f"\n{ORDER_HEADING}\n\n")
    for place in range(len(parts) - 1, 0, -1):
        fence, _, text = f"\n{ORDER_HEADING}\n\n".join(parts[place:]).partition("text\n")
        if text.endswith(f"\n{fence}\n"):
            return text.removesuffix(f"\n{fence}\n")
    return ""


def _list(heading: str, value: object, item: Callable[[object], str]) -> Iterator[str]:
    items = _items(value)
    if items:
        yield f"## {heading}"
        lines = [f"- {item(each)}" for each in items[:MAX_ITEMS]]
        if len(items) > MAX_ITEMS:
            lines.append(f"- … and {len(items) - MAX_ITEMS} more")
        yield "\n".join(lines)


def _items(value: object) -> tuple[object, ...]:
    """What a host gave as a list: its items, or the one value itself."""
    if value is None or value == "":
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _code_item(value: object) -> str:
    return markdown_code(scalar_text(value))


def _text_item(value: object) -> str:
    return markdown_text(scalar_text(value))


def _step_item(value: object) -> str:
    if not isinstance(value, NextStep):
        return _text_item(value)
    command = f" {markdown_code(value.command)}" if value.command else ""
    return f"{markdown_text(value.text)}{command}"
