"""Measurements as bytes, and what is refused on the way back."""

import json
import zlib
from dataclasses import fields, replace
from hashlib import blake2b
from typing import Any

import pytest

from coverage_gate.adapters.stores.codec import DIGEST_BYTES, MARK, _to_provenance, decode, encode
from coverage_gate.core.cage import Way
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import (
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
from coverage_gate.testing.values import measurement

FILE = FileCoverage(
    path="src/\udcff.py",
    blob="b" * 40,
    statements=bits_of([1, 2, 5]),
    executed=bits_of([1, 5]),
    excluded=bits_of([9]),
    branches=((2, -1), (2, 5), (5, 1)),
    taken=((2, 5),),
    spans=(Span(name="Cart.discount", kind="function", first=1, last=5, header=2),),
    continued=bits_of([3, 4]),
    trivial=bits_of([1]),
    withheld=Withheld(
        statements=bits_of([9, 10]), branches=((9, 10), (9, 12)), ran=2**9, taken=((9, 10),)
    ),
    idle=bits_of([5]),
    idle_exits=bits_of([2]),
)
FULL = replace(
    measurement(FILE, exit_status=1, kind=Kind(core="sysmon", python="3.14", branch=True)),
    unparsable=(Unparsable(path="src/b.py", blob="c" * 40, line=None, message="no\x1bUTF-8"),),
    unlisted=("src/c.py",),
    rewritten=("src/d.py",),
    aside=(Aside(file=FILE, is_in_scope=True, imported_by="src/a.py"),),
    aside_folders=("", "tests"),
    tests=TestRun(
        exit_status=1,
        outcomes={"t::a": TestOutcome.PASSED, "t::\ud83d\ude00": TestOutcome.FAILED},
    ),
)


def packed(document: object) -> bytes:
    body = zlib.compress(json.dumps(document).encode())
    return MARK + blake2b(body, digest_size=DIGEST_BYTES).digest() + body


def document_of(value: Measurement) -> Any:  # noqa: ANN401 - JSON
    text = zlib.decompress(encode(value)[len(MARK) + DIGEST_BYTES :])
    return json.loads(text.decode("utf-8", "surrogatepass"))


def changed(*path: int, value: object) -> Any:  # noqa: ANN401 - JSON
    document = document_of(FULL)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


def test_a_measurement_with_everything_comes_back_whole() -> None:
    assert decode(encode(FULL)) == FULL


def test_a_measurement_of_nothing_comes_back_whole() -> None:
    assert decode(encode(measurement())) == measurement()


def test_what_a_cage_closed_comes_back() -> None:
    origin = replace(FULL.provenance, closed=(Way.NETWORK, Way.LEFTOVERS))
    held = replace(FULL, provenance=origin)
    assert decode(encode(held)) == held


def test_a_row_of_an_older_writer_names_the_level_alone() -> None:
    row = ["", None, None, ["ctrace", "3.11", True], "", "", "", "", "plain"]
    read = _to_provenance(row)
    assert (read.sandbox, read.closed) == ("plain", ())


def test_the_codec_knows_every_field_of_a_measurement() -> None:
    known = {
        Measurement: "provenance files unparsable unlisted aside aside_folders tests rewritten",
        Aside: "file is_in_scope imported_by",
        Provenance: "identity commit tree kind scope scope_text config_digest coverage_version "
        "sandbox closed",
        Kind: "core python branch",
        FileCoverage: "path blob statements executed excluded branches taken spans "
        "continued trivial withheld idle idle_exits",
        Withheld: "statements branches harmless commented excused assumed packed ran taken",
        Span: "name kind first last header",
        Unparsable: "path blob line message",
        TestRun: "exit_status outcomes",
    }
    given = {kind: [item.name for item in fields(kind) if item.init] for kind in known}
    assert {kind: " ".join(names) for kind, names in given.items()} == known


def test_a_thousand_files_take_less_than_a_tenth_of_a_megabyte() -> None:
    lines = bits_of(range(1, 101))
    files = tuple(
        replace(
            FILE, path=f"src/p{n // 100}/m{n}.py", statements=lines, executed=lines >> n % 7 & ~1
        )
        for n in range(1000)
    )
    assert len(encode(replace(FULL, files=files))) < 100_000


@pytest.mark.parametrize(
    "file",
    [
        replace(FILE, executed=bits_of([1, 2, 3])),
        replace(FILE, taken=((7, 8),)),
        replace(FILE, statements=0),
    ],
)
def test_a_file_that_claims_what_it_does_not_have_is_not_encoded(file: FileCoverage) -> None:
    with pytest.raises(ValueError, match="does not have"):
        encode(replace(FULL, files=(file,)))


@pytest.mark.parametrize("payload", [b"", b"CG", b"CGM0" + encode(FULL)[4:], b"SQLite format 3"])
def test_another_version_is_refused(payload: bytes) -> None:
    with pytest.raises(StoreError, match="unknown version"):
        decode(payload)


@pytest.mark.parametrize("place", [4, 12, 20, 30, -1])
def test_one_changed_bit_is_noticed(place: int) -> None:
    payload = bytearray(encode(FULL))
    payload[place] ^= 1
    with pytest.raises(StoreError, match="damaged"):
        decode(bytes(payload))


@pytest.mark.parametrize("size", [5, 20, 21, 60])
def test_a_payload_that_was_cut_is_noticed(size: int) -> None:
    with pytest.raises(StoreError, match="damaged"):
        decode(encode(FULL)[:size])


@pytest.mark.parametrize(
    "body", [b"", b"no zlib", zlib.compress(b"[]")[:-1], zlib.compress(b"[]") + b"x"]
)
def test_a_sealed_body_that_is_no_zlib_is_refused(body: bytes) -> None:
    seal = blake2b(body, digest_size=DIGEST_BYTES).digest()
    with pytest.raises(StoreError, match="cannot be read"):
        decode(MARK + seal + body)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b"[" + b"9" * 5000 + b"]"])
