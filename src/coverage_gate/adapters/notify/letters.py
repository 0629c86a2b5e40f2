"""What people read in a chat: lines of marked text, cut to fit, as HTML or without marks.

Marks open and close within a line, so that a text which is cut at a line's border stays whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from coverage_gate.boundary import visible
from coverage_gate.core.outbox import DIGEST, FAILURE, RECOVERY, STAGE_CHANGE, Message, fact

#: Telegram counts what is left when the marks are gone, in units of UTF-16.
LIMIT = 4096

_REASON = 2000
_SHORT = 160
_NAME = 200


@dataclass(frozen=True, slots=True)
class Span:
    """Text with a mark.

    Attributes:
        text: One line.
        mark: "b", "code", or empty for none.
    """

    text: str
    mark: str = ""


Line = tuple[Span, ...]


def letter(message: Message) -> tuple[Line, ...]:
    """The lines that tell a message."""
    compose = _COMPOSERS.get(message.kind, _note)
    return fitted(compose(message.facts))


def fitted(lines: Iterable[Line], limit: int = LIMIT) -> tuple[Line, ...]:
    """As many whole lines as fit, and how many more there are.

    A first line that is too long by itself is cut within its text.
    """
    wanted = list(lines)
    if _size(wanted) <= limit:
        return tuple(wanted)
    kept = wanted[:]
    while kept:
        kept.pop()
        rest: Line = (Span(f"… {len(wanted) - len(kept)} more lines"),)
        if kept and _size([*kept, rest]) <= limit:
            return (*kept, rest)
    return (_cut(wanted[0], limit),)


def units(text: str) -> int:
    """The length of a text in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def as_html(lines: Iterable[Line]) -> str:
    """For `parse_mode` HTML."""
    return "\n".join("".join(map(_marked, line)) for line in lines)


def as_plain(lines: Iterable[Line]) -> str:
    """Without marks, for a server that refuses them."""
    return "\n".join("".join(span.text for span in line) for line in lines)


def _marked(span: Span) -> str:
    text = escape(span.text, quote=False)
    return f"<{span.mark}>{text}</{span.mark}>" if span.mark else text


def _size(lines: list[Line]) -> int:
    return units(as_plain(lines))


def _cut(line: Line, limit: int) -> Line:
    """The beginning of a line: at most one span is cut, between two characters."""
    kept, room = [], limit - 1
    for span in line:
        text = span.text
        while units(text) > room:
            text = text[: min(len(text) - 1, room)]
        kept.append(Span(text, span.mark))
        room -= units(text)
    return (*kept, Span("…"))


def _failure(facts: Mapping[str, Any]) -> list[Line]:
    check = fact(facts, "check")
    head: Line = (Span("FAIL ", "b"), *_subject(facts), Span(f": {_name(check)}"))
    lines = [head, *_move(facts), *_paragraphs(fact(facts, "reason"))]
    return [*lines, *_next(facts)]


def _next(facts: Mapping[str, Any]) -> list[Line]:
    """What happens now, or what a person has to do; nothing where nobody says so."""
    if facts.get("parked") is True:
        number = _name(fact(facts, "task_id"))
        how: Line = (Span("stage-engine resume " + number, "code"),) if number else ()
        mended = "Mend it, then let it go on" + (": " if how else ".")
        return [(Span("It waits for a person.", "b"), Span(f" {mended}"), *how)]
    attempt = _name(fact(facts, "attempt"))
    return [(Span(f"Developer job {attempt} is queued."),)] if attempt else []


def _recovery(facts: Mapping[str, Any]) -> list[Line]:
    check = fact(facts, "check")
    head: Line = (Span("PASS ", "b"), *_subject(facts), Span(f": {_name(check)} holds again"))
    return [head, *_paragraphs(fact(facts, "reason"))]


def _stage_change(facts: Mapping[str, Any]) -> list[Line]:
    return [_subject(facts), *_move(facts), *_paragraphs(fact(facts, "reason"))]


def _digest(facts: Mapping[str, Any]) -> list[Line]:
    failures = facts["failures"]
    lines: list[Line] = [(Span(f"FAIL {len(failures)} times", "b"),)]
    for each in failures:
        waits = " (waits for a person)" if each.get("parked") is True else ""
        short = visible(fact(each, "reason"), limit=_SHORT)
        what = f": {_name(fact(each, 'check'))}{waits}: {short}"
        lines.append((*_subject(each), Span(what)))
    return lines


def _note(facts: Mapping[str, Any]) -> list[Line]:
    return [_subject(facts), *_paragraphs(fact(facts, "message"))]


_COMPOSERS = {
    DIGEST: _digest,
    FAILURE: _failure,
    RECOVERY: _recovery,
    STAGE_CHANGE: _stage_change,
}


def _subject(facts: Mapping[str, Any]) -> Line:
    item, repo = _name(fact(facts, "work_item")), _name(fact(facts, "repo"))
    return (Span(item, "b"), Span(f" of {repo}"))


def _move(facts: Mapping[str, Any]) -> list[Line]:
    branch, old, new = (_name(fact(facts, name)) for name in ("branch", "old", "new"))
    moved = f" {old} → {new}" if old and new else ""
    return [(Span(branch, "code"), Span(moved))] if branch or moved else []


def _paragraphs(text: str) -> list[Line]:
    return [(Span(visible(line, limit=_REASON)),) for line in text.splitlines() if line.strip()]


def _name(text: str) -> str:
    return visible(text, limit=_NAME)
