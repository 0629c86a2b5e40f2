"""Baselines for the leaf: raise after a merge, tell, reset. Raises; the leaf does not."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from coverage_gate.adapters import report_files
from coverage_gate.adapters.render.front_matter import FrontMatterError
from coverage_gate.adapters.render.report import UNCOMMITTED
from coverage_gate.adapters.render.report_reader import PASS, ReportFields, read_report
from coverage_gate.alerting import note_merge
from coverage_gate.clock import SystemClock
from coverage_gate.core.baseline import ANY, Baseline, BaselineKey
from coverage_gate.core.history import Merged, branch_of
from coverage_gate.core.ratchet import RatchetResult, Rise
from coverage_gate.core.rates import BadNumberError, exact_percent, percent_number
from coverage_gate.core.times import days_before
from coverage_gate.ports import Store, StoreError
from coverage_gate.receiving import CHATS, configured_topics
from coverage_gate.settings import Settings, SettingsError
from coverage_gate.wiring import open_repository, store_of


class NotRatchetedError(Exception):
    """The report does not allow its baseline to rise. The message says why."""


def ratchet(
    settings: Settings,
    repository: str,
    work_item: str,
    sha: str,
    *,
    report: Path,
    folder: Path | None = None,
    fence: int | None = None,
) -> RatchetResult:
    """Raise the baseline to the value in the artefact of this very merge.

    Args:
        settings: Where the store and the repositories are.
        repository: Whose baseline.
        work_item: Holder of the lease, where the store has a lease row.
        sha: The merged commit.
        report: The artefact.
        folder: The repository that has the commit; None: `<repository>` in ORCH_REPOS_DIR.
        fence: Of the lease, where the caller knows it.

    Raises:
        NotRatchetedError: If the report is no PASS of a measured commit, or of another tree.
        ReportError, SettingsError, StoreError, RepositoryError: As they occur.
    """
    fields = _read(report)
    rate = _measured_rate(fields, report)
    merged = _merged_commit(settings, repository, sha, fields.tree, folder=folder)
    key = BaselineKey(repository=repository, scope=fields.scope or ANY, kind=fields.kind or ANY)
    at = SystemClock().now_iso()
    rise = Rise(
        key=key,
        rate=rate,
        counts=fields.steady_counts if fields.kind else None,
        sha=sha,
        tree=fields.tree,
        holder=work_item,
        fence=fence,
        at=at,
    )
    with store_of(settings).transaction() as store:
        result = store.ratchet(rise)
        if fields.tree is not None and result is not RatchetResult.STALE_LEASE:
            # The merge is made, whether or not the baseline rose: what it was allowed is used up.
            store.use_up_waivers(repository, tree=fields.tree, sha=sha, at=at)
            base = branch_of(settings.base)
            landed = Merged(key=key, tree=fields.tree, branch=base, commit=merged, at=at)
            _remember(store, settings, landed)
    return result


def _remember(store: Store, settings: Settings, landed: Merged) -> None:
    """Add a merge to the history, which forgets what is too old: merges happen regularly."""
    topics = [topic for topic in configured_topics(settings) if topic in CHATS]
    note_merge(store, landed, max_drop=settings.alert_drop, topics=topics)
    if settings.history_days:
        before = days_before(landed.at, settings.history_days)
        store.prune(landed.key.repository, before=before)


def _read(report: Path) -> ReportFields:
    try:
        return read_report(report_files.read_report_file(report))
    except FrontMatterError as error:
        raise NotRatchetedError(f"{report.name} is no report: {error}; check again") from None


def _measured_rate(fields: ReportFields, report: Path) -> Fraction:
    if fields.status != PASS or fields.verdict not in (None, PASS):
        raise NotRatchetedError(f"{report.name} of {fields.work_item} is no PASS of a measurement")
    if fields.commit == UNCOMMITTED:
        raise NotRatchetedError("a folder without a commit was measured: it never ratchets")
    if fields.kind and fields.steady_counts is not None and fields.steady_counts.rate is not None:
        return fields.steady_counts.rate
    if fields.measured is None:
        raise NotRatchetedError(f"{report.name} of {fields.work_item} holds no measured coverage")
    return exact_percent(fields.measured, name="measured_coverage")


def _merged_commit(
    settings: Settings, repository: str, sha: str, tree: str | None, *, folder: Path | None
) -> str:
    """The merged commit's own id, whose tree must be the judged one, where one was judged."""
    if tree is None:
        return sha
    with open_repository(settings, repository, folder=folder) as view:
        merged = view.resolve(sha)
    if merged.tree != tree:
        raise NotRatchetedError(
            f"the report judged tree {tree[:12]}, but {sha[:12]} has tree {merged.tree[:12]}: "
            "what was merged was not measured"
        )
    return merged.sha


def init_store(settings: Settings) -> bool:
    """Make the tables that are missing."""
    store_of(settings).baselines()
    return True


def ratchet_percent(settings: Settings, repository: str, percent: object, sha: str) -> bool:
    """Raise the "*" baseline of a host that brings a percent. Its own lease is trusted."""
    rate = exact_percent(percent, name="percent")
    key, at = BaselineKey(repository=repository), SystemClock().now_iso()
    return store_of(settings).ratchet(Rise(key=key, rate=rate, sha=sha, at=at)).wrote


def reset(settings: Settings, repository: str, percent: str, *, actor: str, reason: str) -> int:
    """The one way down: open a new epoch with this value, audited. Returns the epoch.

    Raises:
        ValueError: If percent is no number in 0..100, or actor or reason is empty.
    """
    try:
        value = Decimal(percent)
    except InvalidOperation:
        raise BadNumberError(f"percent is no number: {percent!r}") from None
    return store_of(settings).reset_baseline(
        repository=repository,
        rate=exact_percent(value, name="percent"),
        actor=actor,
        reason=reason,
        at=SystemClock().now_iso(),
    )


def baselines_block(settings: Settings) -> dict[str, dict[str, Any]]:
    """Every repository's newest baseline: {repo: {coverage, sha, updated_at}}."""
    return {row.key.repository: _block(row) for row in store_of(settings).baselines()}


def _block(row: Baseline) -> dict[str, Any]:
    # A percent that came as a number goes as that number; a measured one is rounded down.
    percent = float(row.rate * 100) if row.counts is None else percent_number(row.rate)
    return {"coverage": percent, "sha": row.sha, "updated_at": row.updated_at}


def baseline_percent(settings: Settings, repository: str) -> float | None:
    """The newest baseline of a repository as a percent."""
    block = baselines_block(settings).get(repository)
    return None if block is None else block["coverage"]


def snapshot(settings: Settings) -> dict[str, Any]:
    """The `coverage` block of `GET /queue`; a store that fails shows no baselines."""
    try:
        baselines = baselines_block(settings)
    except (StoreError, SettingsError):
        baselines = {}
    return {
        "enabled": settings.enabled,
        "policy": str(settings.policy_name),
        "floor": float(settings.floor * 100),
        "epsilon": float(settings.epsilon * 100),
        "repos": sorted(settings.repos),
        "baselines": baselines,
    }


def empty_snapshot(error: str) -> dict[str, Any]:
    """What the snapshot is when the settings cannot be read."""
    return {
        "enabled": None,
        "policy": None,
        "floor": None,
        "epsilon": None,
        "repos": [],
        "baselines": {},
        "error": error,
    }
