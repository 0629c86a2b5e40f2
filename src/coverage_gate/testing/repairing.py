"""Carries a repair out on evidence, as if the tests for it had been written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from coverage_gate.core.deltas import Units
from coverage_gate.core.evidence import Evidence
from coverage_gate.core.ledger import covered
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.places import Unit


def repaired(evidence: Evidence, units: Iterable[Unit]) -> Evidence:
    """The evidence as it would be if these units of the head had run, and nothing hid them.

    Raises:
        ValueError: If one of them is no statement or branch of the head.
    """
    by_path: dict[str, list[Unit]] = {}
    for unit in units:
        by_path.setdefault(unit.path, []).append(unit)
    head = evidence.head
    files = [_covered(file, by_path.pop(file.path, ())) for file in head.files]
    # What does not count is brought to where it does.
    brought = [file for file in evidence.judged_head.files if file.path in by_path]
    files += [_covered(file, by_path.pop(file.path)) for file in brought]
    if by_path:
        raise ValueError(f"no measured file: {', '.join(sorted(by_path))}")
    known = {file.path for file in files}
    return replace(
        evidence,
        head=replace(
            head,
            files=tuple(files),
            aside=tuple(each for each in head.aside if each.file.path not in known),
            unlisted=tuple(path for path in head.unlisted if path not in known),
        ),
    )


def _covered(file: FileCoverage, units: Sequence[Unit]) -> FileCoverage:
    lines = bits_of(unit.line for unit in units if not unit.is_branch)
    arcs = tuple((unit.line, unit.target) for unit in units if unit.is_branch)
    return covered(file, Units(lines=lines, arcs=arcs)) if units else file
