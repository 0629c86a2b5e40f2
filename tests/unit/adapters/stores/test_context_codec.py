"""Context maps as bytes, and what is refused on the way back."""

import pytest

from coverage_gate.adapters.stores.codec import pack
from coverage_gate.adapters.stores.context_codec import MARK, decode_contexts, encode_contexts
from coverage_gate.core.contexts import ContextMap, FileContexts, context_map
from coverage_gate.core.linebits import bits_of
from coverage_gate.ports import StoreError

MAP = ContextMap(
    tree="tree",
    tests=("t.py::a", "t.py::\udcff"),
    files=(FileContexts(path="src/\udcff.py", blob="b" * 40, lines=((0, 2), (1, 1 << 900))),),
)


def test_a_map_comes_back_whole() -> None:
    assert decode_contexts(encode_contexts(MAP)) == MAP


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        ["tree", [], []] * 2,
        ["tree", [1], []],
        [1, [], []],
        ["tree", ["t"], [["a.py", "b", [[1, "2"]]]]],
        ["tree", ["t"], [["a.py", "b", [[-1, "2"]]]]],
        ["tree", ["t"], [["a.py", "b", [[0, "zz"]]]]],
        ["tree", ["t"], [["a.py", "b"]]],
    ],
)
def test_what_is_no_map_is_refused(document: object) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        decode_contexts(pack(MARK, document))


@pytest.mark.parametrize("payload", [b"", b"CGM2", MARK, MARK + bytes(40)])
def test_what_is_no_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(StoreError):
        decode_contexts(payload)


def test_a_map_of_many_files_is_small() -> None:
    # A thousand files of 130 lines, each run by twenty of five hundred tests.
    tests = [f"tests/test_part_{number:03}.py::test_it" for number in range(500)]
    ran = {
        f"src/package/module_{number:04}.py": {
            tests[(number * 7 + each) % 500]: bits_of(range(1 + each, 131, 1 + each % 3))
            for each in range(20)
        }
        for number in range(1000)
    }
    payload = encode_contexts(context_map("tree", dict.fromkeys(ran, "b" * 40), ran))
    assert len(payload) < 2_000_000
