"""YAML front matter of flat text: the machine's part of the report artefact.

Read as events, never built into objects: aliases, tags and nesting of the YAML have no effect.
PyYAML is loaded by the first use, since most commands never need it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from coverage_gate.adapters.render.printable import one_line

if TYPE_CHECKING:
    import yaml

#: Keys of the report, in the order of the contract. A value that is a list is refused for these.
KEYS = (
    "coverage_status",
    "work_item",
    "measured_coverage",
    "baseline",
    "floor",
    "policy",
    "epsilon",
    "delta",
    "schema_version",
    "covered",
    "total",
    "flaky_covered",
    "commit",
    "tree",
    "base_commit",
    "verdict",
    "reason",
    "identity",
    "kind",
    "scope",
    "evidence",
)
MAX_CHARS = 64 * 1024

_MAX_DEPTH = 16
_MAX_DIGITS = 400
_DEPTH_CHANGE = {"": 0, "{": 1, "[": 1, "}": -1, "]": -1}
_CLOSING = ("}", "]")
_FENCE = re.compile(r"^---[ \t\r]*$", re.MULTILINE)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
# Plain only where no YAML reader takes it for a number, a date, a truth value or nothing.
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*", re.ASCII)
_NO_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


class FrontMatterError(Exception):
    """The text has no readable front matter; the message names the key or the fault."""


def render_front_matter(fields: Mapping[str, object]) -> str:
    r"""Write the fields as front matter, fences included, in their order, in ASCII.

    Args:
        fields: Key to text, number, bool or None (an empty value). Text is kept exactly, in double
            quotes with escapes unless it is a plain word; each value takes one line.

    Raises:
        FrontMatterError: If a key is not of the form `[a-z][a-z0-9_]*`, or the whole is larger
            than a reader accepts.
    """
    # The first use pays for PyYAML.
    import yaml  # noqa: PLC0415

    for key in fields:
        if not _KEY.fullmatch(key):
            raise FrontMatterError(f"no key of a front matter: {one_line(key)}")
    text = yaml.emit(_events(fields), width=sys.maxsize, allow_unicode=False)
    if len(text) > MAX_CHARS:
        raise FrontMatterError(f"the front matter is larger than {MAX_CHARS} characters")
    return f"---\n{text}---\n"


def parse_front_matter(text: str) -> dict[str, str]:
    """Read the scalars of a text's front matter, each as the text that stands there.

    Lists and mappings under a key that is not in `KEYS` are passed over.

    Raises:
        FrontMatterError: If there is no front matter, it is not closed, too large, no YAML
            mapping, holds a key twice, an alias or an anchor, or a list under a known key.
    """
    values: dict[str, str] = {}
    seen: set[str] = set()
    for key, value in _entries(_fenced(text)):
        if key in seen:
            raise FrontMatterError(f"the key {one_line(key, limit=80)} stands there twice")
        seen.add(key)
        if value is not None:
            values[key] = value
        elif key in KEYS:
            raise FrontMatterError(f"the value of {key} is no plain text")
    return values


def scalar_text(value: object) -> str:
    """A value as the front matter writes it; a float as the decimal that it prints as."""
    match value:
        case None:
            return ""
        case str():
            return str(value)
        case bool():
            return "true" if value else "false"
        case float():
            # A subclass (numpy's) prints its class, too.
            return _decimal_text(Decimal(float.__repr__(value)))
        case int() | Decimal():
            return _decimal_text(Decimal(value))
        case _:
            return one_line(str(value))


def _decimal_text(number: Decimal) -> str:
    # Without an exponent, since YAML 1.1 takes "1e-05" for text. The bound keeps 1E+999999999
    # from becoming a gigabyte of zeros.
    is_short = number.is_finite() and abs(number.adjusted()) <= _MAX_DIGITS
    return format(number, "f" if is_short else ".6e")


def _events(fields: Mapping[str, object]) -> Iterator[yaml.Event]:
    import yaml  # noqa: PLC0415 - see render_front_matter

    yield yaml.StreamStartEvent()
    yield yaml.DocumentStartEvent(explicit=False)
    yield yaml.MappingStartEvent(anchor=None, tag=None, implicit=True, flow_style=False)
    for key, value in fields.items():
        text = scalar_text(value)
        for content, style in ((key, _style(key, key)), (text, _style(value, text))):
            yield yaml.ScalarEvent(
                anchor=None, tag=None, implicit=(True, True), value=content, style=style
            )
    yield yaml.MappingEndEvent()
    yield yaml.DocumentEndEvent(explicit=False)
    yield yaml.StreamEndEvent()


def _style(value: object, text: str) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        is_plain = bool(_WORD.fullmatch(text)) and text.lower() not in _NO_WORDS
    else:
        is_plain = bool(_NUMBER.fullmatch(text))
    return None if is_plain else '"'


def _fenced(text: str) -> str:
    first, _, rest = text.removeprefix("\ufeff").partition("\n")
    if first.rstrip(" \t\r") != "---":
        raise FrontMatterError("no front matter: the first line is not ---")
    window = rest[: MAX_CHARS + 8]
    end = _FENCE.search(window)
    if end is not None and end.start() <= MAX_CHARS:
        return window[: end.start()]
    if len(rest) > MAX_CHARS:
        raise FrontMatterError(f"the front matter is larger than {MAX_CHARS} characters")
    raise FrontMatterError("the front matter is not closed by a line ---")


def _entries(text: str) -> Iterator[tuple[str, str | None]]:
    """The pairs of the outermost mapping; None for a value that is no scalar."""
    key: str | None = None
    for is_scalar, value in _outermost(_nodes(text)):
        if key is not None:
            yield key, value if is_scalar else None
            key = None
        elif is_scalar:
            key = value
        else:
            raise FrontMatterError("a key of the front matter is no plain text")


def _outermost(nodes: Iterable[tuple[str, str]]) -> Iterator[tuple[bool, str]]:
    """What stands directly in the one mapping: whether it is a scalar, and its text."""
    depth = 0
    mappings = 0
    for kind, value in nodes:
        if depth == 0:
            mappings += 1
            if kind != "{" or mappings > 1:
                raise FrontMatterError("the front matter is not one YAML mapping")
        if depth == 1 and kind not in _CLOSING:
            yield not kind, value
        depth += _DEPTH_CHANGE[kind]
        if depth > _MAX_DEPTH:
            raise FrontMatterError("the front matter is nested too deeply")


def _nodes(text: str) -> Iterator[tuple[str, str]]:
    """The YAML as its scalars ("") and brackets; every fault of the text is translated here."""
    import yaml  # noqa: PLC0415 - see render_front_matter

    brackets = {
        yaml.MappingStartEvent: "{",
        yaml.MappingEndEvent: "}",
        yaml.SequenceStartEvent: "[",
        yaml.SequenceEndEvent: "]",
    }
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if getattr(event, "anchor", None) is not None:
                raise FrontMatterError("the front matter holds an anchor or an alias")
            if isinstance(event, yaml.ScalarEvent):
                yield "", event.value
            elif type(event) in brackets:
                yield brackets[type(event)], ""
    # PyYAML lets some faults of the text through as what they are: an escape beyond Unicode as
    # ValueError or OverflowError, for instance.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise FrontMatterError(f"the front matter is no YAML: {_fault(error)}") from error


def _fault(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error)
    return one_line(str(problem), limit=200)
