"""Text on its way into a store: names are refused or kept as they are, prose is made storable."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

# SQLite cannot bind a lone surrogate, PostgreSQL cannot keep a NUL.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def name_text(value: str, *, name: str) -> str:
    """A name, which must come back as it went in.

    Raises:
        ValueError: If a database could not keep it; the message shows it escaped.
    """
    if _UNSTORABLE.search(value):
        raise ValueError(f"{name} {value!r} holds characters that no database keeps; rename it")
    return value


def needed_name(value: str, *, name: str) -> str:
    """A name that must not be blank.

    Raises:
        ValueError: If it is, or could not be kept.
    """
    return name_text(_needed(value, name), name=name)


def needed_prose(value: str, *, name: str) -> str:
    """Words for people that must not be blank, made storable.

    Raises:
        ValueError: If they are.
    """
    return prose_text(_needed(value, name))


def prose_text(value: str) -> str:
    """Words for people, with what cannot be stored written as an escape."""
    return _UNSTORABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", value)


def json_text(payload: Mapping[str, object], *, name: str) -> str:
    """A JSON object in one form, whatever the order of its keys.

    Raises:
        ValueError: If it is none, NaN and infinity included.
    """
    try:
        return json.dumps(dict(payload), allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} is no JSON object: {error}") from error


def _needed(value: str, name: str) -> str:
    if not value.strip():
        raise ValueError(f"{name} is empty: it must be given")
    return value
