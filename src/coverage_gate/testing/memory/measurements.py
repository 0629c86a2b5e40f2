"""Part of the store in memory: measurements, under their identity."""

from __future__ import annotations

from coverage_gate.adapters.stores.texts import name_text
from coverage_gate.core.baseline import kind_text
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.records import MeasurementSummary
from coverage_gate.testing.memory.part import MemoryPart
from coverage_gate.testing.memory.rows import newest_first


class Measurements(MemoryPart):
    """Fits `ports.store.Measurements`."""

    __slots__ = ()

    def load_measurement(self, identity: str) -> Measurement | None:
        """See `ports.Store.load_measurement`."""
        found = self.rows.measurements.get(identity)
        return found[1] if found else None

    def save_measurement(self, repository: str, measurement: Measurement, at: str) -> None:
        """See `ports.Store.save_measurement`."""
        name_text(repository)
        origin = measurement.provenance
        if not origin.identity:
            return
        summary = MeasurementSummary(
            identity=origin.identity,
            repository=repository,
            commit=origin.commit,
            tree=origin.tree,
            scope=origin.scope,
            kind=kind_text(origin.kind),
            counts=measurement.counts,
            created_at=at,
        )
        with self._change() as rows:
            rows.measurements.setdefault(origin.identity, (summary, measurement))

    def measurements(self, repository: str, *, limit: int) -> tuple[MeasurementSummary, ...]:
        """See `ports.Store.measurements`."""
        kept = [summary for summary, _ in self.rows.measurements.values()]
        return newest_first(
            [summary for summary in kept if summary.repository == repository], limit
        )
