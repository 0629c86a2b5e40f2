"""What suffices to turn a FAIL, told line by line: the part of a work order that can be done."""

from __future__ import annotations

from coverage_gate.core.gaps import Gap, Repair

#: Gaps that are told; the largest come first.
MAX_GAPS = 20


def repair_heading(repair: Repair | None) -> str:
    """How many statements suffice, in a sentence; empty where nothing is to be covered."""
    if repair is None or not repair.gaps:
        return ""
    if repair.need is None:
        return f"Covering alone does not turn the verdict: {repair.reason}."
    plural = "" if repair.need == 1 else "s"
    return f"{repair.need} statement{plural} more, run by tests, suffice."


def gap_items(repair: Repair | None) -> tuple[str, ...]:
    """The gaps, one line each: "src/a.py f: lines 3-5, branches 3→7"."""
    if repair is None:
        return ()
    shown = [gap_text(gap) for gap in repair.gaps[:MAX_GAPS]]
    left = len(repair.gaps) - len(shown)
    return (*shown, f"{left} more gaps are not told") if left else tuple(shown)


def gap_text(gap: Gap) -> str:
    """One gap."""
    where = gap.path if gap.symbol is None else f"{gap.path} {gap.symbol}"
    lines = [str(first) if first == last else f"{first}-{last}" for first, last in gap.lines]
    arcs = [f"{start}→{end if end > 0 else 'exit'}" for start, end in gap.branches]
    parts = [f"lines {', '.join(lines)}"] if lines else []
    parts += [f"branches {', '.join(arcs)}"] if arcs else []
    return f"{where}: {'; '.join(parts)}"
