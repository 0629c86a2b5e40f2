import json

import pytest

from coverage_gate.adapters.measure.analysis_answer import (
    BadAnswerError,
    file_of,
    header_of,
    read_object,
)
from coverage_gate.core.counting import BrokenFile, Jump, Run, StaticFile
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import Span

HEADER: dict[str, object] = {
    "schema": 1,
    "python": "3.11.7",
    "coverage": "7.17.3",
    "c_tracer": True,
    "listed": ["a.py", "b.py"],
    "eligible": ["c.py"],
}
FILE: dict[str, object] = {
    "path": "a.py",
    "statements": [1, 2],
    "excluded": [5],
    "runs": [[3, 4, 2], [7, 7, 6]],
    "spans": [["A.f", "function", 1, 4, 2]],
    "trivial": [2],
    "silent": [[3, 3], [6, 8]],
    "branches": [[1, -1], [1, 2]],
    "unbranched": [1],
    "jumps": [[[2, 1], [2, 5], [[2, 1]]], [[1, 5], None, [[1, 5]]]],
    "jumps_drop_last": True,
    "loops": [[2, 1]],
}
KNOWN = ["a.py", "b.py", "c.py"]


def read_file(told: dict[str, object]) -> StaticFile | BrokenFile:
    return file_of(told, path="a.py", blob="b1", is_listed=True)


def test_a_header_tells_the_versions_and_the_files_in_the_order_of_the_answers() -> None:
    header = header_of(HEADER, KNOWN)
    assert (header.python, header.coverage, header.has_c_tracer) == ("3.11.7", "7.17.3", True)
    assert header.paths == ("a.py", "b.py", "c.py")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema is 2"),
        ({"schema": None}, "schema is None"),
        ({"python": 3}, "python is no text"),
        ({"c_tracer": 1}, "c_tracer is no truth value"),
        ({"listed": "a.py"}, "listed is no list"),
        ({"listed": [1]}, "listed holds something that is no text"),
        ({"listed": ["a.py", "c.py"]}, "named twice"),
        ({"listed": ["a.py", "../d.py"]}, "not asked for"),
    ],
)
def test_a_header_that_is_not_well_formed_is_refused(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(BadAnswerError, match=message):
        header_of(HEADER | change, KNOWN)


def test_all_facts_of_a_file_are_read() -> None:
    assert read_file(FILE) == StaticFile(
        path="a.py",
        blob="b1",
        is_listed=True,
        statements=bits_of([1, 2]),
        excluded=bits_of([5]),
        branches=((1, -1), (1, 2)),
        unbranched=bits_of([1]),
        runs=(Run(first=3, last=4, target=2), Run(first=7, last=7, target=6)),
        jumps=(
            Jump(arc=(2, 1), becomes=(2, 5), drops=((2, 1),)),
            Jump(arc=(1, 5), becomes=None, drops=((1, 5),)),
        ),
        jumps_drop_last=True,
        loops=((2, 1),),
        spans=(Span(name="A.f", kind="function", first=1, last=4, header=2),),
        trivial=bits_of([2]),
        silent=bits_of([3, 6, 7, 8]),
    )


def test_what_an_analysis_of_lines_leaves_out_is_empty() -> None:
    told = {key: FILE[key] for key in ("path", "statements", "excluded", "runs", "spans")}
    file = read_file(told)
    assert isinstance(file, StaticFile)
    assert (file.branches, file.jumps, file.loops, file.jumps_drop_last) == ((), (), (), False)


@pytest.mark.parametrize("line", [3, None])
def test_a_file_that_cannot_be_counted_is_told_as_broken(line: int | None) -> None:
    told: dict[str, object] = {"path": "a.py", "error": {"line": line, "message": "m" * 1000}}
    assert read_file(told) == BrokenFile(
        path="a.py", blob="b1", is_listed=True, line=line, message="m" * 300
    )


LINE = "holds something that is no line"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "b.py"}, "'b.py' is answered, and not 'a.py'"),
        ({"path": None}, "None is answered"),
        ({"error": "x"}, "is no object"),
        ({"error": {"line": 1}}, "message is no text"),
        ({"error": {"line": -1, "message": "m"}}, "in no line"),
        ({"error": {"line": True, "message": "m"}}, "in no line"),
        ({"statements": None}, "statements is no list"),
        ({"statements": [0]}, LINE),
        ({"statements": [True]}, LINE),
        ({"statements": [1.0]}, LINE),
        ({"statements": [1_000_002]}, LINE),
        ({"excluded": ["1"]}, LINE),
        ({"unbranched": [-1]}, LINE),
        ({"branches": [[1, 2], [1, 2]]}, "not in order"),
        ({"branches": [[2, 1], [1, 2]]}, "not in order"),
        ({"branches": [[0, 1]]}, "an arc is none"),
        ({"branches": [[-1, 1]]}, "an arc is none"),
        ({"branches": [[1, 0]]}, "an arc is none"),
        ({"branches": [[1, True]]}, "an arc is none"),
        ({"branches": [[1, 10**12]]}, "an arc is none"),
        ({"branches": [[1, 2, 3]]}, "an arc is none"),
        ({"branches": [7]}, "an arc is none"),
        ({"loops": [["1", 2]]}, "an arc is none"),
        ({"runs": [[1, 2]]}, "a run is none"),
        ({"runs": [[1, 2, 0]]}, "a run is none"),
        ({"runs": [[3, 2, 1]]}, "line 3 comes after line 2"),
        ({"runs": [[1, 4, 1], [4, 5, 4]]}, "runs are not in order"),
        ({"jumps": [[[1, 2], [1, 3]]]}, "a jump is none"),
        ({"jumps": [[[1, 2], [1, 3], None]]}, "a jump is none"),
        ({"jumps": [[[1, 2], 5, []]]}, "an arc is none"),
        ({"jumps_drop_last": 0}, "no truth value"),
        ({"spans": [["f", "method", 1, 2, 1]]}, "a span is none"),
        ({"spans": [[1, "class", 1, 2, 1]]}, "a span is none"),
        ({"spans": [["f", "class", 0, 2, 1]]}, "a span is none"),
        ({"spans": [["f", "class", 1, 2]]}, "a span is none"),
        ({"spans": [["f", "class", 3, 4, 2]]}, "line 3 comes after line 2"),
        ({"spans": [["f", "class", 1, 2, 3]]}, "line 3 comes after line 2"),
        ({"trivial": [0]}, LINE),
        ({"silent": [[0, 1]]}, "no range"),
        ({"silent": [[2, 1]]}, "no range"),
        ({"silent": [[1, 3], [3, 4]]}, "no range"),
        ({"silent": [[1, 1_000_002]]}, "no range"),
        ({"silent": [3]}, "no range"),
    ],
)
def test_facts_that_are_not_well_formed_are_refused(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(BadAnswerError, match=message):
        read_file(FILE | change)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"null",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_plain_json_object_is_refused(line: bytes) -> None:
    with pytest.raises(BadAnswerError):
        read_object(line)


def test_a_line_is_read_as_it_was_written() -> None:
    assert read_object(json.dumps(FILE).encode()) == FILE
