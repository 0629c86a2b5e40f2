"""Short builders of the core's values, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from coverage_gate.core.changes import ChangeKind, Changes, Commit, FileChange, Landing
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.linemap import FileDiff, Hunk
from coverage_gate.core.measurement import (
    Aside,
    FileCoverage,
    Kind,
    Measurement,
    Provenance,
    TestOutcome,
    TestRun,
    Unparsable,
)
from coverage_gate.core.waiver import Category, Waiver, lines_digest

KIND = Kind(core="ctrace", python="3.11", branch=False)


def tree_id(name: str) -> str:
    """Forty hex digits made from a short name."""
    return name.encode().hex().ljust(40, "0")[:40]


def file_coverage(path: str, statements: Iterable[int], executed: Iterable[int]) -> FileCoverage:
    """A file without branches: these statements, of which these ran."""
    return FileCoverage(
        path=path, blob=tree_id(path), statements=bits_of(statements), executed=bits_of(executed)
    )


def hunks(before: Sequence[bytes], after: Sequence[bytes]) -> tuple[Hunk, ...]:
    """How one text becomes another; lines without line ends."""
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(
        Hunk(
            old_start=old + 1,
            old_count=old_end - old,
            new_start=new + 1,
            new_count=new_end - new,
            removed=tuple(before[old:old_end]),
            added=tuple(after[new:new_end]),
        )
        for tag, old, old_end, new, new_end in codes
        if tag != "equal"
    )


def file_diff(
    path: str, before: str | None, after: str | None, *, old_path: str | None = None
) -> FileDiff:
    """What a change does to a file; None for a side on which there is none.

    The ids of the blobs are those that `file_coverage` gives to the files of these paths.
    """
    old = path if old_path is None else old_path
    return FileDiff(
        path=path,
        old_path=old,
        old_blob=None if before is None else tree_id(old),
        blob=None if after is None else tree_id(path),
        hunks=hunks((before or "").encode().splitlines(), (after or "").encode().splitlines()),
    )


def measurement(
    *files: FileCoverage,
    tree: str = "head",
    tests: Mapping[str, str] | None = None,
    exit_status: int = 0,
    unparsable: tuple[Unparsable, ...] = (),
    unlisted: tuple[str, ...] = (),
    aside: tuple[Aside, ...] = (),
    aside_folders: tuple[str, ...] = (),
    kind: Kind = KIND,
) -> Measurement:
    """A measurement of these files; `tests` maps test ids to outcomes in words."""
    outcomes = {test: TestOutcome(end) for test, end in tests.items()} if tests else None
    return Measurement(
        provenance=Provenance(
            identity=f"identity-of-{tree}",
            commit=tree_id(tree),
            tree=tree_id(tree),
            kind=kind,
            scope="scope",
            scope_text="src (derived)",
            config_digest="config",
            coverage_version="7.17.3",
            sandbox="plain",
        ),
        files=files,
        unparsable=unparsable,
        unlisted=unlisted,
        aside=aside,
        aside_folders=aside_folders,
        tests=TestRun(exit_status=exit_status, outcomes=outcomes),
    )


def covered(numerator: int, denominator: int, *, path: str = "src/a.py") -> FileCoverage:
    """A file of `denominator` statements of which the first `numerator` ran."""
    return file_coverage(path, range(1, denominator + 1), range(1, numerator + 1))


def changes(*paths: str, kind: ChangeKind = ChangeKind.MODIFIED, mode: str = "100644") -> Changes:
    """A change of these files from tree "base" to tree "head"."""
    return Changes(
        base_tree=tree_id("base"),
        tree=tree_id("head"),
        files=tuple(
            FileChange(
                kind=kind,
                path=path,
                old_path=path,
                old_blob=None if kind is ChangeKind.ADDED else tree_id("old"),
                blob=tree_id("new"),
                mode=mode,
            )
            for path in sorted(paths)
        ),
    )


def landing(*, tree: str | None = "head", conflicts: tuple[str, ...] = ()) -> Landing:
    """A head on top of a base."""
    return Landing(
        base=Commit(sha=tree_id("base-commit"), tree=tree_id("base")),
        head=Commit(sha=tree_id("head-commit"), tree=tree_id("head")),
        tree=tree_id(tree) if tree else None,
        conflicts=conflicts,
    )


def waiver(
    *,
    seq: int = 1,
    path: str = "src/a.py",
    lines: tuple[int, int] = (1, 1),
    text: bytes = b"",
    tests: tuple[str, ...] = (),
    actor: str = "ana",
    reason: str = "runs on Windows only",
    expires_at: str = "2026-02-01T00:00:00Z",
    repository: str = "repo",
    used_at: str = "",
) -> Waiver:
    """A waiver of lines of this text, or of tests."""
    first, last = lines if path else (0, 0)
    return Waiver(
        seq=seq,
        repository=repository,
        category=Category.PLATFORM,
        actor=actor,
        reason=reason,
        granted_at="2026-01-01T00:00:00Z",
        expires_at=expires_at,
        path=path,
        first=first,
        last=last,
        digest=lines_digest(text.splitlines()[first - 1 : last]) if path else "",
        tests=tests,
        used_at=used_at,
        used_by=tree_id("merged") if used_at else "",
    )
