"""Product code that the measurement leaves aside, and that the base did not have there.

What a branch writes beside the scope, or where coverage.py does not look, does not count. It is
judged as not covered where it is new and looks like product code: see ADR 0012.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from coverage_gate.core.changes import ChangeKind, Changes, FileChange
from coverage_gate.core.deltas import Units
from coverage_gate.core.ledger import Hidden
from coverage_gate.core.linebits import LineBits
from coverage_gate.core.linemap import FileDiff
from coverage_gate.core.measurement import Aside, Measurement
from coverage_gate.core.scope import looks_like_test, looks_like_tooling, serves_the_project

_INTO_TESTS = "let a test import it, and test it"
_INTO_SCOPE = "move it into the scope and test it"


def aside_places(
    base: Measurement | None,
    head: Measurement,
    changes: Changes,
    diffs: Iterable[FileDiff],
) -> tuple[Hidden, ...]:
    """The files that are judged though they do not count, by path.

    Args:
        base: The measured base; without it only imports tell.
        head: The measured head.
        changes: From the one to the other.
        diffs: What they do to lines.
    """
    sides = _Sides(base=base, head=head)
    changed = {change.path: change for change in changes.files}
    added = {diff.path: -1 if diff.is_whole else diff.written for diff in diffs}
    found = []
    for aside in head.aside:
        change = changed.get(aside.file.path)
        why = sides.why_left(aside, change) or sides.why_new(aside, change)
        lines = aside.file.statements
        if not why and _is_used(aside) and not aside.is_in_scope:
            why = _imported(aside)
            lines &= added.get(aside.file.path, 0)
        if why and lines:
            found.append(_hidden(aside, lines, why))
    return tuple(found)


def _hidden(aside: Aside, lines: LineBits, why: str) -> Hidden:
    return Hidden(
        path=aside.file.path,
        lines=lines,
        why=why,
        other_cure=_INTO_TESTS if aside.is_in_scope else _INTO_SCOPE,
        units=Units(lines=lines),
    )


def _is_used(aside: Aside) -> bool:
    """Whether what counts needs it: that a test imports it makes it no part of the product."""
    return bool(aside.imported_by) and not looks_like_test(aside.imported_by)


def _imported(aside: Aside) -> str:
    return f"outside the scope, and {aside.imported_by} imports it"


class _Sides:
    """What both measurements know of places."""

    def __init__(self, *, base: Measurement | None, head: Measurement) -> None:
        self._measured = {file.path for file in base.files} if base else set()
        self._is_known = base is not None
        self._folders = set(base.aside_folders) if base else set()
        self._tops = {folder.partition("/")[0] for folder in self._folders}
        self._counted = {posixpath.dirname(file.path) for file in head.files}

    def why_left(self, aside: Aside, change: FileChange | None) -> str:
        """What the base measured and the head does not; tests may take code over."""
        old = aside.file.path if change is None else change.old_path
        if old not in self._measured or serves_the_project(aside.file.path):
            return ""
        return "the base measured it, here nothing does"

    def why_new(self, aside: Aside, change: FileChange | None) -> str:
        """What the base did not have, at a place where it had nothing of the kind."""
        if change is None or change.kind not in (ChangeKind.ADDED, ChangeKind.TYPE):
            return ""
        return next(iter(self._reasons(aside)), "")

    def _reasons(self, aside: Aside) -> Iterator[str]:
        path = aside.file.path
        if aside.is_in_scope and (aside.imported_by or self._is_unknown(path)):
            yield "never ran, and its folder has no __init__.py"
        if aside.is_in_scope:
            return
        if _is_used(aside):
            yield _imported(aside)
        elif looks_like_tooling(path) and not serves_the_project(path):
            if posixpath.dirname(path) in self._counted and not _holds_tests(aside):
                yield "named like a test, and holds none"
        elif self._is_known and not serves_the_project(path) and _top(path) not in self._tops:
            yield "outside the scope, where the base had no code"

    def _is_unknown(self, path: str) -> bool:
        folder = posixpath.dirname(path)
        return self._is_known and folder not in self._folders and not serves_the_project(path)


def _top(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def _holds_tests(aside: Aside) -> bool:
    names = (span.name.rpartition(".")[2] for span in aside.file.spans)
    return any(name.startswith(("test", "Test")) for name in names)
