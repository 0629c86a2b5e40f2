"""Following a file that somebody else writes."""

import os
from pathlib import Path

from coverage_gate.adapters.sandbox.growing import GrowingFile


def test_lines_are_counted_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "record"
    growing = GrowingFile(path=path)
    seen = [growing.look()]
    for text in ("a\nb", "b\n", ""):
        with path.open("a") as file:
            file.write(text)
        seen.append(growing.look())
    assert seen == [0, 1, 2, 2]


def test_a_fifo_in_place_of_the_file_neither_blocks_nor_counts(tmp_path: Path) -> None:
    path = tmp_path / "record"
    os.mkfifo(path)
    assert GrowingFile(path=path).look() == 0


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("a\n")
    (tmp_path / "record").symlink_to("other")
    assert GrowingFile(path=tmp_path / "record").look() == 0
