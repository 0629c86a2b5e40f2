"""Runs as they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from coverage_gate.boundary import visible
from stage_engine import tasks
from stage_engine.context import Engine
from stage_engine.errors import InputError, NotFoundError
from stage_engine.schema import RUNS
from stage_engine.store import Rows
from stage_engine.values import Run, StageExecution, Task, TaskStatus

NO_RUNS = "No pipeline runs found"
NOT_FOUND = "Pipeline run not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetails:
    """A run with all that belongs to it.

    Attributes:
        run: The run.
        task: Whose it is.
        steps: What was done, oldest first.
    """

    run: Run
    task: Task
    steps: tuple[StageExecution, ...]

    def newest_steps(self) -> tuple[StageExecution, ...]:
        """Of each step only the last attempt, in the order of these."""
        last = {(step.stage, step.step): step for step in self.steps}
        return tuple(sorted(last.values(), key=lambda step: step.seq))


def list_runs(
    engine: Engine, *, status: str | None = None, limit: int = 50
) -> tuple[tuple[Run, Task], ...]:
    """The newest runs, each with its task. Raises StoreError."""
    wanted = None if status is None else TaskStatus(status)
    with engine.store.reading() as rows:
        found = tasks.runs(rows, status=wanted, limit=limit)
        return tuple((run, tasks.find(rows, run.task_id)) for run in found)


def details_of(engine: Engine, name: str) -> RunDetails:
    """The run of this name, or the only one whose name begins so.

    Raises:
        NotFoundError: If there is none.
        InputError: If there are several.
    """
    with engine.store.reading() as rows:
        run = _found(rows, name)
        return RunDetails(
            run=run, task=tasks.find(rows, run.task_id), steps=tasks.executions(rows, run.run_id)
        )


def _found(rows: Rows, name: str) -> Run:
    # A name with anything else is none of ours, and not everything can be asked for.
    names = _names(rows, name) if name.isalnum() else []
    if len(names) > 1 and name not in names:
        raise InputError([f"several runs begin with {visible(name)!r}: give more of the name"])
    run = tasks.find_run(rows, name if name in names else names[0]) if names else None
    if run is None:
        raise NotFoundError(f"{NOT_FOUND}: {visible(name)!r}; `stage-engine monitor` lists them")
    return run


def _names(rows: Rows, beginning: str) -> list[str]:
    """Two of the runs that begin so; that very one among them, if there is one."""
    names = select(RUNS.c.run_id).where(RUNS.c.run_id.startswith(beginning, autoescape=True))
    names = names.order_by(RUNS.c.run_id).limit(2)
    return list(rows.connection.execute(names).scalars())
