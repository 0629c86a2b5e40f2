"""What was measured as LCOV's tracefile, as editors and genhtml read it."""

from __future__ import annotations

from collections.abc import Iterator

from coverage_gate.adapters.render.printable import one_line
from coverage_gate.adapters.render.verdict_fields import measured_counts
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.verdict import Verdict


def lcov_text(verdict: Verdict) -> str:
    """The measured files, paths from the root of the repository, without a final line feed."""
    known = verdict.measurement if measured_counts(verdict) else None
    files = () if known is None else known.files
    return "\n".join(line for file in files for line in _record(file))


def _record(file: FileCoverage) -> Iterator[str]:
    yield "TN:"
    yield f"SF:{one_line(file.path)}"
    yield from _branches(file)
    for line in lines_of(file.statements):
        yield f"DA:{line},{file.executed >> line & 1}"
    yield f"LF:{file.statements.bit_count()}"
    yield f"LH:{file.executed.bit_count()}"
    yield "end_of_record"


def _branches(file: FileCoverage) -> Iterator[str]:
    if not file.branches:
        return
    taken, numbers = set(file.taken), dict[int, int]()
    for arc in file.branches:
        number = numbers[arc[0]] = numbers.get(arc[0], -1) + 1
        # A line that never ran has no branch that could have been taken: LCOV writes a dash.
        told = str(int(arc in taken)) if file.executed >> arc[0] & 1 else "-"
        yield f"BRDA:{arc[0]},0,{number},{told}"
    yield f"BRF:{len(file.branches)}"
    yield f"BRH:{len(file.taken)}"
