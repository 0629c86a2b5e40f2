"""Part of the store in memory: the history of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from coverage_gate.adapters.stores.texts import name_text, needed
from coverage_gate.core.history import FileCounts, Merged, Origin, Point, Pruned, checked_files
from coverage_gate.testing.memory.part import MemoryPart
from coverage_gate.testing.memory.rows import (
    newest_first,
    point_key,
    prunable_measurements,
    prunable_points,
)


class History(MemoryPart):
    """Fits `ports.store.History`."""

    __slots__ = ()

    def note_point(self, point: Point, files: Iterable[FileCounts]) -> bool:
        """See `ports.Store.note_point`."""
        needed(point.repository, name="repository")
        needed(point.identity, name="identity")
        for name in (point.repository, point.branch, point.commit or ""):
            name_text(name)
        with self._change() as rows:
            known = {point_key(each) for each, _ in rows.points}
            if point_key(point) in known:
                return False
            rows.last_point += 1
            kept = replace(point, seq=rows.last_point), checked_files(point, files)
            rows.points.append(kept)
            return True

    def note_merge(self, merged: Merged) -> Point | None:
        """See `ports.Store.note_merge`."""
        key = merged.key
        wanted = (key.repository, merged.tree, key.scope, key.kind, Origin.MEASURED)
        with self.transaction() as block:
            found = [
                each
                for each in block.rows.points
                if (each[0].repository, each[0].tree, each[0].scope, each[0].kind, each[0].origin)
                == wanted
            ]
            if not found:
                return None
            point, files = found[-1]
            moved = merged.point(point)
            block.note_point(moved, files)
            known = {point_key(each): each for each, _ in block.rows.points}
            return known[point_key(moved)]

    def history(
        self, repository: str, *, branch: str | None = None, limit: int
    ) -> tuple[Point, ...]:
        """See `ports.Store.history`."""
        own = [point for point, _ in self.rows.points if point.repository == repository]
        chosen = [point for point in own if branch in (None, point.branch)]
        return newest_first(sorted(chosen, key=lambda point: (point.at, point.seq)), limit)

    def history_branches(self, repository: str) -> tuple[str, ...]:
        """See `ports.Store.history_branches`."""
        own = (point for point, _ in self.rows.points if point.repository == repository)
        return tuple(sorted({point.branch for point in own}))

    def point_files(self, seq: int) -> tuple[FileCounts, ...]:
        """See `ports.Store.point_files`."""
        return next((files for point, files in self.rows.points if point.seq == seq), ())

    def prune(self, repository: str, *, before: str) -> Pruned:
        """See `ports.Store.prune`."""
        with self._change() as rows:
            old = prunable_points(rows, repository, before)
            rows.points = [each for each in rows.points if each[0] not in old]
            gone = prunable_measurements(rows, repository, before)
            for identity in gone:
                del rows.measurements[identity]
            return Pruned(points=len(old), measurements=len(gone))
