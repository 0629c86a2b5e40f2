"""What the tests' process leaves, and what the static analysis answers, as hostile bytes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from coverage.data import CoverageData
from tests.fuzz.mutator import JsonMutator, Mutator
from tests.fuzz.trial import Trial

from coverage_gate.adapters.measure.analysis_answer import (
    BadAnswerError,
    file_of,
    header_of,
    read_object,
)
from coverage_gate.adapters.measure.data_file import BadDataError, DataLimits, RawData, read_raw
from coverage_gate.adapters.measure.interpreter import _check, _interpreter, _last_line
from coverage_gate.adapters.measure.outcomes import (
    BadClaimsError,
    Claims,
    Summary,
    read_claims,
    read_outcomes,
    read_summary,
    read_unfinished,
)
from coverage_gate.adapters.measure.printed import last_lines, printable_text
from coverage_gate.core.counting import BrokenFile, StaticFile, combine
from coverage_gate.core.forgery import forged_files
from coverage_gate.core.measurement import TestOutcome

ROOT = Path("/exports/one")
KNOWN = frozenset({"a.py", "src/b.py"})
LIMITS = DataLimits(seconds=2.0)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Where a file is fastest: in memory, where there is such a place."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own below
    place = memory / f"fuzz-{tmp_path.name}-{id(tmp_path)}" if memory.is_dir() else tmp_path / "x"
    yield place
    place.unlink(missing_ok=True)


def written(parse: Callable[[Path], object], file: Path) -> Callable[[bytes], object]:
    """The parser of a file as one of bytes."""

    def parse_bytes(content: bytes) -> object:
        file.write_bytes(content)
        return parse(file)

    return parse_bytes


def data_of(folder: Path, *, branch: bool) -> bytes:
    data = CoverageData(str(folder / f"d{branch}"))
    if branch:
        arcs = [(line, line + 1) for line in range(1, 60)]
        data.add_arcs({f"{ROOT}/a.py": arcs, f"{ROOT}/src/b.py": [(-1, 1), (1, -1)], "/x.py": []})
    else:
        data.add_lines({f"{ROOT}/a.py": range(1, 500), f"{ROOT}/src/b.py": [3]})
    data.close()
    with closing(sqlite3.connect(folder / f"d{branch}")) as connection:
        # Smaller pages: a change hits something more often.
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
    return (folder / f"d{branch}").read_bytes()


def is_raw_data(raw: RawData) -> bool:
    numbers = [
        number for claims in raw.files.values() for arc in claims.arcs or () for number in arc
    ]
    return (
        set(raw.files) <= KNOWN
        and all(type(number) is int and abs(number) <= 10**7 for number in numbers)
        and all(claims.lines >= 0 for claims in raw.files.values())
    )


@pytest.mark.parametrize("branch", [True, False], ids=["branches", "lines"])
def test_a_data_file_is_read_or_refused(branch: bool, file: Path, tmp_path: Path) -> None:
    trial = Trial(name=f"data {branch}")
    honest = data_of(tmp_path, branch=branch)
    mutator = Mutator(corpus=[honest], random=trial.random())

    def parse(content: bytes) -> RawData:
        file.write_bytes(content)
        return read_raw([file], ROOT, known=KNOWN, branch=branch, max_bytes=10**6, limits=LIMITS)

    assert is_raw_data(parse(honest))
    assert trial.run(mutator.next, parse, refuses=(BadDataError,), holds=is_raw_data) > 0


OUTCOMES: tuple[bytes, ...] = (
    (
        b'{"id": "tests/test_a.py::test_b", "outcome": "passed"}\n'
        b'{"id": "tests/test_a.py::test_c[\\u00e9\\ud800]", "outcome": "failed"}\n'
    ),
    b'{"id": "t", "outcome": "xfailed"}\n{"id": "t", "outcome": "error"}\n{"id": "u"',
)
CLAIMS = ({"exit": 1, "tracer": "CTracer", "foreign": {"app": "/x/app.py"}},)
SUMMARY = ({"deselected": 3, "foreign": {"app": "/x/app.py"}},)


def are_outcomes(outcomes: object) -> bool:
    return isinstance(outcomes, Mapping) and all(
        isinstance(test, str) and test.encode() is not None and isinstance(end, TestOutcome)
        for test, end in outcomes.items()
    )


def test_outcomes_are_read_or_refused(file: Path) -> None:
    trial = Trial(name="outcomes")
    mutator = Mutator(corpus=OUTCOMES, random=trial.random())
    parse = written(read_outcomes, file)
    assert trial.run(mutator.next, parse, refuses=(BadClaimsError,), holds=are_outcomes) > 0


def test_tests_that_did_not_end_are_read_or_refused(file: Path) -> None:
    trial = Trial(name="unfinished")
    mutator = Mutator(corpus=OUTCOMES, random=trial.random())
    parse = written(lambda path: read_unfinished(path, path), file)
    assert trial.run(mutator.next, parse, refuses=(BadClaimsError,)) > 0


def are_claims(claims: object) -> bool:
    return isinstance(claims, Claims) and type(claims.exit_status) is int


def test_claims_are_read_or_refused(file: Path) -> None:
    trial = Trial(name="claims")
    mutator = JsonMutator(corpus=CLAIMS, random=trial.random())
    parse = written(read_claims, file)
    assert trial.run(mutator.next, parse, refuses=(BadClaimsError,), holds=are_claims) > 0


def test_a_summary_is_read_or_refused(file: Path) -> None:
    trial = Trial(name="summary")
    mutator = JsonMutator(corpus=SUMMARY, random=trial.random())
    parse = written(read_summary, file)
    holds = lambda summary: isinstance(summary, Summary) and summary.deselected >= 0  # noqa: E731
    assert trial.run(mutator.next, parse, refuses=(BadClaimsError,), holds=holds) > 0


FACTS: Mapping[str, object] = {
    "path": "a.py",
    "statements": [1, 2, 6],
    "excluded": [5],
    "runs": [[3, 4, 2], [7, 7, 6]],
    "spans": [["A.f", "function", 1, 4, 2]],
    "trivial": [2],
    "silent": [[8, 9], [12, 40]],
    "branches": [[1, -1], [1, 2]],
    "unbranched": [1],
    "jumps": [[[2, 1], [2, 5], [[2, 1]]], [[1, 5], None, [[1, 5]]]],
    "jumps_drop_last": True,
    "loops": [[2, 1]],
}
BROKEN = {"path": "a.py", "error": {"line": 3, "message": "invalid syntax"}}
HEADER = {
    "schema": 1,
    "python": "3.11.7",
    "coverage": "7.17.3",
    "c_tracer": True,
    "listed": ["a.py"],
    "eligible": ["c.py"],
}


def test_facts_of_a_file_are_read_or_refused() -> None:
    trial = Trial(name="facts")
    mutator = JsonMutator(corpus=[FACTS, BROKEN], random=trial.random())

    def parse(line: bytes) -> StaticFile | BrokenFile:
        return file_of(read_object(line), path="a.py", blob="1", is_listed=True)

    def holds(found: StaticFile | BrokenFile) -> bool:
        """Whether it can be used, with nothing and with everything claimed."""
        if isinstance(found, BrokenFile):
            return True
        covered = combine(found, None, branch=True)
        return not covered.executed and forged_files([found], {}) == ()

    assert trial.run(mutator.next, parse, refuses=(BadAnswerError,), holds=holds) > 0


def test_the_header_of_an_analysis_is_read_or_refused() -> None:
    trial = Trial(name="header")
    mutator = JsonMutator(corpus=[HEADER], random=trial.random())
    parse = lambda line: header_of(read_object(line), ["a.py", "c.py"])  # noqa: E731
    assert trial.run(mutator.next, parse, refuses=(BadAnswerError,)) > 0


PROBED = {
    "minor": [3, 11],
    "version": "3.11.7",
    "implementation": "cpython",
    "coverage": "7.17.3",
    "pytest": "9.2.0",
    "has_pytest_cov": False,
    "has_xdist": True,
    "fingerprint": "abc",
    "editable_roots": ["src", "."],
}


def test_what_an_interpreter_says_of_itself_is_read_or_refused() -> None:
    from coverage_gate.adapters.measure.interpreter import InterpreterError  # noqa: PLC0415

    trial = Trial(name="probe")
    mutator = JsonMutator(corpus=[PROBED], random=trial.random())

    def parse(output: bytes) -> object:
        try:
            said = json.loads(_last_line(output))
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict):
            return None
        found = _interpreter(Path("/python"), said)
        _check(found, said, needs_pytest=True)
        return found

    assert trial.run(mutator.next, parse, refuses=(InterpreterError,)) > 0


def test_whatever_is_printed_becomes_printable_lines() -> None:
    trial = Trial(name="printed")
    mutator = Mutator(
        corpus=[b"E   assert 1 == 2\n\x1b[31mred\x1b[0m\n" * 20], random=trial.random()
    )

    def holds(text: str) -> bool:
        return all(line.isprintable() for line in text.replace("\t", " ").split("\n"))

    assert trial.run(mutator.next, lambda output: last_lines(printable_text(output)), holds=holds)
