"""Statements that a formatter wrote anew: with other line breaks, quotes, parentheses, last commas.

Their lines are not the lines of the base, so that `linemap` and `moves` do not find them. Within a
hunk their text is compared without all that. A text in quotes says the same only blank for blank.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, takewhile

from coverage_gate.core.linemap import FileDiff, Hunk, LineMap
from coverage_gate.core.matching import Sheet
from coverage_gate.core.moves import MIN_LETTERS, code_of, letters_of

#: Texts and comments; a backslash outside of them goes with what comes after it.
_PART = re.compile(
    rb"(?P<prefix>\b[A-Za-z]{1,2})?"
    rb"(?:(?P<long>\"{3}|'{3})(?P<lines>(?:\\.|[^\\])*?)(?P=long)"
    rb"|(?P<mark>[\"'])(?P<line>(?:\\.|(?!(?P=mark))[^\\\n])*)(?P=mark))"
    rb"|(?P<comment>#[^\n]*)|\\.",
    re.DOTALL,
)
#: Stands for a text or a comment; no source holds one.
_KEPT = b"\0"
#: The group is what words are apart by.
_BLANKS = re.compile(rb"(?<=[\w\x80-\xff])(\s++)(?=[\w\x80-\xff])|\s++")
_BRACKETS = re.compile(rb"(?<=[\w\x80-\xff])([()]++)(?=[\w\x80-\xff])|[()]++")
_LAST_COMMA = re.compile(rb"(?<!,),++(?=[)\]}]|$)")
#: Only the first blank of a row begins one: each further one would look through the rest again.
_LINE_END = re.compile(rb"(?<!\s)[^\S\n]*+\n\s*+")
_ESCAPED_MARK = re.compile(rb"\\([\"'])")
#: Code within a text.
_FIELD = re.compile(rb"\{[^{}]*\}")


def squeezed(lines: Iterable[bytes]) -> bytes:
    """A text without what formatters change.

    Where it begins within quotes, code may be taken for their text and the reverse: then blanks
    of the code count.
    """
    text = b"\n".join(map(code_of, lines)).replace(_KEPT, b"")
    kept = [part for part in map(_kept, _PART.finditer(text)) if part != b" "]
    code = _PART.sub(lambda found: b" " if _kept(found) == b" " else _KEPT, text)
    code = _LAST_COMMA.sub(b"", _BLANKS.sub(_apart, code))
    code = _BRACKETS.sub(_apart, code)
    between = code.split(_KEPT)
    return b"".join(chain.from_iterable(zip(between, [*kept, b""], strict=True)))


def _apart(found: re.Match[bytes]) -> bytes:
    return b" " if found[1] else b""


def _kept(found: re.Match[bytes]) -> bytes:
    """What of a text or comment stays; one blank for anything else."""
    if found["comment"]:
        return b"".join(found["comment"].split())
    prefix = (found["prefix"] or b"").lower()
    if found["long"]:
        return prefix + b'"""%b"""' % _LINE_END.sub(b"\n", found["lines"].strip())
    if not found["mark"]:
        return b" "
    said = _ESCAPED_MARK.sub(rb"\1", found["line"])
    if b"f" in prefix:
        said = _FIELD.sub(lambda field: b"".join(field[0].split()), said.replace(b"'", b'"'))
    return b'%b"%b"' % (prefix, said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Both sides of a file, with the statements of which nothing is known yet.

    Attributes:
        diff: Between the two.
        base: The file of the base.
        head: The file of the head.
        lines: Where the head's lines are on the base.
        old: First lines of such statements of the base, rising.
        new: First lines of such statements of the head, rising.
    """

    diff: FileDiff
    base: Sheet
    head: Sheet
    lines: LineMap
    old: Sequence[int]
    new: Sequence[int]


def reflowed(both: Candidates) -> dict[int, int]:
    """First lines of the head's statements → those of the base's that say the same."""
    pairs: dict[int, int] = {}
    neutral = [_is_neutral(hunk, both) for hunk in both.diff.hunks]
    for hunk, is_neutral in zip(both.diff.hunks, neutral, strict=True):
        pairs.update(_pairs_in(hunk, both, is_neutral=is_neutral))
    known = set(both.old)
    for line in both.new:
        first = None if line in pairs else _first_in_base(line, both)
        if first in known and _is_framed(first, line, both, neutral):
            pairs[line] = first
    return pairs


