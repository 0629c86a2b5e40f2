"""Reads the answer of `isolated.analyse` by line, and believes nothing that is not well-formed.

The process that answers runs no code of the branch, but what it says is made of the branch's
bytes, and its coverage.py may be of any version.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain, pairwise
from sys import intern
from typing import NoReturn, TypeGuard

from coverage_gate.adapters.measure.facts_codec import one_arc
from coverage_gate.adapters.measure.isolated.answer import MAX_LINES, MAX_MESSAGE, SCHEMA
from coverage_gate.core.counting import BrokenFile, Jump, Run, StaticFile
from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.measurement import Arc, Span, Withheld

#: A pattern that matches at the end of a file is about the line after it.
_LAST_LINE = MAX_LINES + 1


class BadAnswerError(Exception):
    """An answer that is not well-formed; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line of an answer.

    Attributes:
        python: Version of the interpreter, as in "3.11.7".
        coverage: Version of its coverage.py.
        has_c_tracer: Whether that has its C extension.
        listed: Paths that are counted even when nothing of them ran.
        eligible: Paths that are counted when something of them ran.
        aside: Paths that are never counted.
    """

    python: str
    coverage: str
    has_c_tracer: bool
    listed: tuple[str, ...]
    eligible: tuple[str, ...]
    aside: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[str, ...]:
        """The paths in scope, the listed ones first."""
        return self.listed + self.eligible

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths that have an answer, in the order of the answers."""
        return self.counted + self.aside


