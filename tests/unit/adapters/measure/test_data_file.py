import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from coverage.data import CoverageData

from coverage_gate.adapters.measure.data_file import (
    BadDataError,
    DataLimits,
    RawData,
    read_raw,
)
from coverage_gate.core.counting import RawFile
from coverage_gate.core.linebits import bits_of

ROOT = Path("/exports/one")
KNOWN = frozenset({"src/a.py", "src/b.py"})
LIMITS = DataLimits()


def read(
    *files: Path,
    branch: bool = False,
    max_bytes: int = 10**7,
    limits: DataLimits = LIMITS,
    known: frozenset[str] = KNOWN,
) -> RawData:
    return read_raw(files, ROOT, known=known, branch=branch, max_bytes=max_bytes, limits=limits)


def lines_file(file: Path, *contexts: dict[str, Sequence[int]]) -> Path:
    data = CoverageData(str(file))
    for number, lines in enumerate(contexts):
        data.set_context(f"context {number}")
        data.add_lines(lines)
        data.touch_files(list(lines))
    data.close()
    return file


def arcs_file(file: Path, arcs: dict[str, Sequence[tuple[int, int]]]) -> Path:
    data = CoverageData(str(file))
    data.add_arcs(arcs)
    data.touch_files(list(arcs))
    data.close()
    return file


def changed(file: Path, script: str) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
    return file


def error_of(*files: Path, branch: bool = False, limits: DataLimits = LIMITS) -> str:
    with pytest.raises(BadDataError) as caught:
        read(*files, branch=branch, limits=limits)
    return str(caught.value)


def test_lines_are_read_as_coverage_py_wrote_them(tmp_path: Path) -> None:
    file = lines_file(tmp_path / "d", {"/exports/one/src/a.py": [1, 7, 8, 900]})
    assert read(file) == RawData(
        has_arcs=False, files={"src/a.py": RawFile(lines=bits_of([1, 7, 8, 900]))}
    )


def test_arcs_are_read_and_their_ends_are_the_lines(tmp_path: Path) -> None:
    arcs = [(-1, 1), (1, 2), (2, -1)]
    file = arcs_file(tmp_path / "d", {"/exports/one/src/a.py": arcs})
    assert read(file, branch=True) == RawData(
        has_arcs=True, files={"src/a.py": RawFile(lines=bits_of([1, 2]), arcs=frozenset(arcs))}
    )


def test_a_measured_file_without_a_line_is_claimed_all_the_same(tmp_path: Path) -> None:
    lines = lines_file(tmp_path / "l", {"/exports/one/src/a.py": []})
    arcs = arcs_file(tmp_path / "a", {"/exports/one/src/a.py": []})
    assert read(lines).files == {"src/a.py": RawFile(lines=0)}
    assert read(arcs, branch=True).files == {"src/a.py": RawFile(lines=0, arcs=frozenset())}


def test_several_files_and_contexts_are_united(tmp_path: Path) -> None:
    one = lines_file(
        tmp_path / "one", {"/exports/one/src/a.py": [1]}, {"/exports/one/src/a.py": [2]}
    )
    two = lines_file(tmp_path / "two", {"/exports/one/src/a.py": [3], "/exports/one/src/b.py": [1]})
    assert read(one, two) == read(two, one)
    assert {path: file.lines for path, file in read(one, two).files.items()} == {
        "src/a.py": bits_of([1, 2, 3]),
        "src/b.py": bits_of([1]),
    }


def test_arcs_of_several_files_are_united(tmp_path: Path) -> None:
    one = arcs_file(tmp_path / "one", {"/exports/one/src/a.py": [(1, 2)]})
    two = arcs_file(tmp_path / "two", {"/exports/one/src/a.py": [(1, 3)]})
    (file,) = read(one, two, branch=True).files.values()
    assert file == RawFile(lines=bits_of([1, 2, 3]), arcs=frozenset({(1, 2), (1, 3)}))


def test_files_that_are_not_known_claim_nothing(tmp_path: Path) -> None:
    odd = ["/exports/one/src/c.py", "/exports/one2/src/a.py", "src/a.py", "/exports/one//src/a.py"]
    odd += ["/exports/one/../one/src/a.py", "/x\x1b[31m\n.py", "/" + "y" * 500]
    assert read(lines_file(tmp_path / "d", {name: [1] for name in odd})).files == {}