def _pairs_in(hunk: Hunk, both: Candidates, *, is_neutral: bool) -> dict[int, int]:
    """The pairs of one hunk: in order where all says the same, else by their texts and ends."""
    old = _within(both.old, hunk.old_start, hunk.old_count)
    new = _within(both.new, hunk.new_start, hunk.new_count)
    if is_neutral and len(old) == len(new):
        return dict(zip(new, old, strict=True))
    found = dict(_same_texts(hunk, both, old, new))
    taken = set(found.values())
    ends = dict(_same_ends(hunk, both, old, new))
    return {line: first for line, first in ends.items() if first not in taken} | found


def _is_neutral(hunk: Hunk, both: Candidates) -> bool:
    """Whether all of it says the same on both sides."""
    if not (hunk.removed and hunk.added):
        return False
    removed = _without_comments(hunk.removed, hunk.old_start, both.base)
    added = _without_comments(hunk.added, hunk.new_start, both.head)
    return squeezed(removed) == squeezed(added)


def _without_comments(lines: Sequence[bytes], start: int, sheet: Sheet) -> Iterator[bytes]:
    """The lines but those that are a comment; what looks like one within a text is none."""
    for line, text in enumerate(lines, start=start):
        if sheet.file.continued >> line & 1 or not text.lstrip().startswith(b"#"):
            yield text


def _within(lines: Sequence[int], start: int, count: int) -> Sequence[int]:
    return lines[bisect_left(lines, start) : bisect_left(lines, start + count)]


# Statements that lie in a hunk which does something else, too


def _same_texts(
    hunk: Hunk, both: Candidates, old: Iterable[int], new: Iterable[int]
) -> Iterator[tuple[int, int]]:
    """Long ones only, in order."""
    places: dict[bytes, list[int]] = {}
    for line, text in _texts(hunk.removed, hunk.old_start, both.base, old):
        places.setdefault(text, []).append(line)
    reached = 0
    for line, text in _texts(hunk.added, hunk.new_start, both.head, new):
        lines = places.get(text, [])
        place = bisect_right(lines, reached)
        if place < len(lines):
            reached = lines[place]
            yield line, reached


def _same_ends(
    hunk: Hunk, both: Candidates, old: Sequence[int], new: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """The statements with which both sides begin and end, however short they are.

    A hunk reaches further than what changes where each line does, as with other line ends.
    """
    removed = list(_texts(hunk.removed, hunk.old_start, both.base, old, least=1))
    added = list(_texts(hunk.added, hunk.new_start, both.head, new, least=1))
    if len(removed) != len(old) or len(added) != len(new):
        return
    shared = list(takewhile(_says_the_same, zip(added, removed, strict=False)))
    rest = min(len(removed), len(added)) - len(shared)
    ends = islice(zip(reversed(added), reversed(removed), strict=False), rest)
    for (line, _), (first, _) in (*shared, *takewhile(_says_the_same, ends)):
        yield line, first


def _says_the_same(pair: tuple[tuple[int, bytes], tuple[int, bytes]]) -> bool:
    return pair[0][1] == pair[1][1]


def _texts(
    lines: Sequence[bytes],
    start: int,
    sheet: Sheet,
    firsts: Iterable[int],
    *,
    least: int = MIN_LETTERS,
) -> Iterator[tuple[int, bytes]]:
    for first in firsts:
        last = sheet.last(first)
        text = squeezed(lines[first - start : last + 1 - start])
        if last < start + len(lines) and letters_of(text) >= least:
            yield first, text


# Statements whose first line is the same and whose others are not


def _first_in_base(line: int, both: Candidates) -> int | None:
    run = both.lines.run_at(line)
    if run is None or run.path != both.base.file.path:
        return None
    return run.other + line - run.start


def _is_framed(first: int, line: int, both: Candidates, neutral: Sequence[bool]) -> bool:
    """Whether all hunks in a statement, as it was and as it is, say the same on both sides."""
    hunks = both.diff.hunks
    touching = {
        *_touching(hunks, first, both.base.last(first), _removed),
        *_touching(hunks, line, both.head.last(line), _added),
    }
    return bool(touching) and all(neutral[number] for number in touching)


def _removed(hunk: Hunk) -> tuple[int, int]:
    return hunk.old_start, hunk.old_start + hunk.old_count


def _added(hunk: Hunk) -> tuple[int, int]:
    return hunk.new_start, hunk.new_start + hunk.new_count


def _touching(
    hunks: Sequence[Hunk], first: int, last: int, side: Callable[[Hunk], tuple[int, int]]
) -> Iterator[int]:
    """Numbers of the hunks that reach into some lines of one side."""
    number = bisect_right(hunks, last, key=lambda hunk: side(hunk)[0]) - 1
    while number >= 0 and side(hunks[number])[1] > first:
        yield number
        number -= 1
