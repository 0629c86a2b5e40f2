"""Measurements as bytes: compact, versioned, and read back strictly or not at all.

A payload is a mark with the version, a digest of the rest, and JSON under zlib. Line sets are
hexadecimal numbers as in `core.linebits`; branch arcs are a flat list of differences; the arcs
that ran are a bit set over that list.
"""

from __future__ import annotations

import json
import re
import zlib
from hashlib import blake2b
from itertools import accumulate, compress
from operator import add
from typing import Any

from coverage_gate.core.cage import Way
from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.measurement import (
    NOTHING_WITHHELD,
    Arc,
    Aside,
    FileCoverage,
    Kind,
    Measurement,
    Provenance,
    Span,
    TestOutcome,
    TestRun,
    Unparsable,
    Withheld,
)
from coverage_gate.ports import StoreError

MARK = b"CGM7"
DIGEST_BYTES = 16
#: Longest JSON that is unpacked: a hundred times that of ten thousand files.
MAX_TEXT_BYTES = 1 << 30

_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
#: All sets of lines of one file. They are most of what is read, so they are checked at once; an odd
#: number would have a line 0.
_SETS = re.compile(r"(?:[0-9a-f]*[02468ace],){8}", re.ASCII)


def encode(measurement: Measurement) -> bytes:
    """The payload of a measurement.

    Raises:
        ValueError: If a file claims lines or arcs that it does not have, so that `decode` would
            refuse it.
    """
    document = [
        _from_provenance(measurement.provenance),
        [_from_file(file) for file in measurement.files],
        [[item.path, item.blob, item.line, item.message] for item in measurement.unparsable],
        list(measurement.unlisted),
        _from_tests(measurement.tests),
        list(measurement.rewritten),
        [[_from_file(each.file), each.is_in_scope, each.imported_by] for each in measurement.aside],
        list(measurement.aside_folders),
    ]
    return pack(MARK, document)


def decode(payload: bytes) -> Measurement:
    """The measurement of a payload.

    Raises:
        StoreError: If it is of another version, damaged, or no measurement.
    """
    document = unpack(MARK, payload)
    try:
        return _to_measurement(document)
    except (ValueError, TypeError) as error:
        raise StoreError(f"a stored measurement cannot be read: {error}") from error


