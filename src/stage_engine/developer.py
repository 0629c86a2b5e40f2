"""A developer's job: ORCH_DEVELOPER_COMMAND in the branch's worktree, with the work order.

The command has no fence around it but time, a clean end and an environment without our secrets.
What it leaves is looked at: only commits on the branch count, and a branch of somebody else's that
moved meanwhile stops the task for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from coverage_gate import gate
from coverage_gate.adapters.report_files import write_report
from coverage_gate.boundary import describe_error, visible
from stage_engine import jobqueue, tasks
from stage_engine.checkout import fresh_checkout, leftovers_of
from stage_engine.commands import CommandResult, StoppedError, run_command, subject_variables
from stage_engine.context import Engine
from stage_engine.orders import ORDER_NAME
from stage_engine.passage import FAULTS
from stage_engine.repository import Origin
from stage_engine.store import Rows
from stage_engine.values import Job, JobState, Task, TaskStatus

_BUSY_MS = 1000
_SHOWN = 20


@dataclass(slots=True, kw_only=True)
class _Report:
    """What a job has to say when it ends."""

    error: str = ""
    moved: str = ""
    lines: list[str] = field(default_factory=list)


def run_developer_job(
    engine: Engine, job: Job, *, should_stop: Callable[[], bool] = lambda: False
) -> JobState:
    """Do a developer's job that the caller has taken, and queue the advance of its task.

    The job's heart-beat is given meanwhile.

    Args:
        engine: The engine.
        job: As `jobqueue.take_job` gave it.
        should_stop: Asked twice a second: whether to stop the command and give the job back.

    Returns:
        DONE or FAILED; PENDING: it was given back, since it was stopped, the task is worked on by
        somebody else, or there is no command; CANCELLED: it was taken away meanwhile.

    Raises:
        UnknownTaskError, StoreError: If it cannot be told how it went; the job is reclaimed later.
    """
    with engine.store.reading() as rows:
        task = tasks.find(rows, job.task_id or 0)
    with engine.exclusive(task.id) as ours:
        if ours is None or engine.settings.gate.developer_command is None:
            return _given_back(engine, job, delay_ms=_BUSY_MS)
        report = _Report()
        try:
            _develop(ours, task, job, report, should_stop)
        except StoppedError:
            report.lines.append("stopped; the job is done again later")
            return _given_back(engine, job, lines=report.lines)
        except FAULTS as error:
            report.error = describe_error(error, redact=engine.redact())
        return _ended(engine, task, job, report)


def _develop(
    engine: Engine, task: Task, job: Job, report: _Report, should_stop: Callable[[], bool]
) -> None:
    origin = engine.origin(task.repo)
    before, moving = origin.heads(), _moving(_tasks_of(engine, task.repo))
    if task.branch not in before:
        report.error = f"the branch {visible(task.branch)} is gone: make it again"
        return
    checkout = fresh_checkout(engine.settings, origin, task.branch)
    if checkout.saved:
        report.lines.append(f"what was left there without a commit is in {checkout.saved}")
    order = gate.report_path(task.repo, task.work_item).with_name(ORDER_NAME)
    write_report(order, str(job.payload["order"]))
    result = run_command(
        engine.settings,
        engine.settings.gate.developer_command or (),
        cwd=checkout.path,
        own=_told(task, order),
        timeout_s=engine.settings.developer_timeout_s,
        should_stop=_Pulse(engine=engine, job=job, should_stop=should_stop).stops,
        held=engine.held,
    )
    report.moved = _moved_outside(engine, origin, task, before, moving)
    _note(report, result, checkout.path)
    if result.status and before[task.branch] != job.payload["head"]:
        # The job was interrupted after it had committed, and a repeat may find nothing to do.
        report.lines.append("the branch holds commits made since the order: the gates judge them")
        report.error = ""


def _told(task: Task, order: Path) -> dict[str, str]:
    subject = subject_variables(task.repo, task.work_item, task.branch)
    return {**subject, "ORCH_TASK_ID": str(task.id), "ORCH_WORK_ORDER": str(order)}


def _note(report: _Report, result: CommandResult, path: Path) -> None:
    report.lines += [result.output, f"the command {result.ended()}"]
    if result.status != 0:
        report.error = f"the developer command {result.ended()}"
    left = leftovers_of(path)
    if left:
        shown = ", ".join(visible(line.strip()) for line in left[:_SHOWN])
        report.lines.append(f"not committed, so not taken: {shown}")


def _moving(others: Iterable[Task]) -> frozenset[str]:
    """The branches of open tasks: the engine moves them itself."""
    return frozenset(other.branch for other in others if other.is_open)


def _tasks_of(engine: Engine, repo: str) -> tuple[Task, ...]:
    with engine.store.reading() as rows:
        return tasks.listed(rows, repo=repo)


def _moved_outside(
    engine: Engine, origin: Origin, task: Task, before: dict[str, str], moving: frozenset[str]
) -> str:
    """Branches that moved or went, but for those that the engine moves itself meanwhile.

    A task whose branch was looked at while it moved may have ended since: those that were open
    before count as well as those that are.
    """
    after = origin.heads()
    others = _tasks_of(engine, task.repo)
    own = moving | _moving(others)
    # A branch that is gone has no commit, as has a task that was never judged.
    merged = {other.judged_head for other in others} - {None}
    moved = (
        f"{visible(name)} {sha[:12]} → {after.get(name, 'gone')[:12]}"
        for name, sha in sorted(before.items())
        if after.get(name) != sha and name not in own and after.get(name) not in merged
    )
    return ", ".join(moved)


@dataclass(slots=True, kw_only=True)
class _Pulse:
    """Gives the heart-beat of the job once in a while, and notices that it was taken away."""

    engine: Engine
    job: Job
    should_stop: Callable[[], bool]
    beat_s: float = 5.0
    _next: float = 0.0

    def stops(self) -> bool:
        """Whether the command has to end: asked to, or the job is somebody else's now."""
        now = self.engine.clock.monotonic()
        if now >= self._next:
            self._next = now + self.beat_s
            with self.engine.store.writing() as rows:
                if not jobqueue.beat(rows, self.job, clock=self.engine.clock):
                    return True
        return self.should_stop()


def _given_back(
    engine: Engine, job: Job, *, delay_ms: int = 0, lines: list[str] | None = None
) -> JobState:
    with engine.store.writing() as rows:
        for line in lines or ():
            jobqueue.log(rows, job, line)
        is_back = jobqueue.give_back(rows, job, clock=engine.clock, delay_ms=delay_ms)
    return JobState.PENDING if is_back else JobState.CANCELLED


def _ended(engine: Engine, task: Task, job: Job, report: _Report) -> JobState:
    if report.moved:
        report.error = f"other branches moved while the developer ran: {report.moved}"
    with engine.store.writing() as rows:
        for line in filter(None, (*report.lines, report.error)):
            jobqueue.log(rows, job, line)
        if not jobqueue.finish(rows, job, error=report.error):
            return JobState.CANCELLED
        if report.moved:
            _park(rows, task.id, report.error)
        else:
            jobqueue.enqueue(rows, kind=jobqueue.ADVANCE, task_id=task.id, repo=task.repo)
    return JobState.FAILED if report.error else JobState.DONE


def _park(rows: Rows, task_id: int, reason: str) -> None:
    task = tasks.find(rows, task_id)
    tasks.change(rows, task, status=TaskStatus.PARKED, reason=reason, job_id=None)
    run = tasks.ensure_run(rows, task_id, source="developer")
    tasks.change_run(rows, run.run_id, TaskStatus.PARKED, error=reason)
