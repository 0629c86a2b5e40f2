"""One call of `advance_stage` on its way: records each step, and writes where the task stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from coverage_gate.adapters.report_files import ReportError
from coverage_gate.boundary import describe_error, never_raises, trace_text, visible
from coverage_gate.ports import RepositoryError, SandboxError, StoreError
from coverage_gate.settings import SettingsError
from stage_engine import tasks
from stage_engine.context import Engine
from stage_engine.qg import Answer
from stage_engine.stages import DONE
from stage_engine.store import Rows
from stage_engine.values import AdvanceResult, Run, StepStatus, Task, TaskStatus

#: What a step may raise that is no fault of the branch: the task waits, and the step is repeated.
FAULTS = (RepositoryError, StoreError, SandboxError, ReportError, SettingsError, OSError)

_REASON = 2000

#: Something to be written together with where the task stands.
Effect = Callable[[Rows], object]
#: Queues a job in the same transaction, and answers its number.
Queue = Callable[[Rows], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a step ended.

    Attributes:
        status: PASSED, FAILED (the branch's fault), WAITING or ERROR (nobody's).
        reason: Why, in one line.
        detail: Facts for the record.
        trace: Where an error arose; empty for none.
    """

    status: StepStatus
    reason: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    trace: str = ""

    @property
    def passed(self) -> bool:
        """Whether the next step may follow."""
        return self.status is StepStatus.PASSED


def passed(reason: str = "", **detail: object) -> Outcome:
    """The next step may follow."""
    return Outcome(status=StepStatus.PASSED, reason=reason, detail=detail)


def failed(reason: str, **detail: object) -> Outcome:
    """The branch is at fault."""
    return Outcome(status=StepStatus.FAILED, reason=reason, detail=detail)


def waiting(reason: str, **detail: object) -> Outcome:
    """Something else has to happen first; nobody is at fault."""
    return Outcome(status=StepStatus.WAITING, reason=reason, detail=detail)


def outcome_of(answer: Answer) -> Outcome:
    """A check's answer as an outcome."""
    ok, reason = answer
    if ok is None:
        return waiting(reason)
    return passed(reason) if ok else failed(reason)


@dataclass(slots=True, kw_only=True)
class Passage:
    """A task that is being advanced, by us alone.

    Attributes:
        engine: Which advances it.
        task: As it was last written.
        run: Its open run.
        result: What the caller gets.
        head: The branch's commit as it was seen last; None where there is no branch.
    """

    engine: Engine
    task: Task
    run: Run
    result: AdvanceResult
    head: str | None = None
    _ended: Effect | None = None

    def step(self, name: str, action: Callable[[], Outcome]) -> Outcome:
        """Do one step. A fault of a tool becomes an ERROR outcome.

        Its beginning is recorded before; its end together with what follows, so that a step costs
        one transaction. Where nobody lived to record the end, the step counts as interrupted.
        """
        self.engine.progress.step(f"{visible(self.task.work_item)}: {name}")
        with self.engine.store.writing() as rows:
            self._record_end(rows)
            seq = tasks.begin_step(rows, self.run, stage=self.task.stage, step=name)
        started = self.engine.clock.monotonic()
        outcome = self._done(action)
        self._ended = partial(
            tasks.end_step,
            seq=seq,
            status=outcome.status,
            duration_ms=int((self.engine.clock.monotonic() - started) * 1000),
            error="" if outcome.passed else outcome.reason,
            detail={"reason": outcome.reason, **outcome.detail},
        )
        self.engine.progress.detail(f"{outcome.status}: {outcome.reason}")
        return outcome

    def close(self) -> None:
        """Record the end of the last step, where nothing else was written after it."""
        if self._ended is not None:
            with self.engine.store.writing() as rows:
                self._record_end(rows)

    def _record_end(self, rows: Rows) -> None:
        if self._ended is not None:
            self._ended(rows)
            self._ended = None

    def check(self, name: str) -> Outcome:
        """Run a quality gate as a step. One that is missing blocks; one that raises waits."""
        return self.step(name, partial(self._checked, name))

    def wait(self, outcome: Outcome, *effects: Effect, job: Queue | None = None) -> None:
        """Leave the task where it is until something else happened."""
        values = {"status": TaskStatus.WAITING, "reason": outcome.reason}
        self._write(outcome, effects, values, job=job)
        self.result.waiting, self.result.reason = True, outcome.reason

    def move(
        self,
        stage: str,
        outcome: Outcome,
        *effects: Effect,
        job: Queue | None = None,
        **values: object,
    ) -> None:
        """Bring the task to a stage. Effects and job happen with it or not at all."""
        status = TaskStatus.DONE if stage == DONE else TaskStatus.ACTIVE
        values |= {"stage": stage, "status": status, "reason": ""}
        self._write(outcome, effects, values, job=job)
        self.result.to_stage, self.result.reason = stage, outcome.reason

    def park(self, outcome: Outcome, *effects: Effect, **values: object) -> None:
        """Stop the task for a person."""
        values |= {"status": TaskStatus.PARKED, "reason": outcome.reason}
        self._write(outcome, effects, values)
        self.result.parked, self.result.reason = True, outcome.reason

    def _write(
        self,
        outcome: Outcome,
        effects: tuple[Effect, ...],
        values: Mapping[str, object],
        *,
        job: Queue | None = None,
    ) -> None:
        error = "" if outcome.passed else outcome.reason
        with self.engine.store.writing() as rows:
            self._record_end(rows)
            for effect in effects:
                effect(rows)
            queued = {} if job is None else {"job_id": job(rows)}
            task = tasks.change(rows, self.task, **values, **queued)
            tasks.change_run(rows, self.run.run_id, task.status, error=error, trace=outcome.trace)
        self.task = task

    def _done(self, action: Callable[[], Outcome]) -> Outcome:
        redact = self.engine.redact()
        try:
            return action()
        except FAULTS as error:
            return Outcome(
                status=StepStatus.ERROR,
                reason=describe_error(error, redact=redact, limit=_REASON),
                trace=trace_text(error, redact=redact),
            )

    def _checked(self, name: str) -> Outcome:
        check = self.engine.checks.get(name)
        if check is None:
            return waiting(f"{name} is configured but missing in QG_CHECKS: it blocks")
        task = self.task
        redact = self.engine.redact()
        asked = never_raises(
            lambda message: (None, f"{name} raised {message}"),
            last=(None, f"{name} raised"),
            redact=redact,
        )(check)
        return outcome_of(asked(task.repo, task.work_item, task.branch))
