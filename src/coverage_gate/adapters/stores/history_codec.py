"""The numbers of a point's files as bytes: compact, versioned, read back strictly or not at all."""

from __future__ import annotations

from collections.abc import Iterable

from coverage_gate.adapters.stores.codec import (
    list_from,
    number_from,
    pack,
    row_from,
    text_from,
    unpack,
)
from coverage_gate.core.history import FileCounts
from coverage_gate.core.rates import Counts
from coverage_gate.ports import StoreError

MARK = b"CGH1"


def encode_files(files: Iterable[FileCounts]) -> bytes:
    """The payload of a point's files."""
    rows = [
        [file.path, each.covered, each.total, arcs.covered, arcs.total]
        for file in files
        for each, arcs in [(file.lines, file.branches)]
    ]
    return pack(MARK, rows)


def decode_files(payload: bytes) -> tuple[FileCounts, ...]:
    """The files of a payload.

    Raises:
        StoreError: If it is of another version, damaged, or none.
    """
    document = unpack(MARK, payload)
    try:
        return tuple(_to_file(item) for item in list_from(document))
    except (ValueError, TypeError) as error:
        raise StoreError(f"a stored point of the history cannot be read: {error}") from error


def _to_file(value: object) -> FileCounts:
    path, covered, total, taken, arcs = row_from(value, 5)
    return FileCounts(
        path=text_from(path),
        lines=Counts(covered=number_from(covered), total=number_from(total)),
        branches=Counts(covered=number_from(taken), total=number_from(arcs)),
    )
