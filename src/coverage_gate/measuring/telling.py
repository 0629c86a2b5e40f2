"""What the steps of a measurement raise, told as failure values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from coverage_gate.adapters.measure.analysis import AnalysisError, BrokenAnalystError
from coverage_gate.adapters.measure.config_text import BadConfigError
from coverage_gate.adapters.measure.data_file import BadDataError
from coverage_gate.adapters.measure.environment import RefusedVariableError
from coverage_gate.core.measurement import FailureCode
from coverage_gate.measuring.faults import unmeasurable
from coverage_gate.ports import RepositoryError

#: A branch may be too large for the room that there is, where its base is not.
_NO_ROOM = frozenset({"no-space", "export-failed"})

_CODES: dict[type[Exception], FailureCode] = {
    AnalysisError: FailureCode.ANALYSIS_FAILED,
    BrokenAnalystError: FailureCode.ERROR,
    BadConfigError: FailureCode.BAD_CONFIGURATION,
    BadDataError: FailureCode.BAD_DATA,
    RefusedVariableError: FailureCode.BAD_CONFIGURATION,
}


@contextmanager
def told_as_failures() -> Iterator[None]:
    """What the steps of a measurement raise becomes a failure value.

    Raises:
        UnmeasurableError: In the place of what was raised.
        RepositoryError: Where git cannot read the tree, or it is hostile.
    """
    try:
        yield
    except tuple(_CODES) as error:
        code = next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)
        raise unmeasurable(code, error) from None
    except RepositoryError as error:
        if error.branch_fault or error.code not in _NO_ROOM:
            raise
        raise unmeasurable(FailureCode.EXPORT_FAILED, error) from None
    except OSError as error:
        # What the tests leave is read by readers that tell their own faults: this came before.
        reason = f"no private folder for the run: {error}. Free some space, or set TMPDIR."
        raise unmeasurable(FailureCode.EXPORT_FAILED, reason) from None
