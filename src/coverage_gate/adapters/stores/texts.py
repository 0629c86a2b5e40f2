"""Text on its way into a store: names are kept as they are or refused, prose is made storable."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from coverage_gate.ports import StoreError

# No database encodes a lone surrogate, and PostgreSQL keeps no NUL.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def name_text(value: str) -> str:
    """A name, which must come back as it went in.

    Raises:
        StoreError: If a database could not keep it; the message shows it escaped.
    """
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"{value!r} cannot be stored: use a name that is UTF-8") from error
    return value


def needed(value: str, *, name: str) -> str:
    """A value that must not be blank. Raises ValueError if it is."""
    if not value.strip():
        raise ValueError(f"{name} is empty: it must be given")
    return value


def prose_text(value: str) -> str:
    """Words for people, with what cannot be stored written as an escape."""
    return _UNSTORABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", value)


def needed_prose(value: str, *, name: str) -> str:
    """Words for people that must not be blank, made storable. Raises ValueError if they are."""
    return prose_text(needed(value, name=name))


def json_text(payload: Mapping[str, object], *, name: str) -> str:
    """A JSON object in one form, whatever the order of its keys.

    Raises:
        ValueError: If it is none, NaN and infinity included.
    """
    try:
        return json.dumps(dict(payload), allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} is no JSON object: {error}") from error
