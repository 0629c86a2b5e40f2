"""What ends a measurement, as failure values."""

from __future__ import annotations

from coverage_gate.core.measurement import FailureCode, MeasureFailure


class UnmeasurableError(Exception):
    """Ends a measurement with a failure value; never leaves this package."""

    def __init__(self, failure: MeasureFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def unmeasurable(code: FailureCode, error: Exception | str) -> UnmeasurableError:
    """The error for a failure of this code, to be raised."""
    return UnmeasurableError(MeasureFailure(code=code, message=str(error)))
