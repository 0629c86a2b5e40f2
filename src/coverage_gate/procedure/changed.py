"""What a commit that is about to be made would change."""

from __future__ import annotations

from coverage_gate.ports import Progress
from coverage_gate.procedure.places import Place
from coverage_gate.wiring import no_repository, open_workshop


def changed_paths(place: Place, *, progress: Progress | None = None) -> tuple[str, ...]:
    """What differs between HEAD and what is staged, or the files; deleted ones, too.

    Raises:
        RepositoryError: If the folder is no repository, or a merge is not finished.
    """
    from coverage_gate.adapters.git.snapshot import snapshot  # noqa: PLC0415 - see verdicts

    with open_workshop(repository=place.repository, folder=place.folder, progress=progress) as shop:
        if shop.view is None:
            raise no_repository(place.folder)
        head, stands = (
            shop.view.resolve(ref).tree
            for ref in ("HEAD", snapshot(shop.view, place.stand, index=place.index))
        )
        changes = shop.view.changes(head, stands)
    return tuple(
        dict.fromkeys(path for each in changes.files for path in (each.old_path, each.path))
    )
