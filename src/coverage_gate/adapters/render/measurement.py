"""A measurement for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from coverage_gate.adapters.render.printable import TEXT_LIMIT, exact, one_line
from coverage_gate.adapters.render.verdict_fields import tests_text
from coverage_gate.core.linebits import lines_of, ranges_text
from coverage_gate.core.measurement import FileCoverage, MeasureFailure, Measurement
from coverage_gate.core.rates import percent_number, percent_text

_NAME_WIDTH = 44
_SHOWN = 20
_ROW = "{:<44} {:>7} {:>7} {:>8}  {}"

#: Every key of docs/schema/measurement.schema.json; null: it does not exist or was not measured.
_NOT_MEASURED: Mapping[str, object] = MappingProxyType(
    dict.fromkeys(
        (
            *("percent", "covered", "total", "commit", "tree", "identity", "core", "kind"),
            *("scope", "sandbox", "sandbox_closed", "failing_tests", "files", "failure"),
        )
    )
    | {"schema_version": 1}
)


def measurement_text(measured: Measurement) -> str:
    """A table of the files, the least covered first, the total, and which tests failed."""
    files = sorted(measured.files, key=lambda file: (-file.counts.missing, file.path))
    rows = [_ROW.format("file", "covered", "total", "", "uncovered lines")]
    rows += [_file_row(file) for file in files]
    counts = measured.counts
    rows.append(
        _ROW.format("TOTAL", counts.covered, counts.total, percent_text(counts.rate), "").rstrip()
    )
    kind, scope = measured.provenance.kind, measured.provenance.scope_text
    rows.append(f"scope {one_line(scope)}; {kind}; {tests_text(measured.tests)}")
    rows += _failed_rows(sorted(measured.tests.failed))
    return "\n".join(rows)


def _failed_rows(tests: Sequence[str]) -> list[str]:
    rows = [f"failed: {one_line(test)}" for test in tests[:_SHOWN]]
    return rows + ([f"and {len(tests) - _SHOWN} more failed"] if len(tests) > _SHOWN else [])


def _file_row(file: FileCoverage) -> str:
    name = one_line(file.path)
    shown = name if len(name) <= _NAME_WIDTH else "…" + name[1 - _NAME_WIDTH :]
    missing = ranges_text(lines_of(file.statements & ~file.executed))
    counts = file.counts
    row = _ROW.format(shown, counts.covered, counts.total, percent_text(counts.rate), missing)
    return row.rstrip()


def measurement_object(measured: Measurement) -> dict[str, object]:
    """The same for machines, see docs/schema/measurement.schema.json."""
    counts, origin = measured.counts, measured.provenance
    return {
        **_NOT_MEASURED,
        "percent": None if counts.rate is None else percent_number(counts.rate),
        "covered": counts.covered,
        "total": counts.total,
        "commit": origin.commit,
        "tree": origin.tree,
        "identity": origin.identity or None,
        "core": origin.kind.core,
        "kind": str(origin.kind),
        "scope": exact(origin.scope_text),
        "sandbox": origin.sandbox,
        "sandbox_closed": [str(way) for way in origin.closed],
        "failing_tests": [exact(test) for test in sorted(measured.tests.failed)],
        "files": [_file_object(file) for file in measured.files],
    }


def failure_object(failure: MeasureFailure) -> dict[str, object]:
    """Why there is no measurement, under the same schema."""
    facts = {
        "code": str(failure.code),
        "message": one_line(failure.message, limit=TEXT_LIMIT),
    }
    return {**_NOT_MEASURED, "failure": facts}


def _file_object(file: FileCoverage) -> dict[str, object]:
    counts, taken = file.counts, set(file.taken)
    return {
        "path": exact(file.path),
        "covered": counts.covered,
        "total": counts.total,
        "missing_lines": list(lines_of(file.statements & ~file.executed)),
        "missing_branches": [list(arc) for arc in file.branches if arc not in taken],
    }
