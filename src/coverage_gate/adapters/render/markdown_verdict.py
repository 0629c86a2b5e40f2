"""A verdict as one comment that a forge keeps up to date: the answer, and the rest folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from coverage_gate.adapters.render.report_body import ORDER_HEADING, body_parts
from coverage_gate.adapters.render.verdict_fields import fields_of
from coverage_gate.core.verdict import Verdict

#: By this line whoever keeps the comment finds it again.
MARKER = "<!-- coverage-gate -->"
#: GitHub refuses comments of more than 65,536 characters.
MAX_CHARACTERS = 65_000
_OPEN = ("## Rules",)
_NOTE = 500


def markdown_text_of(verdict: Verdict) -> str:
    """The report's body with all but the rules folded, without a final line feed.

    What does not fit is named at the end.
    """
    fields = fields_of(verdict, work_item="", repository="")
    status = "PASS" if verdict.merge_allowed else "FAIL"
    lead, *sections = _sections(body_parts("", status, fields))
    shown, left = [MARKER, *lead], []
    room = MAX_CHARACTERS - _NOTE - sum(len(part) + 2 for part in shown)
    for heading, *parts in sorted(sections, key=lambda parts: parts[0] != ORDER_HEADING):
        text = _section(heading, "\n\n".join(parts))
        if len(text) + 2 <= room:
            shown.append(text)
            room -= len(text) + 2
        else:
            left.append(heading.removeprefix("## "))
    note = [f"Left out here, see the report: {', '.join(left)}"[:_NOTE]] if left else []
    return "\n\n".join([*shown, *note])


def _section(heading: str, text: str) -> str:
    if heading in _OPEN:
        return f"{heading}\n\n{text}"
    title = heading.removeprefix("## ")
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _sections(parts: Iterable[str]) -> Iterator[list[str]]:
    """What stands before the first heading, then each heading with what stands below it."""
    number = 0
    numbered = []
    for part in parts:
        number += part.startswith("## ")
        numbered.append((number, part))
    for _, held in groupby(numbered, key=lambda pair: pair[0]):
        yield [part for _, part in held]
