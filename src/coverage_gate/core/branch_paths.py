"""Where the rules that judge lines judge branches, too.

A run measures branches in all files or in none. coverage.py's own totals, and with them floor and
baseline, count what was measured; what is decided here is only whether *lost* and *patch* look at
the branches of a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from coverage_gate.core.globs import matches


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPath:
    """Whether branches are judged in the files that a pattern means; see `globs`."""

    pattern: str
    is_on: bool


def judges_branches(paths: Iterable[BranchPath], path: str) -> bool:
    """Whether the branches of a file are judged: the last pattern that fits decides, else yes."""
    fitting = [each.is_on for each in paths if matches(each.pattern, path)]
    return fitting[-1] if fitting else True
