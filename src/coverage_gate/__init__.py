"""coverage-gate: a deterministic coverage gate for pipelines in which agents write the code.

The names below are the leaf that a host imports; they load on first use, so that importing the
package costs next to nothing. None of the functions raises.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coverage_gate.gate import (
        check_coverage_gate,
        compute_coverage_verdict,
        compute_delta,
        coverage_gate_applies,
        ensure_worktree,
        measure_coverage,
        parse_coverage_percent,
        parse_coverage_status,
        ratchet_baseline_on_merge,
        read_measured_coverage,
        render_coverage_report,
        report_path,
        snapshot,
    )

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "check_coverage_gate",
    "compute_coverage_verdict",
    "compute_delta",
    "coverage_gate_applies",
    "ensure_worktree",
    "measure_coverage",
    "parse_coverage_percent",
    "parse_coverage_status",
    "ratchet_baseline_on_merge",
    "read_measured_coverage",
    "render_coverage_report",
    "report_path",
    "snapshot",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name of the leaf
    if name in __all__:
        return getattr(import_module("coverage_gate.gate"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
