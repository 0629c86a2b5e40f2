"""Judges one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from coverage_gate.closing import kept_count
from coverage_gate.core.decide import gate_error, not_applicable
from coverage_gate.core.stand import Stand
from coverage_gate.core.verdict import Reason, Verdict
from coverage_gate.core.work_order import Asked
from coverage_gate.explaining import explained, require_place, with_order
from coverage_gate.judging import BrokenGateError, Request, run_guarded
from coverage_gate.ports import ChangeReader, Progress
from coverage_gate.procedure.places import DISABLED, Place
from coverage_gate.procedure.reading import SettingsReader, ruling_settings
from coverage_gate.settings import Settings, without_secrets
from coverage_gate.wiring import no_repository, open_workshop

if TYPE_CHECKING:
    from coverage_gate.adapters.git.view import GitView
    from coverage_gate.core.explanation import Explanation


def judge(
    read: SettingsReader,
    place: Place,
    *,
    progress: Progress | None = None,
    look: Callable[[Verdict, ChangeReader], object] | None = None,
) -> tuple[Verdict, Settings]:
    """Judge a branch under the settings of its base.

    Args:
        read: Reads the settings.
        place: What is judged.
        progress: Hears what is done.
        look: Is shown the verdict while the judged tree, which may be in no repository, can be
            read.

    Returns:
        The verdict, and the settings that it was judged by.

    Raises:
        SettingsError: For a bad variable, flag or key of the base's table.
        RepositoryError: If the folder is no repository.
    """
    settings = read(None)
    policy = settings.policy(judges_tests=place.judges_tests)
    if not settings.enabled:
        return not_applicable(DISABLED, Reason.DISABLED, policy), settings
    base = place.base or settings.base
    with open_workshop(
        repository=place.repository,
        folder=place.folder,
        worktree=place.worktree,
        progress=progress,
    ) as shop:
        if shop.view is None:
            raise no_repository(place.folder)
        if place.stand is not Stand.COMMIT:
            place = _taken(place, shop.view)
        settings = ruling_settings(read, shop.view, base=base, head=place.head)
        policy = settings.policy(judges_tests=place.judges_tests)
        ports = shop.ports(settings)
        counted = partial(
            kept_count, repository=place.repository, store=ports.store, clock=ports.clock
        )
        try:
            verdict = run_guarded(_request(place, base), ports, policy, redact=without_secrets)
        except BrokenGateError as error:
            return counted(gate_error(str(error), policy)), settings
        asked = Asked(branch=place.branch, base=base, stand=place.stand)
        ordered = with_order(counted(verdict), asked, shop.view, redact=without_secrets)
        if look is not None:
            look(ordered, shop.view)
        return ordered, settings


def _taken(place: Place, view: GitView) -> Place:
    """With a commit of what stands in the work tree, or is staged."""
    from coverage_gate.adapters.git.snapshot import snapshot  # noqa: PLC0415 - commits need it not

    return replace(place, head=snapshot(view, place.stand, index=place.index))


def _request(place: Place, base: str) -> Request:
    return Request(
        repository=place.repository,
        branch=place.branch,
        head=place.head,
        base=base,
        compares_with_base=place.compares_with_base,
    )


def _require(place: Place, base: str, path: str, line: int | None) -> None:
    with open_workshop(repository=place.repository, folder=place.folder) as shop:
        if shop.view is None:
            raise no_repository(place.folder)
        landing = shop.view.landing(shop.view.resolve(base), shop.view.resolve(place.head))
        # Of what does not merge the verdict tells more.
        if landing.tree is not None:
            require_place(shop.view, landing.tree, path, line)


def explain(
    read: SettingsReader,
    place: Place,
    path: str,
    line: int | None,
    *,
    progress: Progress | None = None,
) -> tuple[Verdict, Explanation | None]:
    """Why a file or a line of a branch stands as it does; None where nothing was measured.

    Raises:
        NoSuchPlaceError: If what would land has no such file or line; then nothing runs.
        RepositoryError: If there is no such branch or base, too.
        SettingsError: As `judge`.
    """
    _require(place, place.base or read(None).base, path, line)
    found: list[Explanation | None] = []
    verdict, _ = judge(
        read,
        place,
        progress=progress,
        look=lambda verdict, tree: found.append(explained(verdict, tree, path, line)),
    )
    return verdict, found[0] if found else None
