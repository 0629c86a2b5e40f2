"""Part of the store on a database: the history of numbers."""

from __future__ import annotations

from collections.abc import Iterable

from coverage_gate.adapters.stores import sql_history
from coverage_gate.adapters.stores.history_codec import decode_files, encode_files
from coverage_gate.adapters.stores.parts.part import SqlPart
from coverage_gate.core.history import FileCounts, Merged, Point, Pruned, checked_files


class History(SqlPart):
    """Fits `ports.store.History`."""

    __slots__ = ()

    def note_point(self, point: Point, files: Iterable[FileCounts]) -> bool:
        """See `ports.Store.note_point`."""
        row = sql_history.point_row(point)
        # What is measured again and again is looked up and waits for no writer.
        with self._read() as connection:
            if connection.execute(sql_history.point_known(row)).one_or_none() is not None:
                return False
        payload = encode_files(checked_files(point, files))
        with self._write() as connection:
            return sql_history.note(connection, {**row, "payload": payload})

    def note_merge(self, merged: Merged) -> Point | None:
        """See `ports.Store.note_merge`."""
        key = merged.key
        wanted = sql_history.measured_tree(key.repository, merged.tree, key.scope, key.kind)
        with self._write() as connection:
            found = connection.execute(wanted).one_or_none()
            if found is None:
                return None
            row = sql_history.point_row(merged.point(sql_history.point_from(found)))
            sql_history.note(connection, {**row, "payload": found.payload})
            return sql_history.point_from(connection.execute(sql_history.point_known(row)).one())

    def history(
        self, repository: str, *, branch: str | None = None, limit: int
    ) -> tuple[Point, ...]:
        """See `ports.Store.history`."""
        wanted = sql_history.newest_points(repository, branch, limit)
        with self._read() as connection:
            return tuple(map(sql_history.point_from, connection.execute(wanted)))

    def history_branches(self, repository: str) -> tuple[str, ...]:
        """See `ports.Store.history_branches`."""
        with self._read() as connection:
            return tuple(connection.execute(sql_history.branches_of(repository)).scalars())

    def point_files(self, seq: int) -> tuple[FileCounts, ...]:
        """See `ports.Store.point_files`."""
        with self._read() as connection:
            payload = connection.execute(sql_history.payload_of_point(seq)).scalar()
        return () if payload is None else decode_files(payload)

    def prune(self, repository: str, *, before: str) -> Pruned:
        """See `ports.Store.prune`."""
        with self._write() as connection:
            points = connection.execute(sql_history.pruning_points(repository, before))
            kept = connection.execute(sql_history.pruning_measurements(repository, before))
            return Pruned(points=points.rowcount, measurements=kept.rowcount)
