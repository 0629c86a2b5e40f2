"""THE LEAF: what a host imports. No function here raises, whatever it is given.

It starts no deploy, restarts nothing, pushes nothing, and runs no external command but git and
the sandboxed test run. Hosts may replace `measure_coverage`, `ensure_worktree` and `report_path`
on this module: they are looked up when they are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coverage_gate import procedure, ratcheting
from coverage_gate.adapters.render import report
from coverage_gate.boundary import never_raises
from coverage_gate.core.limits import decide_percent, delta_of
from coverage_gate.core.report_object import percent_of_report
from coverage_gate.settings import Settings, SettingsError, load_scope, without_secrets

#: What `report_path` answers when there is none: nobody can write there.
NO_REPORT = Path("/dev/null/18-coverage-report.md")
_NO_SNAPSHOT: dict[str, Any] = {}
_BROKEN_REPORT = "---\ncoverage_status: FAIL\n---\n\nThe report could not be rendered.\n"


@never_raises(procedure.error_answer, last=(False, "error (fail-closed)"), redact=without_secrets)
def check_coverage_gate(
    repo: str, work_item: str, branch: str, *, retested: bool | None = None
) -> tuple[bool, str]:
    """Judge a branch and write its report: the entry `QG_CHECKS["check_coverage_gate"]` names.

    Args:
        repo: The repository.
        work_item: Whose report it is.
        branch: What wants to land.
        retested: Whether a merge gate ran the tests of this very tree before. Where none did, the
            measurement is the re-test: tests that fail newly fail the gate. None: as
            ORCH_COVERAGE_RETESTED says.

    Returns:
        Whether the merge is allowed, and why in one line.
    """
    if (inert := procedure.why_inert(load_scope(), repo)) is not None:
        return True, inert
    try:
        settings = procedure.read_settings()
        judges_tests = not (settings.retested if retested is None else retested)
        return _check(settings, repo, work_item, branch, judges_tests=judges_tests)
    except SettingsError as error:
        return procedure.settings_answer(error)


def _check(
    settings: Settings, repo: str, work_item: str, branch: str, *, judges_tests: bool
) -> tuple[bool, str]:
    worktree = ensure_worktree(repo, branch)
    place = procedure.pipeline_place(
        settings,
        repo,
        work_item,
        branch,
        report=Path(report_path(repo, work_item)),
        worktree=None if worktree is None else Path(worktree),
        is_hosts=ensure_worktree is not _WORKTREE,
        judges_tests=judges_tests,
    )
    if measure_coverage is not _MEASURE:
        return procedure.check_percent(settings, place, measure_coverage(repo, branch))
    return procedure.check(settings, place)


@never_raises(lambda _: True, last=True, redact=without_secrets)
def coverage_gate_applies(repo: str) -> bool:
    """Whether the repository is in scope and the switch is on; True when they are unreadable."""
    return load_scope().applies(repo)


@never_raises(lambda _: None, last=None, redact=without_secrets)
def ensure_worktree(repo: str, branch: str) -> Path | None:
    """The branch's worktree, made if missing; None when it cannot be made."""
    return procedure.make_worktree(procedure.read_settings(), repo, branch)


@never_raises(lambda _: None, last=None, redact=without_secrets)
def measure_coverage(repo: str, branch: str) -> float | None:
    """Percent of a real test run in the branch's worktree; None when the tool failed or timed out.

    A worktree without a commit is measured as it stands.
    """
    folder = ensure_worktree(repo, branch)
    return None if folder is None else procedure.measure_percent(repo, Path(folder))


@never_raises(
    lambda message: (False, f"bad inputs: {message}"),
    last=(False, "bad inputs"),
    redact=without_secrets,
)
def compute_coverage_verdict(
    measured: object, baseline: object, floor: object, policy: object, epsilon: object
) -> tuple[bool, str]:
    """Judge bare percentages (0..100) under a policy; pure.

    `absolute`: measured ≥ floor - epsilon. `baseline`: measured ≥ baseline - epsilon. `both`: both.
    Exactly on the limit passes; no baseline yet is "bootstrap"; what is no number is "bad inputs".
    """
    return decide_percent(measured, baseline, floor, policy, epsilon)


@never_raises(lambda _: 0.0, last=0.0, redact=without_secrets)
def compute_delta(measured: object, baseline: object, floor: object) -> float:
    """Measured minus the higher of baseline and floor, in points; 0.0 when there is neither."""
    return delta_of(measured, baseline, floor)


@never_raises(lambda _: None, last=None, redact=without_secrets)
def parse_coverage_percent(report: object) -> float | None:
    """The percent out of a coverage.py JSON report object, None for anything else."""
    return percent_of_report(report)


@never_raises(lambda _: NO_REPORT, last=NO_REPORT, redact=without_secrets)
def report_path(repo: str, work_item: str) -> Path:
    """Where the artefact of a work item lives; `NO_REPORT` when settings or names are broken."""
    return procedure.report_place(procedure.read_settings(), repo, work_item)


@never_raises(lambda _: _BROKEN_REPORT, last=_BROKEN_REPORT, redact=without_secrets)
def render_coverage_report(work_item: str, fields: Mapping[str, Any]) -> str:
    """The text of `18-coverage-report.md`; any field may be absent."""
    return report.render_coverage_report(work_item, fields)


@never_raises(
    lambda message: (False, f"FAIL: no readable coverage_status: {message}"),
    last=(False, "FAIL: no readable coverage_status"),
    redact=without_secrets,
)
def parse_coverage_status(text: str) -> tuple[bool, str]:
    """Whether a report says PASS, and a text that holds PASS or FAIL."""
    return report.parse_coverage_status(text)


@never_raises(lambda _: None, last=None, redact=without_secrets)
def read_measured_coverage(text: str) -> float | None:
    """The measured percent out of a report's text, None where there is none."""
    return report.read_measured_coverage(text)


@never_raises(lambda _: False, last=False, redact=without_secrets)
def ratchet_baseline_on_merge(repo: str, work_item: str, branch: str, sha: str) -> bool:
    """Raise the baseline after the merge; True if it was founded, moved or re-stamped."""
    del branch  # the artefact names what was measured
    settings = procedure.read_settings()
    if not settings.enabled:
        return False
    path = Path(report_path(repo, work_item))
    return ratcheting.ratchet(settings, repo, work_item, sha, report=path).wrote


@never_raises(ratcheting.empty_snapshot, last=_NO_SNAPSHOT, redact=without_secrets)
def snapshot() -> dict[str, Any]:
    """The `coverage` block of `GET /queue`; see `ratcheting.snapshot`."""
    return ratcheting.snapshot(procedure.read_settings())


#: A host's replacement answers a bare percent.
_MEASURE = measure_coverage
_WORKTREE = ensure_worktree
