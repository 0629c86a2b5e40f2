"""The numbers of files as bytes, and what is refused on the way back."""

import pytest

from coverage_gate.adapters.stores.codec import pack
from coverage_gate.adapters.stores.history_codec import MARK, decode_files, encode_files
from coverage_gate.core.history import FileCounts
from coverage_gate.core.rates import Counts
from coverage_gate.ports import StoreError

FILES = (
    FileCounts(path="a.py", lines=Counts(covered=3, total=4)),
    FileCounts(
        path="src/\udcff.py", lines=Counts(covered=0, total=0), branches=Counts(covered=1, total=2)
    ),
)


@pytest.mark.parametrize("files", [(), FILES])
def test_files_come_back_whole(files: tuple[FileCounts, ...]) -> None:
    assert decode_files(encode_files(files)) == files


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        [[]],
        [["a.py", 1, 2, 3]],
        [["a.py", 2, 1, 0, 0]],
        [["a.py", 1, 2, -1, 0]],
        [["a.py", 1.0, 2, 0, 0]],
        [["a.py", True, 2, 0, 0]],
        [[1, 1, 2, 0, 0]],
    ],
)
def test_what_holds_no_files_is_refused(document: object) -> None:
    with pytest.raises(StoreError, match="point of the history cannot be read"):
        decode_files(pack(MARK, document))


def test_the_files_of_a_large_project_take_little_room() -> None:
    many = [
        FileCounts(
            path=f"src/package/part_{number % 40}/module_{number}.py",
            lines=Counts(covered=number % 90, total=130),
        )
        for number in range(10_000)
    ]
    assert len(encode_files(many)) < 150_000