def read_object(line: bytes) -> dict[str, object]:
    """One line of an answer.

    Raises:
        BadAnswerError: If it is no JSON object, or has a key twice or a number that is none.
    """
    try:
        value = json.loads(line, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError(f"a line is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadAnswerError("a line is no JSON object")
    return value


def header_of(told: dict[str, object], known: Collection[str]) -> Header:
    """The header.

    Args:
        told: The first line.
        known: The paths that were asked for.

    Raises:
        BadAnswerError: If it is none, or names a path twice or that was not asked for.
    """
    if told.get("schema") != SCHEMA:
        raise BadAnswerError(f"the schema is {told.get('schema')!r} and not {SCHEMA}")
    header = Header(
        python=_text(told, "python"),
        coverage=_text(told, "coverage"),
        has_c_tracer=_truth(told, "c_tracer"),
        listed=tuple(_texts(told, "listed")),
        eligible=tuple(_texts(told, "eligible")),
        aside=tuple(_texts(told, "aside")),
    )
    if len(set(header.paths)) != len(header.paths):
        raise BadAnswerError("a path is named twice")
    if not set(header.paths) <= set(known):
        raise BadAnswerError("a path was not asked for")
    return header


def file_of(
    told: dict[str, object], *, path: str, blob: str, is_listed: bool
) -> StaticFile | BrokenFile:
    """The answer for one file.

    Args:
        told: The line.
        path: The file that it is the turn of.
        blob: Its git id.
        is_listed: See `StaticFile`.

    Raises:
        BadAnswerError: If it is for another file, or not well-formed.
    """
    if told.get("path") != path:
        raise BadAnswerError(f"{told.get('path')!r} is answered, and not {path!r}")
    if "error" in told:
        return _broken(told["error"], path=path, blob=blob, is_listed=is_listed)
    return StaticFile(
        path=path,
        blob=blob,
        is_listed=is_listed,
        statements=_lines(told, "statements"),
        excluded=_lines(told, "excluded"),
        branches=_branches(told, "branches"),
        unbranched=_lines(told, "unbranched"),
        runs=_runs(told),
        jumps=tuple(map(_jump, _list(told, "jumps"))),
        jumps_drop_last=_truth(told, "jumps_drop_last"),
        loops=tuple(map(_arc, _list(told, "loops"))),
        spans=tuple(map(_span, _list(told, "spans"))),
        trivial=_lines(told, "trivial"),
        silent=_ranges(told, "silent"),
        packed=tuple(map(_arc, _list(told, "packed"))),
        lambdas=tuple(map(_arc, _list(told, "lambdas"))),
        imports=frozenset(_texts(told, "imports")),
        idle=_lines(told, "idle"),
        idle_exits=_lines(told, "idle_exits"),
        withheld=Withheld(
            statements=_lines(told, "withheld"),
            branches=_branches(told, "withheld_branches"),
            harmless=_lines(told, "harmless"),
            commented=_lines(told, "commented"),
            excused=_lines(told, "excused"),
        ),
    )


def _broken(error: object, *, path: str, blob: str, is_listed: bool) -> BrokenFile:
    if not isinstance(error, dict):
        raise BadAnswerError(f"the error of {path!r} is no object")
    line = error.get("line")
    message = _text(error, "message")[:MAX_MESSAGE]
    is_known = line is None or _is_line(line)
    if not is_known:
        raise BadAnswerError(f"the error of {path!r} is in no line: {line!r}")
    return BrokenFile(path=path, blob=blob, is_listed=is_listed, line=line, message=message)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadAnswerError("a key is there twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise BadAnswerError(f"{constant} is no number")


def _text(told: dict[str, object], key: str) -> str:
    value = told.get(key)
    if not isinstance(value, str):
        raise BadAnswerError(f"{key} is no text")
    return value


def _truth(told: dict[str, object], key: str) -> bool:
    """True or false; false where it is left out, as branches are when lines are measured."""
    value = told.get(key, False)
    if not isinstance(value, bool):
        raise BadAnswerError(f"{key} is no truth value")
    return value


def _list(told: dict[str, object], key: str) -> list[object]:
    """A list; empty where it is left out."""
    value = told.get(key, [])
    if not isinstance(value, list):
        raise BadAnswerError(f"{key} is no list")
    return value


def _texts(told: dict[str, object], key: str) -> list[str]:
    values = _list(told, key)
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(values):
        raise BadAnswerError(f"{key} holds something that is no text")
    return texts


def _is_line(value: object) -> TypeGuard[int]:
    return _is_number(value) and 0 < value <= _LAST_LINE


def _is_number(value: object) -> TypeGuard[int]:
    return type(value) is int  # bool is an int, and no number


def _lines(told: dict[str, object], key: str) -> LineBits:
    values = _list(told, key)
    lines = [value for value in values if _is_number(value)]
    ends = (min(lines, default=1), max(lines, default=1))
    if len(lines) != len(values) or not all(map(_is_line, ends)):
        raise BadAnswerError(f"{key} holds something that is no line")
    return bits_of(lines)


def _ranges(told: dict[str, object], key: str) -> LineBits:
    """Lines that are told as rising ranges: so there is no more to spread out than lines."""
    ranges: list[range] = []
    for value in _list(told, key):
        after = ranges[-1].stop if ranges else 1
        match value:
            case [first, last] if _is_line(first) and _is_line(last) and after <= first <= last:
                ranges.append(range(first, last + 1))
            case _:
                raise BadAnswerError(f"{key} holds something that is no range")
    return bits_of(chain.from_iterable(ranges))


def _arc(value: object) -> Arc:
    match value:
        case [start, end] if _is_line(start) and _is_number(end) and _is_line(abs(end)):
            return one_arc(start, end)
        case _:
            raise BadAnswerError("an arc is none")


def _branches(told: dict[str, object], key: str) -> tuple[Arc, ...]:
    branches = tuple(map(_arc, _list(told, key)))
    if list(branches) != sorted(set(branches)):
        raise BadAnswerError("the branches are not in order")
    return branches


def _runs(told: dict[str, object]) -> tuple[Run, ...]:
    """Rising and without a line twice: they are spread out into a table later."""
    runs = tuple(map(_run, _list(told, "runs")))
    if any(later.first <= run.last for run, later in pairwise(runs)):
        raise BadAnswerError("the runs are not in order")
    return runs


def _run(value: object) -> Run:
    match value:
        case [first, last, target] if _is_line(first) and _is_line(last) and _is_line(target):
            _check_order(first, last)
            return Run(first=first, last=last, target=target)
        case _:
            raise BadAnswerError("a run is none")


def _check_order(first: int, last: int) -> None:
    if first > last:
        raise BadAnswerError(f"line {first} comes after line {last}")


def _jump(value: object) -> Jump:
    match value:
        case [arc, becomes, list(drops)]:
            return Jump(
                arc=_arc(arc),
                becomes=None if becomes is None else _arc(becomes),
                drops=tuple(map(_arc, drops)),
            )
        case _:
            raise BadAnswerError("a jump is none")


def _span(value: object) -> Span:
    match value:
        case [str(name), "class" | "function" as kind, first, last, header] if (
            _is_line(first) and _is_line(last) and _is_line(header)
        ):
            _check_order(first, header)
            _check_order(header, last)
            return Span(name=intern(name), kind=intern(kind), first=first, last=last, header=header)
        case _:
            raise BadAnswerError("a span is none")
