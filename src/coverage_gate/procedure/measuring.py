"""Runs the tests of one commit, without judging it."""

from __future__ import annotations

from pathlib import Path

from coverage_gate.core.history import branch_of
from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.rates import percent_number
from coverage_gate.ports import Progress, RepositoryError, TreeSource
from coverage_gate.procedure.reading import SettingsReader, pyproject_at, read_settings
from coverage_gate.wiring import Workshop, checked_out, open_workshop


def measure(
    read: SettingsReader,
    repository: str,
    folder: Path,
    *,
    head: str,
    base: str = "",
    progress: Progress | None = None,
    fresh: bool = False,
) -> Measurement | MeasureFailure:
    """Run the tests of a commit, or of a folder without one, under the base's configuration.

    Raises:
        SettingsError, RepositoryError, StoreError: As they occur.
    """
    settings = read(None)
    base = base or settings.base
    with open_workshop(repository=repository, folder=folder, progress=progress) as shop:
        settings = read(pyproject_at(shop, base))
        source = source_of(shop, folder, head, base)
        return shop.measurer(settings).measure(source, fresh=fresh)


def source_of(shop: Workshop, folder: Path, head: str, base: str) -> TreeSource:
    """A commit under the base's configuration, or a folder without one. Raises RepositoryError."""
    if shop.view is None:
        return TreeSource(tree=None, config_tree=None, folder=folder, label="the folder")
    commit = shop.view.resolve(head)
    try:
        config_tree = shop.view.resolve(base).tree
    except RepositoryError:
        config_tree = commit.tree  # a repository without that base rules itself
    named = (checked_out(folder) or "") if head == "HEAD" else head
    return TreeSource(
        tree=commit.tree,
        config_tree=config_tree,
        commit=commit.sha,
        label=head,
        branch=branch_of(named),
    )


def measure_percent(repository: str, folder: Path) -> float | None:
    """Percent of a run of the tests of a worktree's HEAD, or of the folder as it stands."""
    return percent_of(measure(read_settings, repository, folder, head="HEAD"))


def percent_of(measured: Measurement | MeasureFailure) -> float | None:
    """The percentage, as hosts are told it; None where nothing was measured."""
    if isinstance(measured, MeasureFailure) or measured.counts.rate is None:
        return None
    return percent_number(measured.counts.rate)
