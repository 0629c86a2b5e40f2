"""Facts about a source file as bytes, so that the same bytes need not be analysed again.

A payload is a digest of the rest, and JSON under zlib: line sets as hexadecimal numbers, arcs as
pairs. What cannot be read back is no fact; the file is analysed anew then. The path is none of the
facts: two files of the same bytes have the same.
"""

from __future__ import annotations

import json
import zlib
from functools import lru_cache
from hashlib import blake2b
from sys import intern
from typing import Any

from coverage_gate.core.counting import Jump, Run, StaticFile
from coverage_gate.core.measurement import NOTHING_WITHHELD, Arc, Span, Withheld

_DIGEST_BYTES = 16
#: Longest JSON that is unpacked; a module of 100,000 lines has 3 MB.
_MOST_BYTES = 256 * 1024**2


def pack(document: object) -> bytes:
    """A document of plain values as a payload."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    body = zlib.compress(text.encode("ascii"), 1)
    return blake2b(body, digest_size=_DIGEST_BYTES).digest() + body


def unpack(payload: bytes) -> object:
    """The document of a payload; None for what is damaged."""
    digest, body = payload[:_DIGEST_BYTES], payload[_DIGEST_BYTES:]
    if blake2b(body, digest_size=_DIGEST_BYTES).digest() != digest:
        return None
    unpacker = zlib.decompressobj()
    try:
        document: object = json.loads(unpacker.decompress(body, _MOST_BYTES))
    except (ValueError, RecursionError, zlib.error):
        return None
    return document


def encode_facts(file: StaticFile) -> bytes:
    """The payload of a file's facts."""
    return pack(
        [
            f"{file.statements:x}",
            f"{file.excluded:x}",
            file.branches,
            f"{file.unbranched:x}",
            [[run.first, run.last, run.target] for run in file.runs],
            [[jump.arc, jump.becomes, jump.drops] for jump in file.jumps],
            file.jumps_drop_last,
            file.loops,
            [[span.name, span.kind, span.first, span.last, span.header] for span in file.spans],
            f"{file.trivial:x}",
            f"{file.silent:x}",
            _from_withheld(file.withheld),
            file.packed,
            file.lambdas,
            sorted(file.imports),
            f"{file.idle:x}",
            f"{file.idle_exits:x}",
        ]
    )


def decode_facts(payload: bytes, *, path: str, blob: str, is_listed: bool) -> StaticFile | None:
    """The facts of a payload, for a file; None where they cannot be read."""
    try:
        return _to_file(unpack(payload), path=path, blob=blob, is_listed=is_listed)
    except (TypeError, ValueError):
        return None


def _from_withheld(withheld: Withheld) -> list[Any] | None:
    if withheld == NOTHING_WITHHELD:
        return None
    return [
        f"{withheld.statements:x}",
        withheld.branches,
        f"{withheld.harmless:x}",
        f"{withheld.commented:x}",
        f"{withheld.excused:x}",
    ]


def _to_file(document: Any, *, path: str, blob: str, is_listed: bool) -> StaticFile:  # noqa: ANN401 - JSON
    lines, excluded, branches, unbranched, runs, jumps, drops, loops, *more = document
    spans, trivial, silent, withheld, packed, lambdas, imports, idle, idle_exits = more
    return StaticFile(
        path=path,
        blob=blob,
        is_listed=is_listed,
        statements=int(lines, 16),
        excluded=int(excluded, 16),
        branches=_arcs(branches),
        unbranched=int(unbranched, 16),
        runs=tuple([Run(first=a, last=b, target=c) for a, b, c in runs]),
        jumps=tuple(map(_to_jump, jumps)),
        jumps_drop_last=drops is True,
        loops=_arcs(loops),
        spans=tuple(
            [
                Span(name=intern(n), kind=intern(k), first=a, last=b, header=c)
                for n, k, a, b, c in spans
            ]
        ),
        trivial=int(trivial, 16),
        silent=int(silent, 16),
        withheld=NOTHING_WITHHELD if withheld is None else _to_withheld(withheld),
        packed=_arcs(packed),
        lambdas=_arcs(lambdas),
        imports=frozenset(imports),
        idle=int(idle, 16),
        idle_exits=int(idle_exits, 16),
    )


def _to_withheld(document: Any) -> Withheld:  # noqa: ANN401 - JSON
    statements, branches, harmless, commented, excused = document
    return Withheld(
        statements=int(statements, 16),
        branches=_arcs(branches),
        harmless=int(harmless, 16),
        commented=int(commented, 16),
        excused=int(excused, 16),
    )


def _to_jump(document: Any) -> Jump:  # noqa: ANN401 - JSON
    arc, becomes, drops = document
    return Jump(
        arc=_arc(arc), becomes=None if becomes is None else _arc(becomes), drops=_arcs(drops)
    )


def _arcs(pairs: Any) -> tuple[Arc, ...]:  # noqa: ANN401 - JSON
    return tuple([one_arc(start, end) for start, end in pairs])


@lru_cache(maxsize=1 << 15)
def one_arc(start: int, end: int) -> Arc:
    """An arc; the same object for all files that have it, for most of them share theirs."""
    return start, end


def _arc(pair: Any) -> Arc:  # noqa: ANN401 - JSON
    start, end = pair
    return start, end
