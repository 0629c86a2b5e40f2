"""Context maps as bytes: compact, versioned, and read back strictly or not at all."""

from __future__ import annotations

from typing import Any

from coverage_gate.adapters.stores.codec import (
    bits_from,
    list_from,
    number_from,
    pack,
    row_from,
    text_from,
    unpack,
)
from coverage_gate.core.contexts import ContextMap, FileContexts
from coverage_gate.ports import StoreError

MARK = b"CGC1"


def encode_contexts(contexts: ContextMap) -> bytes:
    """The payload of a context map."""
    files = [
        [file.path, file.blob, [[place, f"{lines:x}"] for place, lines in file.lines]]
        for file in contexts.files
    ]
    return pack(MARK, [contexts.tree, list(contexts.tests), files])


def decode_contexts(payload: bytes) -> ContextMap:
    """The context map of a payload.

    Raises:
        StoreError: If it is of another version, damaged, or no context map.
    """
    document = unpack(MARK, payload)
    try:
        tree, tests, files = row_from(document, 3)
        names = tuple(text_from(test) for test in list_from(tests))
        return ContextMap(
            tree=text_from(tree),
            tests=names,
            files=tuple(_to_file(item, len(names)) for item in list_from(files)),
        )
    except (ValueError, TypeError) as error:
        raise StoreError(f"a stored context map cannot be read: {error}") from error


def _to_file(value: object, tests: int) -> FileContexts:
    path, blob, lines = row_from(value, 3)
    return FileContexts(
        path=text_from(path),
        blob=text_from(blob),
        lines=tuple(_to_lines(item, tests) for item in list_from(lines)),
    )


def _to_lines(value: object, tests: int) -> tuple[int, Any]:
    place, lines = row_from(value, 2)
    if not 0 <= number_from(place) < tests:
        raise ValueError(f"no test {place}")
    return place, bits_from(lines)