def pack(mark: bytes, document: object) -> bytes:
    """A document of plain values as a payload: a mark, a digest, and JSON under zlib."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Paths and test ids may hold lone surrogates; as UTF-8 of their own they survive.
    body = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)
    return mark + _digest(body) + body


def unpack(mark: bytes, payload: bytes) -> object:
    """The document of a payload.

    Raises:
        StoreError: If it has another mark, or is damaged.
    """
    found, rest = payload[: len(mark)], payload[len(mark) :]
    if found != mark:
        raise StoreError(f"a stored measurement of an unknown version: {found!r}")
    digest, body = rest[:DIGEST_BYTES], rest[DIGEST_BYTES:]
    if digest != _digest(body):
        raise StoreError("a stored measurement is damaged")
    try:
        return json.loads(_unpacked(body))
    except (ValueError, RecursionError, zlib.error) as error:
        raise StoreError(f"a stored measurement cannot be read: {error}") from error


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=DIGEST_BYTES).digest()


def _unpacked(body: bytes) -> str:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(body, MAX_TEXT_BYTES)
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("its end is not where it should be")
    return text.decode("utf-8", "surrogatepass")


def _from_provenance(origin: Provenance) -> list[Any]:
    kind = origin.kind
    return [
        origin.identity,
        origin.commit,
        origin.tree,
        [kind.core, kind.python, kind.branch],
        origin.scope,
        origin.scope_text,
        origin.config_digest,
        origin.coverage_version,
        [origin.sandbox, *origin.closed],
    ]


def _from_file(file: FileCoverage) -> list[Any]:
    if file.executed & ~file.statements:
        raise ValueError(f"{file.path!r} claims lines that it does not have")
    return [
        file.path,
        file.blob,
        f"{file.statements:x}",
        f"{file.executed:x}",
        f"{file.excluded:x}",
        _from_arcs(file.branches),
        f"{_taken_bits(file):x}",
        [[span.name, span.kind, span.first, span.last, span.header] for span in file.spans],
        f"{file.continued:x}",
        f"{file.trivial:x}",
        None if file.withheld == NOTHING_WITHHELD else _from_withheld(file.withheld),
        f"{file.idle:x}",
        f"{file.idle_exits:x}",
    ]


def _from_withheld(withheld: Withheld) -> list[Any]:
    return [
        f"{withheld.statements:x}",
        _from_arcs(withheld.branches),
        f"{withheld.harmless:x}",
        f"{withheld.commented:x}",
        f"{withheld.excused:x}",
        _from_arcs(withheld.assumed),
        f"{withheld.packed:x}",
        f"{withheld.ran:x}",
        _from_arcs(withheld.taken),
    ]


def _from_arcs(arcs: tuple[Arc, ...]) -> list[int]:
    flat: list[int] = []
    before = 0
    for source, target in arcs:
        flat += (source - before, target - source)
        before = source
    return flat


def _taken_bits(file: FileCoverage) -> LineBits:
    if not file.taken:
        return 0
    places = {arc: place for place, arc in enumerate(file.branches, start=1)}
    if not places.keys() >= set(file.taken):
        raise ValueError(f"{file.path!r} claims arcs that it does not have")
    return bits_of(places[arc] for arc in file.taken)


def _from_tests(tests: TestRun) -> list[Any]:
    if tests.outcomes is None:
        return [tests.exit_status, None]
    groups: dict[str, list[str]] = {}
    for test, outcome in tests.outcomes.items():
        groups.setdefault(outcome, []).append(test)
    return [tests.exit_status, sorted(groups.items())]


def _to_measurement(document: object) -> Measurement:
    origin, files, unparsable, unlisted, tests, rewritten, aside, folders = row_from(document, 8)
    return Measurement(
        provenance=_to_provenance(origin),
        files=tuple(_to_file(item) for item in list_from(files)),
        unparsable=tuple(_to_unparsable(item) for item in list_from(unparsable)),
        unlisted=tuple(text_from(item) for item in list_from(unlisted)),
        aside=tuple(_to_aside(item) for item in list_from(aside)),
        aside_folders=tuple(text_from(item) for item in list_from(folders)),
        tests=_to_tests(tests),
        rewritten=tuple(text_from(item) for item in list_from(rewritten)),
    )


def _to_provenance(value: object) -> Provenance:
    identity, commit, tree, kind, scope, scope_text, config, version, sandbox = row_from(value, 9)
    core, python, branch = row_from(kind, 3)
    # A row of an older writer has the name alone.
    cage = [sandbox] if isinstance(sandbox, str) else list_from(sandbox)
    name, *ways = map(text_from, cage)
    if not isinstance(branch, bool):
        raise TypeError(f"no branch mode: {branch!r}")
    return Provenance(
        identity=text_from(identity),
        commit=None if commit is None else text_from(commit),
        tree=None if tree is None else text_from(tree),
        kind=Kind(core=text_from(core), python=text_from(python), branch=branch),
        scope=text_from(scope),
        scope_text=text_from(scope_text),
        config_digest=text_from(config),
        coverage_version=text_from(version),
        sandbox=name,
        closed=tuple(Way(way) for way in ways),
    )


def _to_file(value: object) -> FileCoverage:
    path, blob, *sets, arcs, taken, spans, continued, trivial, kept, idle, exits = row_from(
        value, 13
    )
    lines, ran, excluded, took, *others = _sets_from(
        [*sets, taken, continued, trivial, idle, exits]
    )
    branches = _to_arcs(arcs)
    if ran & ~lines or took.bit_length() > len(branches) + 1:
        raise ValueError(f"{path!r} claims more than it has")
    return FileCoverage(
        path=text_from(path),
        blob=text_from(blob),
        statements=lines,
        executed=ran,
        excluded=excluded,
        branches=branches,
        taken=_chosen(branches, took),
        spans=tuple(_to_span(item) for item in list_from(spans)),
        continued=others[0],
        trivial=others[1],
        withheld=NOTHING_WITHHELD if kept is None else _to_withheld(kept),
        idle=others[2],
        idle_exits=others[3],
    )


def _to_withheld(value: object) -> Withheld:
    statements, branches, harmless, commented, excused, *more = row_from(value, 9)
    return Withheld(
        statements=bits_from(statements),
        branches=_to_arcs(branches),
        harmless=bits_from(harmless),
        commented=bits_from(commented),
        excused=bits_from(excused),
        assumed=_to_arcs(more[0]),
        packed=bits_from(more[1]),
        ran=bits_from(more[2]),
        taken=_to_arcs(more[3]),
    )


def _to_aside(value: object) -> Aside:
    file, is_in_scope, imported_by = row_from(value, 3)
    if not isinstance(is_in_scope, bool):
        raise TypeError(f"no truth value: {is_in_scope!r:.80}")
    return Aside(file=_to_file(file), is_in_scope=is_in_scope, imported_by=text_from(imported_by))


def _to_arcs(value: object) -> tuple[Arc, ...]:
    flat = list_from(value)
    if len(flat) % 2:
        raise ValueError("half an arc")
    if not {int}.issuperset(map(type, flat)):
        raise TypeError(f"no whole numbers: {flat!r:.80}")
    sources = list(accumulate(flat[::2]))
    return tuple(zip(sources, map(add, sources, flat[1::2]), strict=True))


def _chosen(arcs: tuple[Arc, ...], places: LineBits) -> tuple[Arc, ...]:
    """Those at some places, counted from 1."""
    return tuple(compress(arcs, map(int, reversed(f"{places >> 1:b}"))))


def _to_span(value: object) -> Span:
    name, kind, first, last, header = row_from(value, 5)
    return Span(
        name=text_from(name),
        kind=text_from(kind),
        first=number_from(first),
        last=number_from(last),
        header=number_from(header),
    )


def _to_unparsable(value: object) -> Unparsable:
    path, blob, line, message = row_from(value, 4)
    return Unparsable(
        path=text_from(path),
        blob=text_from(blob),
        line=None if line is None else number_from(line),
        message=text_from(message),
    )


def _to_tests(value: object) -> TestRun:
    exit_status, groups = row_from(value, 2)
    if groups is None:
        return TestRun(exit_status=number_from(exit_status))
    outcomes: dict[str, TestOutcome] = {}
    for group in list_from(groups):
        name, tests = row_from(group, 2)
        outcome = TestOutcome(name)
        outcomes.update((text_from(test), outcome) for test in list_from(tests))
    return TestRun(exit_status=number_from(exit_status), outcomes=outcomes)


def row_from(value: object, size: int) -> list[Any]:
    """A list of so many fields. Raises ValueError or TypeError."""
    items = list_from(value)
    if len(items) != size:
        raise ValueError(f"{len(items)} fields instead of {size}")
    return items


def list_from(value: object) -> list[Any]:
    """A list. Raises TypeError."""
    if not isinstance(value, list):
        raise TypeError(f"no list: {value!r:.80}")
    return value


def text_from(value: object) -> str:
    """A text. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"no text: {value!r:.80}")
    return value


def number_from(value: object) -> int:
    """A whole number. Raises TypeError."""
    if type(value) is not int:
        raise TypeError(f"no whole number: {value!r:.80}")
    return value


def bits_from(value: object) -> LineBits:
    """A set of lines. Raises ValueError."""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError(f"no set of lines: {value!r:.80}")
    bits = int(value, 16)
    if bits & 1:
        raise ValueError("a line 0")
    return bits


def _sets_from(values: list[Any]) -> list[LineBits]:
    """The sets of lines of one file. Raises ValueError or TypeError."""
    if not _SETS.fullmatch(",".join([*values, ""])):
        raise ValueError(f"no sets of lines: {values!r:.80}")
    return [int(value, 16) for value in values]
