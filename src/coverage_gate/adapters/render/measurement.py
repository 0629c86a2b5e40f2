"""A measurement for people and for machines."""

from __future__ import annotations

from coverage_gate.adapters.render.printable import one_line
from coverage_gate.core.linebits import lines_of, ranges_text
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.rates import percent_number, percent_text

_NAME_WIDTH = 44
_ROW = "{:<44} {:>7} {:>7} {:>8}  {}"


def measurement_text(measured: Measurement) -> str:
    """A table of the files at 80 columns, the least covered first, and the total."""
    files = sorted(measured.files, key=lambda file: (-file.counts.missing, file.path))
    rows = [_ROW.format("file", "covered", "total", "", "uncovered lines")]
    rows += [_file_row(file) for file in files]
    counts = measured.counts
    rows.append(
        _ROW.format("TOTAL", counts.covered, counts.total, percent_text(counts.rate), "").rstrip()
    )
    kind, scope = measured.provenance.kind, measured.provenance.scope_text
    rows.append(f"scope {one_line(scope)}; {kind}; {len(measured.tests.passed)} tests passed")
    return "\n".join(rows)


def _file_row(file: FileCoverage) -> str:
    name = one_line(file.path)
    shown = name if len(name) <= _NAME_WIDTH else "…" + name[1 - _NAME_WIDTH :]
    missing = ranges_text(lines_of(file.statements & ~file.executed))
    counts = file.counts
    row = _ROW.format(shown, counts.covered, counts.total, percent_text(counts.rate), missing)
    return row.rstrip()


def measurement_object(measured: Measurement) -> dict[str, object]:
    """The same with a versioned schema, see docs/schema/measurement.schema.json."""
    counts, origin = measured.counts, measured.provenance
    return {
        "schema_version": 1,
        "percent": None if counts.rate is None else percent_number(counts.rate),
        "covered": counts.covered,
        "total": counts.total,
        "commit": origin.commit,
        "tree": origin.tree,
        "identity": origin.identity or None,
        "core": origin.kind.core,
        "kind": str(origin.kind),
        "scope": origin.scope_text,
        "sandbox": origin.sandbox,
        "failing_tests": sorted(measured.tests.failed),
        "files": [_file_object(file) for file in measured.files],
    }


def _file_object(file: FileCoverage) -> dict[str, object]:
    counts = file.counts
    return {
        "path": file.path.encode("utf-8", "backslashreplace").decode(),
        "covered": counts.covered,
        "total": counts.total,
        "missing_lines": list(lines_of(file.statements & ~file.executed)),
        "missing_branches": [list(arc) for arc in file.branches if arc not in set(file.taken)],
    }