def test_a_sealed_text_that_is_no_json_is_refused(text: bytes) -> None:
    body = zlib.compress(text)
    seal = blake2b(body, digest_size=DIGEST_BYTES).digest()
    with pytest.raises(StoreError, match="cannot be read"):
        decode(MARK + seal + body)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        [],
        [1, 2, 3, 4, 5, 6, 7, 8],
        changed(6, 0, 1, value=1),
        changed(6, 0, value=[]),
        changed(7, value=[1]),
        changed(0, 0, value=None),
        changed(0, 1, value=5),
        changed(0, 3, 2, value=1),
        changed(0, 3, value=["ctrace", "3.11"]),
        changed(1, value="src"),
        changed(1, 0, value=[1]),
        changed(1, 0, 0, value=7),
        changed(1, 0, 2, value="0x2"),
        changed(1, 0, 2, value="-2"),
        changed(1, 0, 2, value="2_2"),
        changed(1, 0, 2, value=""),
        changed(1, 0, 2, value="3"),
        changed(1, 0, 2, value=2),
        changed(1, 0, 2, value="2"),
        changed(1, 0, 3, value="f0"),
        changed(1, 0, 4, value="1"),
        changed(1, 0, 12, value="b"),
        changed(1, 0, 11, value="2,2"),
        changed(1, 0, 10, 0, value="3"),
        changed(1, 0, 10, 0, value="2x"),
        changed(1, 0, 5, value=[1]),
        changed(1, 0, 5, value=[1, True]),
        changed(1, 0, 5, value=[1, 2.0]),
        changed(1, 0, 6, value="10"),
        changed(1, 0, 7, 0, value=["f", "function", 1]),
        changed(1, 0, 7, 0, 3, value="5"),
        changed(2, 0, 2, value="3"),
        changed(3, 0, value=None),
        changed(4, 0, value=None),
        changed(4, 1, 0, 0, value="maybe"),
        changed(4, 1, 0, 1, value=[5]),
        changed(4, 1, value={"passed": []}),
    ],
)
def test_a_sealed_document_that_is_no_measurement_is_refused(document: object) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        decode(packed(document))


def test_bytes_behind_the_end_are_refused() -> None:
    body = encode(FULL)[len(MARK) + DIGEST_BYTES :] + b"x"
    seal = blake2b(body, digest_size=DIGEST_BYTES).digest()
    with pytest.raises(StoreError, match="its end is not where it should be"):
        decode(MARK + seal + body)


def test_an_error_shows_no_more_than_the_beginning_of_what_it_found() -> None:
    with pytest.raises(StoreError) as caught:
        decode(packed(changed(1, 0, 2, value="z" * 10_000)))
    assert len(str(caught.value)) < 200
