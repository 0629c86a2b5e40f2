"""What the gate does for one work item: judge it and write its report. Raises; the leaf does not.

`gate` wraps these in the boundary, the command line calls them and tells errors itself.
"""

from coverage_gate.procedure.answers import check, check_percent, error_answer, settings_answer
from coverage_gate.procedure.changed import changed_paths
from coverage_gate.procedure.measuring import measure, measure_percent, source_of
from coverage_gate.procedure.places import (
    Place,
    command_place,
    make_worktree,
    name_of,
    pipeline_place,
    report_place,
    why_inert,
)
from coverage_gate.procedure.publishing import publish
from coverage_gate.procedure.reading import SettingsReader, pyproject_at, read_settings
from coverage_gate.procedure.verdicts import explain, judge

__all__ = [
    "Place",
    "SettingsReader",
    "changed_paths",
    "check",
    "check_percent",
    "command_place",
    "error_answer",
    "explain",
    "judge",
    "make_worktree",
    "measure",
    "measure_percent",
    "name_of",
    "pipeline_place",
    "publish",
    "pyproject_at",
    "read_settings",
    "report_place",
    "settings_answer",
    "source_of",
    "why_inert",
]
