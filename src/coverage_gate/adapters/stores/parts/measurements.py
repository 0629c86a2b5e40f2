"""Part of the store on a database: measurements, under their identity."""

from __future__ import annotations

from coverage_gate.adapters.stores import sql_records
from coverage_gate.adapters.stores.codec import encode
from coverage_gate.adapters.stores.parts.part import SqlPart
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.records import MeasurementSummary


class Measurements(SqlPart):
    """Fits `ports.store.Measurements`."""

    __slots__ = ()

    def load_measurement(self, identity: str) -> Measurement | None:
        """See `ports.Store.load_measurement`."""
        with self._read() as connection:
            payload = connection.execute(sql_records.payload_of(identity)).scalar()
        return sql_records.readable(payload, identity)

    def save_measurement(self, repository: str, measurement: Measurement, at: str) -> None:
        """See `ports.Store.save_measurement`."""
        identity = measurement.provenance.identity
        if not identity:
            return
        payload = encode(measurement)
        row = sql_records.measurement_row(repository, measurement, payload, at)
        with self._write() as connection:
            sql_records.keep(connection, row)

    def measurements(self, repository: str, *, limit: int) -> tuple[MeasurementSummary, ...]:
        """See `ports.Store.measurements`."""
        with self._read() as connection:
            rows = connection.execute(sql_records.newest_measurements(repository, limit)).all()
        return tuple(map(sql_records.summary_of, rows))
