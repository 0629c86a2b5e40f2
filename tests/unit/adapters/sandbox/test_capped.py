"""Output in bounded memory."""

from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.sandbox.capped import CappedOutput


def kept(limit: int, *chunks: bytes) -> bytes:
    output = CappedOutput(limit=limit)
    for chunk in chunks:
        output.add(chunk)
    return output.kept()


def test_output_up_to_the_limit_is_kept_as_it_is() -> None:
    assert kept(6, b"ab", b"cdef") == b"abcdef"


def test_longer_output_keeps_both_ends_and_says_how_much_is_missing() -> None:
    assert kept(6, b"abcdefghij") == "abc\n… 4 bytes left out …\nhij".encode()


def test_an_odd_limit_gives_the_extra_byte_to_the_end() -> None:
    assert kept(5, b"abcdef") == "ab\n… 1 bytes left out …\ndef".encode()


@settings(deadline=None)
@given(st.lists(st.binary(max_size=20)), st.integers(min_value=2, max_value=40))
def test_how_output_is_cut_into_chunks_makes_no_difference(chunks: list[bytes], limit: int) -> None:
    assert kept(limit, *chunks) == kept(limit, b"".join(chunks))
