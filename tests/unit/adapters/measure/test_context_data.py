"""Which test ran which lines, as coverage.py wrote it, and what is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from coverage.data import CoverageData

from coverage_gate.adapters.measure.context_data import Contexts, read_contexts, statements_of
from coverage_gate.adapters.measure.data_file import BadDataError
from coverage_gate.core.counting import Run, StaticFile
from coverage_gate.core.linebits import bits_of

ROOT = Path("/exports/one")
KNOWN = frozenset({"src/a.py"})
FILE = "/exports/one/src/a.py"


def lines_file(file: Path, contexts: dict[str, list[int]]) -> Path:
    data = CoverageData(str(file))
    for name, lines in contexts.items():
        data.set_context(name)
        data.add_lines({FILE: lines, "/elsewhere/b.py": [1]})
    data.close()
    return file


def read(*files: Path, branch: bool = False) -> Contexts:
    return read_contexts(files, ROOT, known=KNOWN, branch=branch, max_bytes=10**7)


def test_lines_are_read_by_context_and_those_of_none_left_out(tmp_path: Path) -> None:
    one = lines_file(tmp_path / "one", {"": [1], "t::a": [2, 3], "t::b": [3]})
    two = lines_file(tmp_path / "two", {"t::a": [5]})
    assert read(one, two) == {"src/a.py": {"t::a": bits_of([2, 3, 5]), "t::b": bits_of([3])}}


def test_arcs_are_read_as_the_lines_that_they_lead_to(tmp_path: Path) -> None:
    data = CoverageData(str(tmp_path / "arcs"))
    data.set_context("t::a")
    data.add_arcs({FILE: [(-1, 2), (2, 3), (3, -1)]})
    data.close()
    assert read(tmp_path / "arcs", branch=True) == {"src/a.py": {"t::a": bits_of([2, 3])}}


@pytest.mark.parametrize(
    ("script", "branch"),
    [
        ("DROP TABLE context", False),
        ("UPDATE context SET context = x'00'", False),
        ("UPDATE line_bits SET numbits = 'x'", False),
        ("INSERT INTO arc VALUES (1, 1, 'x', 'y')", True),
    ],
)
def test_what_coverage_py_does_not_write_is_refused(
    tmp_path: Path,
    script: str,
    branch: bool,
) -> None:
    file = lines_file(tmp_path / "data", {"t::a": [2]})
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.executescript(script)
    with pytest.raises(BadDataError):
        read(file, branch=branch)


def test_statements_of_several_lines_are_told_by_their_first() -> None:
    static = StaticFile(
        path="src/a.py",
        blob="b",
        is_listed=True,
        statements=bits_of([1, 3, 7]),
        runs=(Run(first=4, last=5, target=3), Run(first=8, last=9, target=7)),
    )
    ran = {"src/a.py": {"t::a": bits_of([1, 2, 5])}}
    assert statements_of(ran, [static]) == {"src/a.py": {"t::a": bits_of([1, 3])}}
