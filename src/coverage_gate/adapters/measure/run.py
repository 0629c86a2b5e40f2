"""Runs the test command of a tree and says how it ended."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from coverage_gate.adapters.measure.command import TestCommand
from coverage_gate.adapters.measure.data_file import DataLimits
from coverage_gate.adapters.measure.outcomes import (
    BadClaimsError,
    Claims,
    Summary,
    read_claims,
    read_outcomes,
    read_summary,
    read_unfinished,
)
from coverage_gate.adapters.measure.printed import last_lines, printable_text
from coverage_gate.adapters.measure.rig import Rig, launch_of, tell_scripts
from coverage_gate.adapters.measure.workroom import Workroom, lay_out
from coverage_gate.core.measurement import FailureCode, MeasureFailure, TestOutcome, TestRun
from coverage_gate.ports import (
    ProcessResult,
    Progress,
    RunLimits,
    SandboxError,
    WeakSandboxError,
)

_SHOWN = 3
_JOURNALS = ("-journal", "-wal", "-shm")

#: Statuses of pytest: the tests ran; what the others mean.
_PYTEST_OK = (0, 1)
_INTERRUPTED = 2
_NO_TESTS = 5
_PYTEST_REASONS = {
    0: "pytest ran without the gate's plugin",
    1: "pytest did not get as far as the tests",
    _INTERRUPTED: "pytest stopped before all tests had run",
    3: "pytest broke down",
    4: "pytest refused an option, or a file such as a conftest.py could not be loaded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """A test run that came to its end, whether or not tests failed.

    Attributes:
        tests: Exit status and outcomes; the outcomes are None where pytest did not run.
        deselected: Number of tests that were collected but not run.
        data_files: What coverage.py wrote, sorted; at least one.
        core: "ctrace", "sysmon" or "pytrace".
        output: What was printed, printable, bounded by the limits.
        seconds: Wall time.
    """

    tests: TestRun
    deselected: int
    data_files: tuple[Path, ...]
    core: str
    output: str
    seconds: float


def run_tests(
    rig: Rig, *, rc: Path, data_file: Path, progress: Progress, contexts: bool = False
) -> FinishedRun | MeasureFailure:
    """Run the command under coverage.py in the export.

    Args:
        rig: What to run, and with what.
        rc: coverage.py's configuration; it names `data_file`.
        data_file: Absolute; each process may append its own ending. Its folder exists.
        progress: Hears how many tests ended.
        contexts: Whether coverage.py is told which test runs. The numbers are others then.

    Raises:
        OSError: If the rig's folder cannot be written.
        RefusedVariableError: For an allowed variable that is a secret by its name.
    """
    room = lay_out(rig.work)
    tell_scripts(rig, room, rc=rc, contexts=contexts)
    launch = replace(
        launch_of(rig, room, writable=(data_file.parent,), readable=(rc,)),
        progress=progress,
        progress_file=room.outcomes if rig.command.is_pytest else None,
    )
    try:
        result = rig.sandbox.run(launch)
    except SandboxError as error:
        return _not_started(error)
    return _Ending(
        result=result, command=rig.command, room=room, data_file=data_file, limits=rig.limits
    ).judged()


def _not_started(error: SandboxError) -> MeasureFailure:
    is_weak = isinstance(error, WeakSandboxError)
    code = FailureCode.SANDBOX_TOO_WEAK if is_weak else FailureCode.SANDBOX_FAILED
    return MeasureFailure(code=code, message=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """A process that ended, and what it left."""

    result: ProcessResult
    command: TestCommand
    room: Workroom
    data_file: Path
    limits: RunLimits

    def judged(self) -> FinishedRun | MeasureFailure:
        """What the run measured, or why it measured nothing."""
        try:
            return self._unfinished() or self._finished()
        except BadClaimsError as error:
            return self._failure(
                FailureCode.BAD_DATA,
                f"what the tests' process left behind cannot be read ({error}): something in the"
                " tests writes where only the gate's own plugin does",
            )

    def _unfinished(self) -> MeasureFailure | None:
        status = self.result.exit_status
        if status is None:
            return self._failure(
                FailureCode.TIMEOUT,
                f"the tests did not end within {self.limits.timeout_s:g} s{self._running()}; make"
                " them faster or allow more time (--timeout, ORCH_COVERAGE_RUN_TIMEOUT_S)",
            )
        if status < 0:
            return self._failure(
                FailureCode.KILLED,
                f"the tests' process was killed by signal {-status}{self._running()}; run"
                f" `{self.command}` to see it",
            )
        return None

    def _running(self) -> str:
        tests = read_unfinished(self.room.started, self.room.outcomes)
        more = f" and {len(tests) - _SHOWN} more" if len(tests) > _SHOWN else ""
        return f"; {', '.join(tests[:_SHOWN])}{more} did not end" if tests else ""

    def _finished(self) -> FinishedRun | MeasureFailure:
        outcomes = read_outcomes(self.room.outcomes) if self.command.is_pytest else None
        claims, summary = read_claims(self.room.claims), read_summary(self.room.summary)
        if claims is None:
            return self._failure(
                FailureCode.NO_DATA,
                f"the tests' process ended in the middle, with status {self.result.exit_status}"
                f"{self._running()}; look for os._exit or a crash in what the tests run",
            )
        # An exit handler may have changed the status of the process; a bad one stays bad.
        status = self.result.exit_status or claims.exit_status
        if self.command.is_pytest:
            failure = self._pytest_failure(status, outcomes)
            if failure is not None:
                return failure
        return self._measured(status, outcomes, claims, summary)

    def _pytest_failure(
        self, status: int, outcomes: Mapping[str, TestOutcome] | None
    ) -> MeasureFailure | None:
        if status == _NO_TESTS:
            return self._failure(
                FailureCode.NO_TESTS,
                f"pytest found no tests (`{self.command}`); add tests or name where they are",
            )
        if status in _PYTEST_OK and outcomes is not None:
            return None
        reason = _PYTEST_REASONS.get(status, f"pytest ended with status {status}")
        broken = [test for test, end in (outcomes or {}).items() if end is TestOutcome.ERROR]
        places = f": {', '.join(broken[:_SHOWN])}" if broken and status == _INTERRUPTED else ""
        return self._failure(
            FailureCode.TESTS_CANNOT_START,
            f"{reason}{places}; run `{self.command}` to see it",
        )

    def _measured(
        self,
        status: int,
        outcomes: Mapping[str, TestOutcome] | None,
        claims: Claims,
        summary: Summary,
    ) -> FinishedRun | MeasureFailure:
        data_files = _data_files(self.data_file)
        if claims.core is None or not data_files:
            return self._failure(
                FailureCode.NO_DATA,
                f"coverage.py wrote no data (`{self.command}` ended with status {status})",
            )
        foreign = {**summary.foreign, **claims.foreign}
        if foreign:
            return self._failure(FailureCode.FOREIGN_MODULE, _foreign_message(foreign))
        return FinishedRun(
            tests=TestRun(exit_status=status, outcomes=outcomes),
            deselected=summary.deselected,
            data_files=data_files,
            core=claims.core,
            output=printable_text(self.result.output),
            seconds=self.result.seconds,
        )

    def _failure(self, code: FailureCode, message: str) -> MeasureFailure:
        output = last_lines(printable_text(self.result.output))
        return MeasureFailure(code=code, message=message, output=output)


def _foreign_message(foreign: Mapping[str, str]) -> str:
    shown = [f"{name} from {file}" for name, file in sorted(foreign.items())[:_SHOWN]]
    more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
    return (
        f"modules of the project were loaded from outside of the tree that is measured:"
        f" {', '.join(shown)}{more}; put no fixed folders on sys.path, install the project in"
        " editable mode or not at all, and rename a file that has the name of an installed package"
    )


def _data_files(data_file: Path) -> tuple[Path, ...]:
    """The data file and those with an ending, regular files only; a link could lead anywhere.

    Of too many some are left out, but never so many that what is left could be read.
    """
    found = chain([data_file], data_file.parent.glob(f"{data_file.name}.*"))
    return tuple(sorted(islice(filter(_is_data, found), DataLimits().files + 1)))


def _is_data(path: Path) -> bool:
    if path.name.endswith(_JOURNALS):
        return False
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
