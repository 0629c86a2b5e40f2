"""What a data file of elsewhere says of a tree: counted as our own runs are, without running."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.analysis import StaticAnalysis
from coverage_gate.adapters.measure.data_file import BadDataError, RawData, look_at, read_raw
from coverage_gate.core.adoption import misfits, prefix_in, some
from coverage_gate.core.cage import Cage
from coverage_gate.core.counting import count
from coverage_gate.core.measurement import Measurement
from coverage_gate.measuring.bench import Plan
from coverage_gate.measuring.contents import MAX_SOURCES
from coverage_gate.measuring.counting import provenance_of

#: The core of such numbers: nobody knows what traced them.
IMPORTED = "imported"


def adopted(
    plan: Plan,
    static: StaticAnalysis,
    data: Path,
    *,
    view: GitView,
    max_bytes: int,
    is_lenient: bool,
) -> Measurement:
    """The measurement that a data file claims.

    Args:
        plan: Of the tree; its branch mode is the file's.
        static: What its source says.
        data: The file.
        view: Has the tree.
        max_bytes: Of the file.
        is_lenient: Whether files and lines that the tree has not are dropped instead of refused.

    Raises:
        BadDataError: If it cannot be read, or is of another commit.
    """
    seen = look_at(data, max_bytes=max_bytes)
    prefix = prefix_in(seen.paths, static.paths)
    if prefix is None:
        raise BadDataError(f"{data.name}: holds no file that counts in {plan.source.label}")
    raw = read_raw(
        [data],
        Path(),
        known=static.paths,
        branch=plan.config.branch,
        max_bytes=max_bytes,
        prefix=prefix,
    )
    own = [path.removeprefix(prefix) for path in seen.paths if path.startswith(prefix)]
    what = None if is_lenient else _foreign(own, raw, view, plan.source.tree or "")
    if what is not None:
        raise BadDataError(
            f"{data.name}: {plan.source.label} has no {what}: it is of another commit"
            " (--lenient drops what does not fit)"
        )
    return Measurement(
        provenance=replace(provenance_of(plan, IMPORTED, Cage(level="")), identity=""),
        files=count(static.files, raw.files, branch=plan.config.branch),
    )


def _foreign(own: Iterable[str], raw: RawData, view: GitView, tree: str) -> str | None:
    """What of a data file the tree has not, in words."""
    entries = set(view.paths(tree))
    unknown = sorted(path for path in own if path not in entries and not path.startswith("/"))
    if unknown:
        return f"files {some(unknown)}"
    claims = {path: file.lines for path, file in raw.files.items()}
    wrong = misfits(claims, view.read_small(tree, sorted(claims), max_total=MAX_SOURCES))
    return f"code in the lines {some(wrong)}" if wrong else None
