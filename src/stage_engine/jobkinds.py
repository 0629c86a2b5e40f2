"""What a worker does with a job of each kind. Each ends its job, or gives it back, by itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from coverage_gate import procedure
from coverage_gate.boundary import describe_error, never_raises, visible
from coverage_gate.core.measurement import MeasureFailure
from coverage_gate.ports import StoreError
from stage_engine import catalogue, jobqueue, tasks
from stage_engine.commands import NOT_YET, StoppedError, run_command, subject_variables
from stage_engine.context import Engine
from stage_engine.developer import run_developer_job
from stage_engine.engine import advance_stage
from stage_engine.errors import InputError
from stage_engine.journey import NodeResult, NodeStatus
from stage_engine.learning import learn
from stage_engine.passage import FAULTS
from stage_engine.payloads import Payload
from stage_engine.runs import Request, run_definition
from stage_engine.setbacks import set_back
from stage_engine.stages import DEVELOPMENT, DONE
from stage_engine.store import Rows
from stage_engine.tasks import TaskError
from stage_engine.templates import COMMAND, NOOP, PIPELINE, CommandJob, PipelineJob
from stage_engine.values import AdvanceResult, Job, JobState

_FIRST_LOOK_MS = 500
_DOUBLINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job that its worker has taken.

    Attributes:
        engine: Where it is.
        job: As it was taken.
        recheck_s: The longest time until something that waits is looked at again.
        should_stop: Whether to give the job back as soon as that can be.
    """

    engine: Engine
    job: Job
    recheck_s: float = 60.0
    should_stop: Callable[[], bool] = lambda: False

    @property
    def delay_ms(self) -> int:
        """How long to leave something that waits alone: longer each time that it was looked at."""
        doubled = _FIRST_LOOK_MS << min(self.job.attempt - 1, _DOUBLINGS)
        return min(doubled, int(self.recheck_s * 1000))

    def finish(
        self, lines: Iterable[str] = (), *, error: str = "", moved: bool = False
    ) -> JobState:
        """End the job. CANCELLED where it was taken away meanwhile."""
        with self.engine.store.writing() as rows:
            self._tell(rows, (*lines, *filter(None, [error])), moved=moved)
            is_ours = jobqueue.finish(rows, self.job, error=error)
        if not is_ours:
            return JobState.CANCELLED
        return JobState.FAILED if error else JobState.DONE

    def give_back(
        self, lines: Iterable[str] = (), *, delay_ms: int = 0, moved: bool = False
    ) -> JobState:
        """Put the job back into the queue. CANCELLED where it was taken away meanwhile."""
        with self.engine.store.writing() as rows:
            self._tell(rows, lines, moved=moved)
            clock = self.engine.clock
            is_ours = jobqueue.give_back(rows, self.job, clock=clock, delay_ms=delay_ms)
        return JobState.PENDING if is_ours else JobState.CANCELLED

    def set_back(self, lines: Iterable[str] = (), *, reason: str) -> JobState:
        """Put the job back after an error that is nobody's, or end it after too many of them."""
        with self.engine.store.writing() as rows:
            self._tell(rows, lines, moved=False)
            return set_back(rows, self.job, reason=reason, clock=self.engine.clock)

    def _tell(self, rows: Rows, lines: Iterable[str], *, moved: bool) -> None:
        for line in lines:
            jobqueue.log(rows, self.job, line)
        if moved:
            # It may have given up the merge lease that others wait for.
            jobqueue.wake(rows, repo=self.job.repo)


def run_job(work: Work) -> JobState:
    """Do a job, and write how it went.

    Returns:
        DONE or FAILED; PENDING: it is back in the queue; CANCELLED: it was taken away meanwhile.

    Raises:
        StoreError: If that cannot be written; the job is still the worker's then.
    """
    engine = work.engine
    guarded = never_raises(partial(_set_back, work), last=None, redact=engine.redact())(
        KINDS[work.job.kind]
    )
    state = guarded(work)
    if state is None:
        raise StoreError(f"how job {work.job.id} went could not be written")
    return state


def _set_back(work: Work, description: str) -> JobState | None:
    return work.set_back(reason=f"it broke: {description}")


def advance_job(work: Work) -> JobState:
    """Advance the task until it waits or ends."""
    lines: list[str] = []
    moved = False
    while True:
        result = advance_stage(work.job.task_id or 0, engine=work.engine)
        lines.append(_line(result))
        moved = moved or result.to_stage != result.from_stage or result.parked
        if result.parked or result.to_stage == DONE:
            return work.finish(lines, moved=moved)
        if result.waiting:
            return _wait(work, lines, moved=moved)
        if work.should_stop():
            return work.give_back([*lines, "stopped; the rest is done later"], moved=moved)


def _wait(work: Work, lines: list[str], *, moved: bool) -> JobState:
    if _is_with_developer(work):
        # The developer's job queues the next one when it ends.
        return work.finish(lines, moved=moved)
    return work.give_back(lines, delay_ms=work.delay_ms, moved=moved)


