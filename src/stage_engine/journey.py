"""What running a definition knows on its way, and how each of its nodes ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from stage_engine import tasks
from stage_engine.context import Engine
from stage_engine.passage import Passage
from stage_engine.values import AdvanceResult, Run, StepStatus, Task


class NodeStatus(StrEnum):
    """How a node ended. ERROR: a tool is at fault; SKIPPED: it was not begun."""

    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    ERROR = "error"
    SKIPPED = "skipped"


_OF_STEP = {
    StepStatus.PASSED: NodeStatus.PASSED,
    StepStatus.FAILED: NodeStatus.FAILED,
    StepStatus.WAITING: NodeStatus.WAITING,
}


def status_of(step: StepStatus) -> NodeStatus:
    """A step's status as a node's."""
    return _OF_STEP.get(step, NodeStatus.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """What became of a message.

    Attributes:
        attempted: Where it was to be left.
        queued: Where it waits to be delivered, outside of the run.
        succeeded: Where it is known to have arrived.
        failed: Channel → why it could not be left there.
    """

    attempted: tuple[str, ...]
    queued: tuple[str, ...] = ()
    succeeded: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeResult:
    """How a node ended.

    Attributes:
        id: Which node.
        type: Its type.
        status: How it ended.
        reason: Why, in one line.
        duration_ms: 0 for one that was not begun.
        trace: Where an error arose; empty for none.
        channels: Of a message; None for other nodes.
    """

    id: str
    type: str
    status: NodeStatus
    reason: str
    duration_ms: int = 0
    trace: str = ""
    channels: Channels | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Who carries out developer jobs within the run.

    Attributes:
        worker: Its name as a worker.
        host: Its host.
        beat_s: Seconds between two signs of life.
    """

    worker: str
    host: str
    beat_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A task that is led through a definition.

    Attributes:
        engine: Which advances it.
        task_id: Which task.
        run_id: Under which run its steps are kept.
        wait_s: How long a node waits for what comes by itself, such as the merge lease.
        hands: Who does developer jobs; None: workers do.
        should_stop: Asked while something is waited for.
        pause: Sleeps that many seconds.
    """

    engine: Engine
    task_id: int
    run_id: str
    wait_s: float = 0.0
    hands: Hands | None = None
    should_stop: Callable[[], bool] = lambda: False
    pause: Callable[[float], None] = time.sleep

    def task(self) -> Task:
        """The task as it stands."""
        with self.engine.store.reading() as rows:
            return tasks.find(rows, self.task_id)

    def run(self) -> Run:
        """The run as it stands."""
        with self.engine.store.reading() as rows:
            runs = tasks.runs(rows, task_id=self.task_id)
        return next(run for run in runs if run.run_id == self.run_id)

    def passage(self) -> Passage:
        """What records a step that moves nothing."""
        task = self.task()
        stage = task.stage
        result = AdvanceResult(task_id=task.id, from_stage=stage, to_stage=stage)
        head = self.engine.origin(task.repo).head_of(task.branch)
        return Passage(engine=self.engine, task=task, run=self.run(), result=result, head=head)
