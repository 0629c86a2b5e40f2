"""Numbers from before the gate: reports and data files of coverage.py become points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.json_report import (
    BadReportError,
    Reported,
    read_report_object,
)
from coverage_gate.adapters.measure.left_file import NoPlainFileError, bytes_of
from coverage_gate.boundary import visible
from coverage_gate.clock import SystemClock
from coverage_gate.core.adoption import misfits, prefix_in, some
from coverage_gate.core.changes import Commit
from coverage_gate.core.history import (
    FileCounts,
    HistoryError,
    Origin,
    Point,
    branch_of,
    counts_of,
    identity_of,
)
from coverage_gate.core.measurement import MeasureFailure
from coverage_gate.core.rates import NO_COUNTS
from coverage_gate.measuring import MAX_SOURCES, committed_at
from coverage_gate.ports import TreeSource
from coverage_gate.settings import Settings
from coverage_gate.wiring import Workshop, no_repository, open_workshop, store_of

#: Reads the settings again, now with the base's pyproject.toml.
SettingsReader = Callable[[bytes | None], Settings]

_MOST_BYTES = 128 * 1024**2
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be taken.

    Attributes:
        file: A report of `coverage json`, or a data file.
        commit: A ref of what was measured.
        branch: Of which branch it is; None: where others land.
        label: Numbers of reports with the same label are compared.
        is_lenient: Whether files and lines that the commit has not are taken.
    """

    file: Path
    commit: str
    branch: str | None = None
    label: str = "imported"
    is_lenient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of it.

    Attributes:
        point: As it is kept.
        is_new: Whether it was not known before.
    """

    point: Point
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    scope: str
    kind: str
    origin: Origin
    files: tuple[FileCounts, ...]


def adopt(read: SettingsReader, repository: str, folder: Path, wanted: Wanted) -> Taken:
    """Keep the numbers of a file as a point of the history, at the time of its commit.

    Raises:
        HistoryError: If it cannot be read, or is of another commit; nothing is kept.
        SettingsError, RepositoryError, StoreError: As they occur.
    """
    settings = read(None)
    name = visible(wanted.file.name)
    with open_workshop(repository=repository, folder=folder) as shop:
        if shop.view is None:
            raise no_repository(folder)
        commit = shop.view.resolve(wanted.commit)
        content = _content(wanted.file, name)
        if content.startswith(_SQLITE):
            numbers = _of_data(shop, settings, commit, wanted)
        else:
            numbers = _of_report(shop.view, commit, content, wanted, name)
        now = SystemClock().now_iso()
        at = committed_at(shop.view, commit.sha, now=now)
    point = Point(
        repository=repository,
        branch=branch_of(wanted.branch or settings.base),
        commit=commit.sha,
        tree=commit.tree,
        at=at,
        recorded_at=now,
        counts=sum((file.counts for file in numbers.files), NO_COUNTS),
        scope=numbers.scope,
        kind=numbers.kind,
        identity=identity_of(numbers.scope, numbers.kind, numbers.files),
        origin=numbers.origin,
    )
    return Taken(point=point, is_new=store_of(settings).note_point(point, numbers.files))


def _content(file: Path, name: str) -> bytes:
    try:
        # A link is followed once; what it leads to is read whole or not at all.
        return bytes_of(file.resolve(), _MOST_BYTES)
    except (NoPlainFileError, OSError) as error:
        raise HistoryError(f"{name} cannot be read: {error}; nothing was kept") from None


def _of_data(shop: Workshop, settings: Settings, commit: Commit, wanted: Wanted) -> _Numbers:
    source = TreeSource(
        tree=commit.tree,
        config_tree=commit.tree,
        commit=commit.sha,
        label=f"commit {commit.sha[:12]}",
    )
    found = shop.measurer(settings).adopt(
        source, wanted.file.resolve(), is_lenient=wanted.is_lenient
    )
    if isinstance(found, MeasureFailure):
        raise HistoryError(f"{found.message}; nothing was kept")
    origin = found.provenance
    return _Numbers(
        scope=origin.scope,
        kind=str(origin.kind),
        origin=Origin.DATA,
        files=tuple(counts_of(file) for file in found.files),
    )


def _of_report(
    view: GitView, commit: Commit, content: bytes, wanted: Wanted, name: str
) -> _Numbers:
    try:
        report = read_report_object(content)
    except BadReportError as error:
        raise HistoryError(f"{name} {visible(str(error))}; nothing was kept") from None
    prefix = prefix_in((file.path for file in report.files), view.paths(commit.tree))
    if prefix is None:
        raise HistoryError(
            f"{name} holds no file of commit {commit.sha[:12]}; nothing was kept. Is --commit"
            " what was measured?"
        )
    moved = [replace(file, path=file.path.removeprefix(prefix)) for file in report.files]
    placed = replace(report, files=tuple(moved))
    if not wanted.is_lenient:
        _demand_commit(view, commit, placed, name)
    return _Numbers(
        scope=wanted.label,
        kind=f"report-{'branch' if report.has_branches else 'line'}",
        origin=Origin.REPORT,
        files=tuple(
            FileCounts(path=file.path, lines=file.lines, branches=file.branches)
            for file in placed.files
        ),
    )


def _demand_commit(view: GitView, commit: Commit, report: Reported, name: str) -> None:
    """Raises where a report tells of files or lines that the commit has not."""
    entries = set(view.paths(commit.tree))
    unknown = [file.path for file in report.files if file.path not in entries]
    claims = {file.path: file.executed | file.missing for file in report.files}
    texts = view.read_small(commit.tree, sorted(claims), max_total=MAX_SOURCES)
    wrong = misfits(claims, texts)
    if unknown or wrong:
        what = f"files {some(unknown)}" if unknown else f"code in the lines {some(wrong)}"
        raise HistoryError(
            f"{name} is of another commit: {commit.sha[:12]} has no {visible(what)}; nothing was"
            " kept (--lenient takes it as it is)"
        )
