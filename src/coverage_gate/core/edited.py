"""Statements that were edited where they stand, and that both sides exclude.

What main does not count it goes on not to count while it is maintained. Only as many statements as
are taken away may come, each in the same hunk and function as one that it is like and that is
excluded in the same way, and with no more choices: code that is moved or poured in is none of it.
"""

from __future__ import annotations

import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from coverage_gate.core.matching import Sheet
from coverage_gate.core.reflow import Candidates

_TOKEN = re.compile(r"\w+|[^\w\s]")
#: Texts but those that hold code.
_TEXT = re.compile(r"[rRbBuU]{0,2}['\"]")
#: What a tokenizer says of lines, and not of code.
_LAYOUT = (
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
)
#: What chooses, repeats, waits, or puts one statement more on the line.
_CHOICES = frozenset(
    {"if", "elif", "else", "for", "while", "and", "or", "lambda", ";"}
    | {"try", "except", "finally", "with", "match", "case", "await", "yield"}
)
#: Calls that an edit may add.
_MORE_CALLS = 1
#: From this share of the same tokens on, a statement is another one edited.
_ALIKE = 0.5
#: Longer statements are not compared, and neither are more of one hunk.
_MOST_TOKENS, _MOST_STATEMENTS, _MOST_LETTERS = 200, 100, 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excluded:
    """A statement that is excluded.

    Attributes:
        line: Its first line.
        scope: Qualified name of the innermost function or class around it; empty for none.
        is_commented: Whether a comment excludes it, and not a pattern.
        tokens: Its text.
    """

    line: int
    scope: str
    is_commented: bool
    tokens: Sequence[str]


def edited_in_place(both: Candidates) -> dict[int, int]:
    """First lines of the head's statements → those of the base's that they were."""
    pairs: dict[int, int] = {}
    for hunk in both.diff.hunks:
        old = list(_excluded(hunk.removed, hunk.old_start, both.base, both.old))
        reached = 0
        for new in _excluded(hunk.added, hunk.new_start, both.head, both.new):
            place = next((at for at in range(reached, len(old)) if _is_edit(old[at], new)), None)
            if place is not None:
                pairs[new.line] = old[place].line
                reached = place + 1
    return pairs


def _excluded(
    lines: Sequence[bytes], start: int, sheet: Sheet, free: Sequence[int]
) -> Iterator[_Excluded]:
    """Excluded statements of one side of a hunk, as far as they are looked at."""
    end = start + len(lines)
    inside = [line for line in free if start <= line < end and line in sheet.withheld]
    for line in inside[:_MOST_STATEMENTS]:
        last = sheet.last(line)
        tokens = _tokens(b"\n".join(lines[line - start : last + 1 - start]))
        if last < end and 0 < len(tokens) <= _MOST_TOKENS:
            yield _Excluded(
                line=line,
                scope=_scope(sheet, line),
                is_commented=bool(sheet.file.withheld.commented >> line & 1),
                tokens=tokens,
            )


def _tokens(text: bytes) -> Sequence[str]:
    """Words and marks; a text that holds no code is one. None of what is no Python, or is long."""
    if len(text) > _MOST_LETTERS:
        return ()
    lines = iter(text.decode("utf-8", "replace").strip().splitlines(keepends=True))
    try:
        found = list(tokenize.generate_tokens(lines.__next__))
    except (tokenize.TokenError, SyntaxError):
        return ()
    words = (
        [each.string] if _TEXT.match(each.string) else _TOKEN.findall(each.string)
        for each in found
        if each.type not in _LAYOUT
    )
    return [word for part in words for word in part]


def _scope(sheet: Sheet, line: int) -> str:
    around = [span for span in sheet.file.spans if span.first <= line <= span.last]
    return max(around, key=lambda span: span.first).name if around else ""


def _is_edit(old: _Excluded, new: _Excluded) -> bool:
    if (old.scope, old.is_commented) != (new.scope, new.is_commented):
        return False
    before, after = Counter(old.tokens), Counter(new.tokens)
    if any(after[word] > before[word] for word in _CHOICES):
        return False
    if after["("] > before["("] + _MORE_CALLS:
        return False
    return SequenceMatcher(None, old.tokens, new.tokens, autojunk=False).ratio() >= _ALIKE
