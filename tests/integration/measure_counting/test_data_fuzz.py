import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from coverage.data import CoverageData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.measure.data_file import BadDataError, DataLimits, RawData, read_raw

ROOT = Path("/root/of/export")
KNOWN = frozenset({"a.py", "src/b.py"})
LIMITS = DataLimits(seconds=2.0)


def arcs_bytes(folder: Path) -> bytes:
    data = CoverageData(str(folder / "arcs"))
    arcs = [(line, line + 1) for line in range(1, 400)]
    data.add_arcs({str(ROOT / "a.py"): arcs, str(ROOT / "src/b.py"): [(-1, 1), (1, -1)]})
    data.close()
    return (folder / "arcs").read_bytes()


def lines_bytes(folder: Path) -> bytes:
    data = CoverageData(str(folder / "lines"))
    data.add_lines({str(ROOT / "a.py"): range(1, 5000), str(ROOT / "src/b.py"): [3]})
    data.close()
    return (folder / "lines").read_bytes()


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, bytes]:
    """Whether it has arcs → a data file as coverage.py writes it."""
    folder = tmp_path_factory.mktemp("originals")
    return {True: arcs_bytes(folder), False: lines_bytes(folder)}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "data"


def read(file: Path, *, branch: bool) -> RawData | None:
    """What is read; None when it is refused. Nothing else may happen."""
    try:
        return read_raw([file], ROOT, known=KNOWN, branch=branch, max_bytes=10**6, limits=LIMITS)
    except BadDataError:
        return None


def holds(raw: RawData | None, *, branch: bool) -> bool:
    """Whether what was read has the form that it promises."""
    if raw is None:
        return True
    numbers = [
        number for claims in raw.files.values() for arc in claims.arcs or () for number in arc
    ]
    return (
        raw.has_arcs in (None, branch)
        and set(raw.files) <= KNOWN
        and all(type(number) is int and abs(number) <= 10**7 for number in numbers)
    )


#: Where a change does most: the header, the schema, the beginnings of pages; and anywhere.
PLACES = st.one_of(
    st.integers(0, 120),
    st.integers(0, 4096),
    st.builds(lambda page, place: page * 4096 + place, st.integers(0, 20), st.integers(0, 40)),
    st.integers(0, 80_000),
)
CHANGES = st.lists(
    st.tuples(
        PLACES,
        st.one_of(
            st.binary(min_size=1, max_size=8),
            st.sampled_from([b"\xff" * 4, b"\0" * 8, b"\x7f\xff\xff\xff", b"\x81" * 9]),
        ),
    ),
    min_size=1,
    max_size=6,
)
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(FUZZ, max_examples=1200)
@given(branch=st.booleans(), changes=CHANGES, cut=st.none() | st.integers(0, 80_000))
def test_a_changed_file_is_read_or_refused_and_nothing_else(
    branch: bool,
    changes: list[tuple[int, bytes]],
    cut: int | None,
    originals: dict[bool, bytes],
    file: Path,
) -> None:
    content = bytearray(originals[branch])
    for place, patch in changes:
        start = place % len(content)
        content[start : start + len(patch)] = patch
    file.write_bytes(content[:cut])
    assert holds(read(file, branch=branch), branch=branch)


@settings(FUZZ, max_examples=400)
@given(
    branch=st.booleans(),
    swaps=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=5),
)
def test_a_file_with_pages_at_other_places_is_read_or_refused(
    branch: bool, swaps: list[tuple[int, int]], originals: dict[bool, bytes], file: Path
) -> None:
    content = originals[branch]
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    for one, other in swaps:
        pages[one % len(pages)] = pages[other % len(pages)]
    file.write_bytes(b"".join(pages))
    assert holds(read(file, branch=branch), branch=branch)


@settings(FUZZ, max_examples=300)
@given(
    content=st.one_of(
        st.binary(max_size=300), st.binary(max_size=300).map(b"SQLite format 3\0".__add__)
    )
)
def test_any_bytes_are_refused_or_hold_nothing(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    raw = read(file, branch=True)
    assert raw is None or raw.has_arcs is None


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.sampled_from(["0", "1", str(ROOT / "a.py"), f"{ROOT}/../x.py", "has_arcs", 7, 1]),
)
COLUMNS = st.sampled_from(
    [
        *(("meta", "key"), ("meta", "value"), ("file", "id"), ("file", "path")),
        *(("arc", "file_id"), ("arc", "fromno"), ("arc", "tono"), ("arc", "context_id")),
        *(("line_bits", "file_id"), ("line_bits", "numbits"), ("coverage_schema", "version")),
    ]
)


@settings(FUZZ, max_examples=150)
@given(branch=st.booleans(), changes=st.lists(st.tuples(COLUMNS, VALUES), min_size=1, max_size=3))
def test_any_value_in_any_column_is_read_or_refused(
    branch: bool,
    changes: list[tuple[tuple[str, str], object]],
    originals: dict[bool, bytes],
    file: Path,
) -> None:
    file.write_bytes(originals[branch])
    with closing(sqlite3.connect(file)) as connection, connection:
        for (table, column), value in changes:
            update = f"UPDATE OR REPLACE {table} SET {column} = ? WHERE rowid % 3 = 1"  # noqa: S608 - our own names
            try:
                connection.execute(update, (value,))
            except (sqlite3.Error, UnicodeEncodeError):
                continue
    assert holds(read(file, branch=branch), branch=branch)


def test_reading_hostile_files_leaves_no_handle_open(
    originals: dict[bool, bytes], tmp_path: Path
) -> None:
    file = tmp_path / "data"
    file.write_bytes(originals[True][:9000])
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir()))
    for _ in range(20):
        assert read(file, branch=True) is None
    assert len(list(handles.iterdir())) <= before
