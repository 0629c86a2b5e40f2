"""Reads a report of `coverage json`, which may come from anywhere: every value is checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coverage_gate.core.linebits import LineBits, bits_of
from coverage_gate.core.rates import NO_COUNTS, Counts

_LAST_LINE = 1_000_000
_LARGEST_JUMP = 1 << 40
_FILES = 100_000
_LISTED = 20_000_000
#: A set of lines takes a bit for each line up to its last one.
_BITS_PER_ITEM = 64
_PATH = 4096


class BadReportError(Exception):
    """It is no report of coverage.py, or does not add up; says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFile:
    """One file of a report.

    Attributes:
        path: As it stands there, with forward slashes.
        executed: Statements that ran.
        missing: Statements that did not.
        branches: Counts of the branch arcs.
    """

    path: str
    executed: LineBits
    missing: LineBits
    branches: Counts

    @property
    def lines(self) -> Counts:
        """Counts of the statements."""
        covered = self.executed.bit_count()
        return Counts(covered=covered, total=covered + self.missing.bit_count())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report.

    Attributes:
        has_branches: Whether branches were measured.
        files: By path.
    """

    has_branches: bool
    files: tuple[ReportedFile, ...]

    @property
    def counts(self) -> Counts:
        """The totals."""
        return sum((file.lines + file.branches for file in self.files), NO_COUNTS)


def read_report_object(content: bytes) -> Reported:
    """Read a report.

    Raises:
        BadReportError: For anything that `coverage json` does not write.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadReportError(f"is no JSON: {error}") from None
    document = _object(found, "the report")
    meta, files = _object(document.get("meta"), "meta"), _object(document.get("files"), "files")
    has_branches = meta.get("branch_coverage")
    if not isinstance(has_branches, bool):
        raise BadReportError("meta.branch_coverage says neither true nor false")
    if len(files) > _FILES:
        raise BadReportError(f"{len(files)} files are more than are read")
    room = _Room(_LISTED)
    read = [_file(path, value, has_branches, room) for path, value in files.items()]
    paths = {file.path for file in read}
    if len(paths) < len(read):
        raise BadReportError("names a file twice")
    report = Reported(
        has_branches=has_branches, files=tuple(sorted(read, key=lambda file: file.path))
    )
    _demand_totals(report, _object(document.get("totals"), "totals"))
    return report


@dataclass(slots=True)
class _Room:
    """How many lines and branches may still be read."""

    left: int

    def take(self, count: int) -> None:
        """Count so many as read; BadReportError where there is no room for them."""
        self.left -= count
        if self.left < 0:
            raise BadReportError("lists more lines and branches than are read")


def _file(path: str, value: object, has_branches: bool, room: _Room) -> ReportedFile:  # noqa: FBT001 - a fact of the report
    facts = _object(value, "a file")
    if not path or "\0" in path or len(path) > _PATH:
        raise BadReportError("has a file without a usable path")
    executed = _lines(facts, "executed_lines", room)
    missing = _lines(facts, "missing_lines", room)
    if executed & missing:
        raise BadReportError(f"{path!r:.200} has lines that ran and did not run")
    taken = _arcs(facts, "executed_branches", room) if has_branches else frozenset()
    others = _arcs(facts, "missing_branches", room) if has_branches else frozenset()
    if taken & others:
        raise BadReportError(f"{path!r:.200} has branches that ran and did not run")
    return ReportedFile(
        path=path.replace("\\", "/"),
        executed=executed,
        missing=missing,
        branches=Counts(covered=len(taken), total=len(taken) + len(others)),
    )


def _lines(facts: Mapping[str, Any], name: str, room: _Room) -> LineBits:
    found = _list(facts.get(name), name)
    room.take(len(found))
    for line in found:
        if type(line) is not int or not 1 <= line <= _LAST_LINE:
            raise BadReportError(f"{name} holds what is no line: {line!r:.80}")
    room.take(max(found, default=0) // _BITS_PER_ITEM)
    return bits_of(found)


def _arcs(facts: Mapping[str, Any], name: str, room: _Room) -> frozenset[tuple[int, int]]:
    found = _list(facts.get(name), name)
    room.take(len(found))
    return frozenset(_arc(value, name) for value in found)


def _arc(value: object, name: str) -> tuple[int, int]:
    ends = _list(value, name)
    if len(ends) != 2 or any(type(end) is not int or abs(end) > _LARGEST_JUMP for end in ends):  # noqa: PLR2004 - from and to
        raise BadReportError(f"{name} holds what is no branch: {value!r:.80}")
    return ends[0], ends[1]


def _demand_totals(report: Reported, totals: Mapping[str, Any]) -> None:
    lines = sum((file.lines for file in report.files), NO_COUNTS)
    branches = sum((file.branches for file in report.files), NO_COUNTS)
    expected = {"covered_lines": lines.covered, "num_statements": lines.total}
    if report.has_branches:
        expected |= {"covered_branches": branches.covered, "num_branches": branches.total}
    for name, count in expected.items():
        if totals.get(name) != count:
            said = f"{totals.get(name)!r:.80}"
            raise BadReportError(f"does not add up: {name} is {said}, its files have {count}")


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadReportError(f"is no report of coverage.py: {name} is no object")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadReportError(f"is no report of coverage.py: {name} is no list")
    return value
