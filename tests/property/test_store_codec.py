"""Laws of the codec: everything comes back, nothing false is believed."""

import json
import zlib
from hashlib import blake2b

from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.stores.codec import DIGEST_BYTES, MARK, decode, encode
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

# Any text, lone surrogates included: paths and test ids come from outside.
TEXT = st.text(st.characters(), max_size=12)
MAYBE_TEXT = st.none() | TEXT
LINES = st.integers(0, 2**70).map(lambda bits: bits & ~1)
NUMBERS = st.integers(-(2**40), 2**40)
SPANS = st.builds(Span, name=TEXT, kind=TEXT, first=NUMBERS, last=NUMBERS, header=NUMBERS)
KINDS = st.builds(Kind, core=TEXT, python=TEXT, branch=st.booleans())
UNPARSABLE = st.builds(Unparsable, path=TEXT, blob=TEXT, line=st.none() | NUMBERS, message=TEXT)


@st.composite
def withheld(draw: st.DrawFn) -> Withheld:
    arcs = st.sets(st.tuples(NUMBERS, NUMBERS), max_size=3).map(sorted).map(tuple)
    return Withheld(
        statements=draw(LINES),
        branches=draw(arcs),
        harmless=draw(LINES),
        commented=draw(LINES),
        excused=draw(LINES),
        assumed=draw(arcs),
        packed=draw(LINES),
        ran=draw(LINES),
    )


@st.composite
def files(draw: st.DrawFn) -> FileCoverage:
    statements = draw(LINES)
    arcs: list[Arc] = sorted(draw(st.sets(st.tuples(NUMBERS, NUMBERS), max_size=6)))
    taken = draw(st.sets(st.sampled_from(arcs))) if arcs else set()
    return FileCoverage(
        path=draw(TEXT),
        blob=draw(TEXT),
        statements=statements,
        executed=draw(LINES) & statements,
        excluded=draw(LINES),
        branches=tuple(arcs),
        taken=tuple(sorted(taken)),
        spans=tuple(draw(st.lists(SPANS, max_size=3))),
        continued=draw(LINES),
        trivial=draw(LINES),
        withheld=draw(st.just(NOTHING_WITHHELD) | withheld()),
    )


PROVENANCES = st.builds(
    Provenance,
    identity=TEXT,
    commit=MAYBE_TEXT,
    tree=MAYBE_TEXT,
    kind=KINDS,
    scope=TEXT,
    scope_text=TEXT,
    config_digest=TEXT,
    coverage_version=TEXT,
    sandbox=TEXT,
)
TESTS = st.builds(
    TestRun,
    exit_status=NUMBERS,
    outcomes=st.none() | st.dictionaries(TEXT, st.sampled_from(TestOutcome), max_size=5),
)
MEASUREMENTS = st.builds(
    Measurement,
    provenance=PROVENANCES,
    files=st.lists(files(), max_size=3).map(tuple),
    unparsable=st.lists(UNPARSABLE, max_size=2).map(tuple),
    unlisted=st.lists(TEXT, max_size=2).map(tuple),
    aside=st.lists(
        st.builds(Aside, file=files(), is_in_scope=st.booleans(), imported_by=TEXT), max_size=2
    ).map(tuple),
    aside_folders=st.lists(TEXT, max_size=2).map(tuple),
    tests=TESTS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=30,
)


def sealed(body: bytes) -> bytes:
    return MARK + blake2b(body, digest_size=DIGEST_BYTES).digest() + body


def refused(payload: bytes) -> bool:
    try:
        decode(payload)
    except StoreError:
        return True
    return False


@settings(deadline=None)
@given(MEASUREMENTS)
def test_every_measurement_comes_back_whole(value: Measurement) -> None:
    assert decode(encode(value)) == value


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(payload: bytes) -> None:
    assert refused(payload)
    assert refused(MARK + payload)
    assert refused(sealed(payload))


@settings(deadline=None)
@given(MEASUREMENTS, st.data())
def test_a_flipped_bit_anywhere_is_refused(value: Measurement, data: st.DataObject) -> None:
    payload = bytearray(encode(value))
    place = data.draw(st.integers(0, len(payload) * 8 - 1))
    payload[place // 8] ^= 1 << place % 8
    assert refused(bytes(payload))


@settings(deadline=None)
@given(MEASUREMENTS, JSON, st.data())
def test_a_document_with_one_foreign_part_raises_nothing_but_a_store_error(
    value: Measurement, foreign: object, data: st.DataObject
) -> None:
    text = zlib.decompress(encode(value)[len(MARK) + DIGEST_BYTES :])
    document = json.loads(text.decode("utf-8", "surrogatepass"))
    place = document
    while isinstance(place, list) and place:
        index = data.draw(st.integers(0, len(place) - 1))
        if not isinstance(place[index], list) or data.draw(st.booleans()):
            place[index] = foreign
            break
        place = place[index]
    changed = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert refused(sealed(zlib.compress(changed))) in (True, False)
