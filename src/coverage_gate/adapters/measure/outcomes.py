"""Reads what the process that ran the tests claims. Everything in it is hostile.

The files lie in a folder that the tests could write to. They are opened without following a link
or waiting for a FIFO, read up to a limit, and checked value by value.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from coverage_gate.adapters.measure.left_file import NoPlainFileError, bytes_of
from coverage_gate.core.measurement import TestOutcome

#: The tracers of coverage.py → the words of `core.measurement.Kind`.
CORES: Mapping[str, str] = MappingProxyType(
    {"CTracer": "ctrace", "SysMonitor": "sysmon", "PyTracer": "pytrace"}
)

MAX_BYTES = 64 * 1024 * 1024
MAX_TESTS = 2_000_000
_MAX_TEXT = 4096
_SMALL = 1024 * 1024
_BAD = frozenset({TestOutcome.FAILED, TestOutcome.ERROR})


class BadClaimsError(Exception):
    """What the tests' process wrote is not what the gate's own scripts write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the runner says about a run that came to its end.

    Attributes:
        exit_status: Of the command, 0..255.
        core: "ctrace", "sysmon" or "pytrace"; None when coverage.py did not start.
        foreign: Project modules that were loaded from outside of the export → their files.
    """

    exit_status: int
    core: str | None
    foreign: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the recorder says about a pytest session that came to its end.

    Attributes:
        deselected: Number of tests that were collected but not run.
        foreign: As in `Claims`, of all processes that pytest-xdist started.
    """

    deselected: int = 0
    foreign: Mapping[str, str] = field(default_factory=dict)


def read_outcomes(
    path: Path, *, max_bytes: int = MAX_BYTES, max_tests: int = MAX_TESTS
) -> Mapping[str, TestOutcome] | None:
    """Test id → outcome, in the order of the file; None where there is no file.

    Of a test that is told more than once the bad outcome stays.

    Raises:
        BadClaimsError: If it is no such file.
    """
    data = _read(path, max_bytes)
    if data is None:
        return None
    outcomes: dict[str, TestOutcome] = {}
    for entry in _entries(path, data):
        test = _text(path, entry, "id")
        outcome = _outcome(path, entry)
        if outcomes.get(test) not in _BAD:
            outcomes[test] = outcome
        if len(outcomes) > max_tests:
            _refuse(path, f"more than {max_tests} tests")
    return outcomes


def read_unfinished(
    started: Path, outcomes: Path, *, max_bytes: int = MAX_BYTES
) -> tuple[str, ...]:
    """The tests that began and did not end, in the order in which they began.

    Raises:
        BadClaimsError: If one of both is no such file.
    """
    ended = read_outcomes(outcomes, max_bytes=max_bytes) or {}
    data = _read(started, max_bytes) or b""
    begun = (_text(started, entry, "id") for entry in _entries(started, data))
    return tuple(dict.fromkeys(test for test in begun if test not in ended))


def read_claims(path: Path) -> Claims | None:
    """What the runner left; None where it left nothing.

    Raises:
        BadClaimsError: If it is no such file.
    """
    data = _read(path, _SMALL)
    if data is None:
        return None
    entry = _entry(path, data)
    tracer = _text(path, entry, "tracer")
    if tracer and tracer not in CORES:
        _refuse(path, f"unknown tracer {tracer!r}")
    return Claims(
        exit_status=_count(path, entry, "exit", most=255),
        core=CORES.get(tracer),
        foreign=_texts(path, entry, "foreign"),
    )


def read_summary(path: Path) -> Summary:
    """What the recorder left; all zero where it left nothing.

    Raises:
        BadClaimsError: If it is no such file.
    """
    data = _read(path, _SMALL)
    if data is None:
        return Summary()
    entry = _entry(path, data)
    return Summary(
        deselected=_count(path, entry, "deselected", most=MAX_TESTS),
        foreign=_texts(path, entry, "foreign"),
    )


def _read(path: Path, most: int) -> bytes | None:
    try:
        return bytes_of(path, most)
    except FileNotFoundError:
        return None
    except NoPlainFileError as error:
        _refuse(path, str(error))
    except OSError as error:
        _refuse(path, error.strerror or "cannot be opened")


def _entries(path: Path, data: bytes) -> Iterator[Mapping[str, object]]:
    for line in io.BytesIO(data):
        # The last line has no end when the process was killed while it wrote.
        if line.endswith(b"\n"):
            yield _entry(path, line)


def _entry(path: Path, data: bytes) -> Mapping[str, object]:
    try:
        entry = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadClaimsError(f"{path.name}: {_short(error)}") from None
    if not isinstance(entry, dict):
        _refuse(path, "no object")
    return entry


def _unique(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    entry = dict(pairs)
    if len(entry) != len(pairs):
        raise ValueError("a key is there twice")
    return entry


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _outcome(path: Path, entry: Mapping[str, object]) -> TestOutcome:
    try:
        return TestOutcome(_text(path, entry, "outcome"))
    except ValueError as error:
        raise BadClaimsError(f"{path.name}: {_short(error)}") from None


def _text(path: Path, entry: Mapping[str, object], key: str) -> str:
    return _clean(path, entry.get(key), key)


def _texts(path: Path, entry: Mapping[str, object], key: str) -> Mapping[str, str]:
    value = entry.get(key)
    if not isinstance(value, dict):
        _refuse(path, f"{key!r} is no object")
    return {_clean(path, name, key): _clean(path, text, key) for name, text in value.items()}


def _clean(path: Path, value: object, key: str) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        _refuse(path, f"{key!r} is no text of at most {_MAX_TEXT} characters")
    # Lone surrogates, from file names that are no UTF-8, cannot be stored or printed.
    return value.encode("utf-8", "backslashreplace").decode()


def _count(path: Path, entry: Mapping[str, object], key: str, *, most: int) -> int:
    value = entry.get(key)
    if type(value) is not int or not 0 <= value <= most:
        _refuse(path, f"{key!r} is no number in 0..{most}")
    return value


def _refuse(path: Path, reason: str) -> NoReturn:
    raise BadClaimsError(f"{path.name}: {reason}")


def _short(error: BaseException) -> str:
    return str(error)[:200]