def test_no_file_an_empty_file_and_a_file_without_data_measured_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    unused = lines_file(tmp_path / "unused", {})
    changed(unused, "DELETE FROM meta")
    nothing = RawData(has_arcs=None, files={})
    assert (read(), read(empty, unused)) == (nothing, nothing)


def test_lines_where_branches_were_to_be_measured_are_refused(tmp_path: Path) -> None:
    file = lines_file(tmp_path / "d.1", {"/exports/one/src/a.py": [1]})
    assert error_of(file, branch=True) == "d.1: holds lines where branches were to be measured"
    arcs = arcs_file(tmp_path / "d.2", {"/exports/one/src/a.py": [(1, 2)]})
    assert error_of(file, arcs) == "d.2: holds branches where lines were to be measured"


def test_claims_about_lines_that_no_file_has_are_dropped(tmp_path: Path) -> None:
    far = arcs_file(
        tmp_path / "a", {"/exports/one/src/a.py": [(1, 2), (1, 2**62), (-(2**62), 1), (0, 2)]}
    )
    (file,) = read(far, branch=True).files.values()
    assert file == RawFile(lines=bits_of([1, 2]), arcs=frozenset({(1, 2), (0, 2)}))
    near = lines_file(tmp_path / "l", {"/exports/one/src/a.py": [1]})
    changed(near, "UPDATE line_bits SET numbits = CAST(x'ff' || zeroblob(200000) || x'ff' AS BLOB)")
    assert read(near).files["src/a.py"].lines == bits_of(range(1, 8))


COMPUTED = """
    DROP TABLE line_bits;
    CREATE TABLE line_bits (
        file_id integer, numbits blob GENERATED ALWAYS AS (zeroblob(9))
    )
"""
TEXT_IDS = """
    DROP TABLE file;
    CREATE TABLE file (id text, path text);
    INSERT INTO file VALUES ('1', 'x')
"""


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("DROP TABLE meta", "no ordinary table meta"),
        ("DROP TABLE arc", "no ordinary table arc"),
        ("DROP TABLE file; CREATE VIEW file AS SELECT 1 AS id, 'x' AS path", "table file"),
        (
            "DROP TABLE file; CREATE VIRTUAL TABLE file USING fts5(id, path)",
            "no ordinary table file",
        ),
        ("ALTER TABLE file RENAME COLUMN path TO name", "columns"),
        (COMPUTED, "columns"),
        ("UPDATE coverage_schema SET version = 6", "schema [(6,)]"),
        ("INSERT INTO coverage_schema VALUES (7)", "schema [(7,), (7,)]"),
        ("DELETE FROM coverage_schema", "schema []"),
        ("UPDATE meta SET value = 'x' WHERE key = 'has_arcs'", "has_arcs is ['x']"),
        ("UPDATE meta SET value = x'31' WHERE key = 'has_arcs'", "has_arcs is [b'1']"),
        ("UPDATE line_bits SET numbits = 'text'", "line_bits holds"),
        ("UPDATE line_bits SET numbits = NULL", "line_bits holds"),
        ("UPDATE line_bits SET file_id = 'x'", "line_bits holds"),
        ("UPDATE line_bits SET numbits = zeroblob(2000000)", "too big"),
        ("UPDATE file SET path = x'00'", "table file holds"),
        ("UPDATE file SET path = CAST(x'ff' AS TEXT)", "UTF-8"),
        (TEXT_IDS, "table file holds"),
    ],
)
def test_a_file_that_coverage_py_does_not_write_is_refused(
    script: str, message: str, tmp_path: Path
) -> None:
    file = lines_file(tmp_path / "data.7", {"/exports/one/src/a.py": [1]})
    said = error_of(changed(file, script))
    assert said.startswith("data.7: ")
    assert message in said


@pytest.mark.parametrize("column", ["file_id", "fromno", "tono"])
@pytest.mark.parametrize("value", ["'x'", "1.5", "NULL", "x'00'"])
def test_an_arc_that_is_not_made_of_numbers_is_refused(
    column: str, value: str, tmp_path: Path
) -> None:
    file = arcs_file(tmp_path / "d", {"/exports/one/src/a.py": [(1, 2)]})
    changed(file, f"UPDATE arc SET {column} = {value}")  # noqa: S608 - our own values
    assert "the table arc holds a value of a wrong type" in error_of(file, branch=True)


