"""Facts about a source file come back whole, or not at all."""

from __future__ import annotations

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.adapters.measure.facts_codec import decode_facts, encode_facts, pack, unpack
from coverage_gate.core.counting import Jump, Run, StaticFile
from coverage_gate.core.measurement import Span, Withheld

FILE = StaticFile(
    path="a.py",
    blob="b" * 40,
    is_listed=True,
    statements=0b1110,
    excluded=0b10000,
    branches=((1, 2), (1, -1)),
    unbranched=0b100,
    runs=(Run(first=3, last=4, target=2),),
    jumps=(
        Jump(arc=(2, 1), becomes=None, drops=((2, 1),)),
        Jump(arc=(3, 1), becomes=(3, 4), drops=((3, 1), (1, 4))),
    ),
    jumps_drop_last=True,
    loops=((1, 3),),
    spans=(Span(name="f\u00fc", kind="function", first=1, last=4, header=2),),
    trivial=0b10,
    silent=1 << 20,
    withheld=Withheld(
        statements=0b10000, branches=((5, 6),), harmless=0b10000, commented=0, excused=0b100
    ),
    packed=((3, -3),),
    lambdas=((1, 2),),
    imports=frozenset({"a.b", "..c"}),
    idle=0b1000,
    idle_exits=0b10,
)
BARE = StaticFile(path="a.py", blob="b" * 40, is_listed=True, statements=0)

ARCS = st.lists(st.tuples(st.integers(1, 99), st.integers(-99, 99)), max_size=4, unique=True).map(
    lambda arcs: tuple(sorted(arcs))
)
BITS = st.integers(0, 2**70).map(lambda bits: bits << 1)
FILES = st.builds(
    StaticFile,
    path=st.just("a.py"),
    blob=st.just("blob"),
    is_listed=st.booleans(),
    statements=BITS,
    excluded=BITS,
    branches=ARCS,
    unbranched=BITS,
    loops=ARCS,
    trivial=BITS,
    silent=BITS,
    idle=BITS,
    packed=ARCS,
    lambdas=ARCS,
    imports=st.frozensets(st.text(max_size=5), max_size=3),
    jumps_drop_last=st.booleans(),
)


def again(file: StaticFile) -> StaticFile | None:
    return decode_facts(
        encode_facts(file), path=file.path, blob=file.blob, is_listed=file.is_listed
    )


@pytest.mark.parametrize("file", [FILE, BARE])
def test_facts_come_back_whole(file: StaticFile) -> None:
    assert again(file) == file


@given(FILES)
def test_any_facts_come_back_whole(file: StaticFile) -> None:
    assert again(file) == file


def test_facts_are_told_of_the_file_that_is_asked_for() -> None:
    told = decode_facts(encode_facts(FILE), path="c.py", blob="d", is_listed=False)
    assert told is not None
    assert (told.path, told.blob, told.is_listed) == ("c.py", "d", False)
    assert told.statements == FILE.statements


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        encode_facts(FILE)[:-1],
        b"x" + encode_facts(FILE)[1:],
        pack({"another": "document"}),
        pack([1, 2, 3]),
        pack(["zz", *[None] * 16]),
    ],
)
def test_what_is_damaged_tells_nothing(payload: bytes) -> None:
    assert decode_facts(payload, path="a.py", blob="b", is_listed=True) is None


def test_bytes_that_are_no_document_are_none() -> None:
    body = b"no zlib"
    assert unpack(blake2b(body, digest_size=16).digest() + body) is None
