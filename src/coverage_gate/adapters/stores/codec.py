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
from typing import Any

from coverage_gate.core.linebits import LineBits, bits_of, lines_of
from coverage_gate.core.measurement import (
    NOTHING_WITHHELD,
    Arc,
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

MARK = b"CGM4"
DIGEST_BYTES = 16
#: Longest JSON that is unpacked: a hundred times that of ten thousand files.
MAX_TEXT_BYTES = 1 << 30

_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


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
    ]
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Paths and test ids may hold lone surrogates; as UTF-8 of their own they survive.
    body = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)
    return MARK + _digest(body) + body


def decode(payload: bytes) -> Measurement:
    """The measurement of a payload.

    Raises:
        StoreError: If it is of another version, damaged, or no measurement.
    """
    mark, rest = payload[: len(MARK)], payload[len(MARK) :]
    if mark != MARK:
        raise StoreError(f"a stored measurement of an unknown version: {mark!r}")
    digest, body = rest[:DIGEST_BYTES], rest[DIGEST_BYTES:]
    if digest != _digest(body):
        raise StoreError("a stored measurement is damaged")
    try:
        return _to_measurement(json.loads(_unpacked(body)))
    except (ValueError, TypeError, RecursionError, zlib.error) as error:
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
        origin.sandbox,
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
    ]


def _from_withheld(withheld: Withheld) -> list[Any]:
    return [
        f"{withheld.statements:x}",
        _from_arcs(withheld.branches),
        f"{withheld.harmless:x}",
        f"{withheld.commented:x}",
        f"{withheld.excused:x}",
        _from_arcs(withheld.assumed),
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
    origin, files, unparsable, unlisted, tests, rewritten = _row(document, 6)
    return Measurement(
        provenance=_to_provenance(origin),
        files=tuple(_to_file(item) for item in _list(files)),
        unparsable=tuple(_to_unparsable(item) for item in _list(unparsable)),
        unlisted=tuple(_text(item) for item in _list(unlisted)),
        tests=_to_tests(tests),
        rewritten=tuple(_text(item) for item in _list(rewritten)),
    )


def _to_provenance(value: object) -> Provenance:
    identity, commit, tree, kind, scope, scope_text, config, version, sandbox = _row(value, 9)
    core, python, branch = _row(kind, 3)
    if not isinstance(branch, bool):
        raise TypeError(f"no branch mode: {branch!r}")
    return Provenance(
        identity=_text(identity),
        commit=None if commit is None else _text(commit),
        tree=None if tree is None else _text(tree),
        kind=Kind(core=_text(core), python=_text(python), branch=branch),
        scope=_text(scope),
        scope_text=_text(scope_text),
        config_digest=_text(config),
        coverage_version=_text(version),
        sandbox=_text(sandbox),
    )


def _to_file(value: object) -> FileCoverage:
    path, blob, statements, executed, excluded, arcs, taken, spans, *more = _row(value, 11)
    branches = _to_arcs(arcs)
    lines, ran, took = _bits(statements), _bits(executed), _bits(taken)
    if ran & ~lines or took.bit_length() > len(branches) + 1:
        raise ValueError(f"{path!r} claims more than it has")
    return FileCoverage(
        path=_text(path),
        blob=_text(blob),
        statements=lines,
        executed=ran,
        excluded=_bits(excluded),
        branches=branches,
        taken=tuple(branches[place - 1] for place in lines_of(took)),
        spans=tuple(_to_span(item) for item in _list(spans)),
        continued=_bits(more[0]),
        trivial=_bits(more[1]),
        withheld=NOTHING_WITHHELD if more[2] is None else _to_withheld(more[2]),
    )


def _to_withheld(value: object) -> Withheld:
    statements, branches, harmless, commented, excused, assumed = _row(value, 6)
    return Withheld(
        statements=_bits(statements),
        branches=_to_arcs(branches),
        harmless=_bits(harmless),
        commented=_bits(commented),
        excused=_bits(excused),
        assumed=_to_arcs(assumed),
    )


def _to_arcs(value: object) -> tuple[Arc, ...]:
    flat = _list(value)
    if len(flat) % 2:
        raise ValueError("half an arc")
    arcs, source = [], 0
    for step, reach in zip(flat[::2], flat[1::2], strict=True):
        source += _number(step)
        arcs.append((source, source + _number(reach)))
    return tuple(arcs)


def _to_span(value: object) -> Span:
    name, kind, first, last, header = _row(value, 5)
    return Span(
        name=_text(name),
        kind=_text(kind),
        first=_number(first),
        last=_number(last),
        header=_number(header),
    )


def _to_unparsable(value: object) -> Unparsable:
    path, blob, line, message = _row(value, 4)
    return Unparsable(
        path=_text(path),
        blob=_text(blob),
        line=None if line is None else _number(line),
        message=_text(message),
    )


def _to_tests(value: object) -> TestRun:
    exit_status, groups = _row(value, 2)
    if groups is None:
        return TestRun(exit_status=_number(exit_status))
    outcomes: dict[str, TestOutcome] = {}
    for group in _list(groups):
        name, tests = _row(group, 2)
        outcome = TestOutcome(name)
        outcomes.update((_text(test), outcome) for test in _list(tests))
    return TestRun(exit_status=_number(exit_status), outcomes=outcomes)


def _row(value: object, size: int) -> list[Any]:
    items = _list(value)
    if len(items) != size:
        raise ValueError(f"{len(items)} fields instead of {size}")
    return items


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"no list: {value!r:.80}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"no text: {value!r:.80}")
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"no whole number: {value!r:.80}")
    return value


def _bits(value: object) -> LineBits:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError(f"no set of lines: {value!r:.80}")
    bits = int(value, 16)
    if bits & 1:
        raise ValueError("a line 0")
    return bits
