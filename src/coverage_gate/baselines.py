"""Baselines for hosts that bring a bare percent. No function here raises.

A percent has no scope and no kind of its own: it is kept under "*" and compared with whatever is
measured. See ADR 0006.
"""

from __future__ import annotations

from typing import Any

from coverage_gate import ratcheting
from coverage_gate.boundary import never_raises
from coverage_gate.settings import load_settings, without_secrets

_NO_BASELINES: dict[str, dict[str, Any]] = {}


def _no_baselines(_: str) -> dict[str, dict[str, Any]]:
    return {}


@never_raises(lambda _: False, last=False, redact=without_secrets)
def init_db() -> bool:
    """Make the tables that are missing; nothing else in the database is touched.

    Returns:
        Whether the store is ready.
    """
    return ratcheting.init_store(load_settings())


@never_raises(lambda _: None, last=None, redact=without_secrets)
def get_coverage_baseline(repo: str) -> float | None:
    """The newest baseline of a repository as a percent; None where there is none."""
    return ratcheting.baseline_percent(load_settings(), repo)


@never_raises(lambda _: False, last=False, redact=without_secrets)
def ratchet_coverage_baseline(repo: str, percent: float, sha: str) -> bool:
    """Raise the baseline; True if it was founded, moved or re-stamped, False for a lower value."""
    return ratcheting.ratchet_percent(load_settings(), repo, percent, sha)


@never_raises(_no_baselines, last=_NO_BASELINES, redact=without_secrets)
def all_coverage_baselines() -> dict[str, dict[str, Any]]:
    """Every repository's newest baseline: {repo: {coverage, sha, updated_at}}."""
    return ratcheting.baselines_block(load_settings())