def test_rows_of_a_file_that_is_not_there_count_nothing(tmp_path: Path) -> None:
    arcs = arcs_file(tmp_path / "a", {"/exports/one/src/a.py": [(1, 2)]})
    lines = lines_file(tmp_path / "l", {"/exports/one/src/a.py": [1]})
    for file in (arcs, lines):
        changed(file, "UPDATE arc SET file_id = 99; UPDATE line_bits SET file_id = 99")
    assert read(arcs, branch=True).files["src/a.py"].arcs == frozenset()
    assert read(lines).files["src/a.py"].lines == 0


def test_what_an_index_says_of_a_table_is_not_believed(tmp_path: Path) -> None:
    file = arcs_file(tmp_path / "d", {"/exports/one/src/a.py": [(1, 2), (1, 3)]})
    # The index of another table that has the same columns and a row more takes its place.
    changed(
        file,
        """
        CREATE TABLE forged (file_id integer, context_id integer, fromno integer, tono integer,
            unique (file_id, context_id, fromno, tono));
        INSERT INTO forged SELECT * FROM arc; INSERT INTO forged VALUES (1, 1, 9, 9);
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET rootpage =
            (SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_forged_1')
            WHERE name = 'sqlite_autoindex_arc_1';
        """,
    )
    (claims,) = read(file, branch=True).files.values()
    assert claims.arcs == frozenset({(1, 2), (1, 3)})


@pytest.mark.parametrize(
    "content", [b"x", b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 4096, b"\0" * 9000]
)
def test_a_file_that_is_no_database_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "d\x1b[2J"
    file.write_bytes(content)
    assert error_of(file).startswith("d\\x1b[2J: ")


def test_a_cut_off_database_is_refused(tmp_path: Path) -> None:
    file = lines_file(tmp_path / "d", {"/exports/one/src/a.py": [1]})
    os.truncate(file, 5000)
    assert "d: cannot be read" in error_of(file)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    real = lines_file(tmp_path / "real", {"/exports/one/src/a.py": [1]})
    link, pipe, folder = tmp_path / "link", tmp_path / "pipe", tmp_path / "folder"
    link.symlink_to(real)
    os.mkfifo(pipe)
    folder.mkdir()
    assert "cannot be read" in error_of(link)
    assert error_of(pipe) == "pipe: is no regular file"
    assert error_of(folder) == "folder: is no regular file"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "FileNotFoundError" in error_of(tmp_path / "gone")


def test_files_larger_than_the_limit_together_are_refused_however_empty(tmp_path: Path) -> None:
    small = lines_file(tmp_path / "a", {"/exports/one/src/a.py": [1]})
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as stream:
        stream.truncate(9_990_000)
    size = small.stat().st_size
    with pytest.raises(BadDataError, match=f"larger than {10**7 - size} bytes"):
        read(small, sparse)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    assert "2 data files" in error_of(
        tmp_path / "a", tmp_path / "b", limits=replace(LIMITS, files=1)
    )


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    arcs = [(1, end) for end in range(1, 50)]
    file = arcs_file(tmp_path / "d", {"/exports/one/src/a.py": arcs})
    with pytest.raises(BadDataError, match="more rows"):
        read(file, branch=True, limits=replace(LIMITS, rows=30))


def test_reading_ends_at_the_time_limit(tmp_path: Path) -> None:
    arcs = [(start, end) for start in range(1, 100) for end in range(1, 200)]
    file = arcs_file(tmp_path / "d", {"/exports/one/src/a.py": arcs})
    with pytest.raises(BadDataError, match="interrupted"):
        read(file, branch=True, limits=replace(LIMITS, seconds=-1.0))