def _is_with_developer(work: Work) -> bool:
    with work.engine.store.reading() as rows:
        task = tasks.find(rows, work.job.task_id or 0)
        job = None if task.job_id is None else jobqueue.find(rows, task.job_id)
    is_awaited = job is not None and job.state.is_active and task.stage == DEVELOPMENT
    return is_awaited and work.engine.settings.gate.developer_command is not None


def _line(result: AdvanceResult) -> str:
    to = f" → {result.to_stage}" if result.to_stage != result.from_stage else ""
    return f"{result.from_stage}{to}: {result.reason or 'passed'}"


def developer_job(work: Work) -> JobState:
    """See `developer.run_developer_job`."""
    return run_developer_job(work.engine, work.job, should_stop=work.should_stop)


def learn_job(work: Work) -> JobState:
    """Find out about main what a check reads later. No task waits for it."""
    try:
        found = learn(work.engine, work.job.repo)
    except FAULTS as error:
        return work.finish(error=describe_error(error, redact=work.engine.redact()))
    if isinstance(found, MeasureFailure):
        return work.finish(error=f"main could not be measured: {visible(found.message)}")
    return work.finish(found)


def noop_job(work: Work) -> JobState:
    """Do nothing."""
    return work.finish([f"nothing to do; {work.job.worker} was here"])


def command_job(work: Work) -> JobState:
    """Run a command in a branch's worktree, or in an empty folder."""
    payload = CommandJob.model_validate(_own(work.job))
    try:
        with tempfile.TemporaryDirectory(prefix="stage-engine-") as scratch:
            return _command(work, payload, Path(scratch))
    except StoppedError:
        return work.give_back(["stopped; it is done again later"])
    except FAULTS as error:
        return work.finish(error=describe_error(error, redact=work.engine.redact()))


def _command(work: Work, payload: CommandJob, scratch: Path) -> JobState:
    settings = work.engine.settings
    has_branch = bool(payload.branch)
    result = run_command(
        settings,
        tuple(payload.argv),
        cwd=procedure.make_worktree(settings.gate, payload.repo, payload.branch)
        if has_branch
        else scratch,
        own={
            **subject_variables(payload.repo, payload.work_item, payload.branch),
            "ORCH_JOB_ID": str(work.job.id),
        },
        timeout_s=payload.timeout_s,
        should_stop=work.should_stop,
    )
    lines = [*filter(None, [result.output]), f"{payload.argv[0]} {result.ended()}"]
    if result.status == NOT_YET:
        return work.give_back(lines, delay_ms=work.delay_ms)
    return work.finish(lines[:-1], error="" if result.status == 0 else lines[-1])


def pipeline_job(work: Work) -> JobState:
    """Lead a task through a definition."""
    try:
        request = _request(work)
        result = run_definition(work.engine, request, should_stop=work.should_stop)
    except StoppedError:
        return work.give_back(["stopped; the rest is done later"])
    except (InputError, TaskError, *FAULTS) as error:
        return work.finish(error=describe_error(error, redact=work.engine.redact()))
    lines = [_node_line(node) for node in result.nodes]
    match result.status:
        case NodeStatus.PASSED:
            return work.finish(lines, moved=True)
        case NodeStatus.FAILED:
            return work.finish(lines, error=_error(result.last_error), moved=True)
        case NodeStatus.WAITING:
            return work.give_back(lines, delay_ms=work.delay_ms)
        case _:
            return work.set_back(lines, reason=_error(result.last_error))


def _request(work: Work) -> Request:
    payload = PipelineJob.model_validate(_own(work.job))
    with work.engine.store.reading() as rows:
        definition = catalogue.definition(rows, payload.definition)
    plain = Payload.model_validate(payload.model_dump(exclude={"definition"}))
    return Request(payload=plain, name=payload.definition, definition=definition, source="job")


def _own(job: Job) -> dict[str, object]:
    """The payload without what the queue itself keeps there."""
    return {key: value for key, value in job.payload.items() if key != "setbacks"}


def _node_line(node: NodeResult) -> str:
    return f"[{node.type}] {node.id}: {node.status}{': ' if node.reason else ''}{node.reason}"


def _error(node: NodeResult | None) -> str:
    return "" if node is None else f"{node.id}: {node.reason}"


#: Who does which kind. A worker leaves the kinds that it does not know to others.
KINDS: Mapping[str, Callable[[Work], JobState]] = MappingProxyType(
    {
        jobqueue.ADVANCE: advance_job,
        jobqueue.DEVELOP: developer_job,
        jobqueue.LEARN: learn_job,
        NOOP: noop_job,
        COMMAND: command_job,
        PIPELINE: pipeline_job,
    }
)


def kinds_for(engine: Engine) -> tuple[str, ...]:
    """The kinds that can be done here: without a command, a developer's job is a person's."""
    is_possible = engine.settings.gate.developer_command is not None
    return tuple(kind for kind in KINDS if is_possible or kind != jobqueue.DEVELOP)
