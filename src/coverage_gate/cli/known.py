"""Whether a repository that somebody names by its name is one that anything is known of."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage_gate.boundary import visible
from coverage_gate.core.similar import did_you_mean

if TYPE_CHECKING:
    from coverage_gate.ports import Store
    from coverage_gate.settings import Settings

_MOST = 3
_HOW = "`coverage-gate doctor` tells the name of the repository that it is run in."


def require_known(settings: Settings, store: Store, name: str, *, advice: str = "") -> None:
    """Refuse a name of which nothing is known: what is kept under a misspelt one nobody reads.

    Known is what the store has, what the settings name, what lies in the folder of repositories,
    and the repository that this folder belongs to. A store that has nothing yet refuses none: there
    any name is the first, which is told.

    Args:
        settings: Which repositories are in scope, and where they are.
        store: What is kept of which.
        name: Of the repository.
        advice: What to do for one that is meant all the same, in a sentence.

    Raises:
        click.UsageError: With the names that are near.
    """
    kept = store.repositories()
    # A path is no name, but says which repository is meant.
    pointed = _repository_at(Path(name))
    named = {settings.self_repo, *settings.repos, *_lying_in(settings.repos_dir)}
    known = {*kept, *named, *_repository_at(Path())}
    if name in known or name in pointed:
        return
    shown = visible(name)
    if not kept:
        click.echo(f"coverage-gate: {shown} is the first repository of this store", err=True)
        return
    near = did_you_mean(name, known, most=_MOST)
    if pointed:
        near = f"; did you mean {pointed[0]}?"
    refusal = f"no repository is known as '{shown}'{near or '.'}"
    raise click.UsageError(" ".join(filter(None, (refusal, advice, _HOW))))


def _lying_in(folder: Path) -> set[str]:
    """The names of the repositories in a folder, bare or not."""
    with suppress(OSError):
        return {place.name.removesuffix(".git") for place in folder.iterdir() if place.is_dir()}
    return set()


def _repository_at(folder: Path) -> tuple[str, ...]:
    from coverage_gate.ports import RepositoryError
    from coverage_gate.wiring import repository_name

    with suppress(RepositoryError, OSError):
        return (repository_name(folder),) if folder.is_dir() else ()
    return ()
