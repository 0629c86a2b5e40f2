"""The arena of the tests, and what they ask of a verdict."""

from __future__ import annotations

from pathlib import Path

from tests.integration.measure_run.bench import make_environment

from coverage_gate.adapters.render.report import parse_coverage_status, render_coverage_report
from coverage_gate.adapters.render.verdict_fields import fields_of
from coverage_gate.core.verdict import Verdict
from coverage_gate.testing.attacks import arena
from coverage_gate.testing.attacks.arena import NAME, Arena


def build(top: Path) -> Arena:
    """Build the project, measure it, and found its baseline."""
    python = make_environment(top / "environment")
    return arena.build(top, {"ORCH_COVERAGE_PYTHON": str(python)})


def is_spotless(verdict: Verdict) -> bool:
    """Whether nothing is hidden and all that is new ran: then no part hides behind another."""
    patch = verdict.patch
    return not verdict.hidden and (
        patch is None or patch.statements.missing + patch.branches.missing == 0
    )


def report_status(verdict: Verdict) -> tuple[bool, str]:
    """What the written report says to a reader."""
    fields = fields_of(verdict, work_item="ET-1", repository=NAME)
    return parse_coverage_status(render_coverage_report("ET-1", fields))