def test_a_database_whose_table_leads_in_a_circle_ends(tmp_path: Path) -> None:
    file = arcs_file(
        tmp_path / "d", {"/exports/one/src/a.py": [(1, end) for end in range(1, 3000)]}
    )
    content = bytearray(file.read_bytes())
    with closing(sqlite3.connect(file)) as connection:
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name='arc'").fetchone()
    start = (root[0] - 1) * page
    cells = int.from_bytes(content[start + 3 : start + 5], "big")
    for cell in range(cells):
        pointer = start + 12 + 2 * cell
        child = start + int.from_bytes(content[pointer : pointer + 2], "big")
        content[child : child + 4] = root[0].to_bytes(4, "big")
    file.write_bytes(content)
    with pytest.raises(BadDataError):
        read(file, branch=True)


def test_a_name_with_the_marks_of_an_address_is_read(tmp_path: Path) -> None:
    file = lines_file(tmp_path / "d", {"/exports/one/src/a.py": [1]})
    odd = file.rename(tmp_path / "d%41?mode=memory#x&y")
    assert read(odd).files["src/a.py"].lines == bits_of([1])


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(tmp_path: Path) -> None:
    file = lines_file(tmp_path / "d", {"/exports/one/src/a.py": [1]})
    other = lines_file(tmp_path / "other", {"/exports/one/src/a.py": [1, 2, 3]})

    class Replacing(frozenset[str]):
        """Known paths that replace the file when they are asked."""

        def __contains__(self, path: object) -> bool:
            if other.exists():
                other.replace(file)
            return super().__contains__(path)

    assert read(file, known=Replacing(KNOWN)).files["src/a.py"].lines == bits_of([1])
    assert not other.exists()


def test_a_file_that_needs_more_memory_than_there_is_is_refused(tmp_path: Path) -> None:
    file = lines_file(tmp_path / "d", {"/exports/one/src/a.py": [1]})

    class Full(frozenset[str]):
        """Known paths without any memory left to look into them."""

        def __contains__(self, path: object) -> bool:
            raise MemoryError

    with pytest.raises(BadDataError, match="d: needs too much memory"):
        read(file, known=Full())


def test_reading_leaves_no_file_behind(tmp_path: Path) -> None:
    file = lines_file(tmp_path / "d", {"/exports/one/src/a.py": [1]})
    changed(file, "PRAGMA journal_mode = WAL")
    before = file.read_bytes()
    # coverage.py keeps no log beside its data.
    assert "cannot be read" in error_of(file)
    assert (sorted(tmp_path.iterdir()), file.read_bytes()) == ([file], before)


CANARY = Path("/exports/data/x/c1.py")


def canary_in(*files: Path, branch: bool = False) -> RawData:
    return read_raw(files, ROOT, known=KNOWN, branch=branch, max_bytes=10**7, canary=CANARY)


def test_a_canary_that_is_only_named_did_not_run(tmp_path: Path) -> None:
    lines = lines_file(tmp_path / "l", {str(CANARY): [], "/exports/one/src/a.py": [1]})
    arcs = arcs_file(tmp_path / "a", {str(CANARY): []})
    assert canary_in(lines) == RawData(has_arcs=False, files={"src/a.py": RawFile(lines=2)})
    assert canary_in(arcs, branch=True) == RawData(has_arcs=True, files={})


def test_a_canary_that_ran_is_told(tmp_path: Path) -> None:
    lines = lines_file(tmp_path / "l", {str(CANARY): [2]})
    arcs = arcs_file(tmp_path / "a", {str(CANARY): [(-1, 1)]})
    assert canary_in(lines) == RawData(has_arcs=False, files={}, has_canary=True)
    assert canary_in(arcs, branch=True) == RawData(has_arcs=True, files={}, has_canary=True)


def test_the_claims_of_all_files_are_a_mapping(tmp_path: Path) -> None:
    a, b = "/exports/one/src/a.py", "/exports/one/src/b.py"
    one = arcs_file(tmp_path / "1", {b: [(1, 2)], a: [(-1, 1)]})
    other = arcs_file(tmp_path / "2", {b: [(1, 2)]})
    files = read(one, other, branch=True).files
    assert list(files) == ["src/a.py", "src/b.py"]
    assert len(files) == 2
    assert "src/a.py" in files
    assert "src/c.py" not in files
    assert files.get("src/c.py") is None
    assert files["src/b.py"] == RawFile(lines=bits_of([1, 2]), arcs=frozenset({(1, 2)}))
