"""Leads a task through a definition and tells how each node ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from coverage_gate.settings.values import nearest
from stage_engine import tasks
from stage_engine.context import Engine
from stage_engine.definitions import Definition, Node, NotifyNode
from stage_engine.engine import submit_task
from stage_engine.errors import InputError
from stage_engine.journey import Hands, Journey, NodeResult, NodeStatus
from stage_engine.nodes import run_node
from stage_engine.payloads import Payload

_BAD = (NodeStatus.FAILED, NodeStatus.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be run.

    Attributes:
        payload: For which branch.
        name: Of the definition.
        definition: The nodes.
        only: The nodes to run; empty: all.
        wait_s: How long a node waits for what comes by itself.
        source: Who asks, for the run.
    """

    payload: Payload
    name: str
    definition: Definition
    only: frozenset[str] = frozenset()
    wait_s: float = 0.0
    source: str = "run"

    def check(self) -> None:
        """Refuse nodes that are not there. Raises InputError."""
        ids = [node.id for node in self.definition.nodes]
        problems = [
            f"the definition {self.name!r} has no node {name!r}{nearest(name, ids)}"
            for name in sorted(self.only)
            if name not in ids
        ]
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended.

    Attributes:
        definition: Its name.
        task_id: Of which task.
        run_id: Which run.
        trace_id: Its name in the logs of other systems.
        nodes: How each ended, in order.
    """

    definition: str
    task_id: int
    run_id: str
    trace_id: str
    nodes: tuple[NodeResult, ...]

    @property
    def status(self) -> NodeStatus:
        """FAILED, ERROR or WAITING as soon as one node is; else PASSED."""
        statuses = {node.status for node in self.nodes}
        order = (*_BAD, NodeStatus.WAITING)
        return next((status for status in order if status in statuses), NodeStatus.PASSED)

    @property
    def last_error(self) -> NodeResult | None:
        """The last node that did not pass; None where all did."""
        bad = [node for node in self.nodes if node.status in (*_BAD, NodeStatus.WAITING)]
        return bad[-1] if bad else None


def run_definition(
    engine: Engine,
    request: Request,
    *,
    hands: Hands | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    hear: Callable[[NodeResult], None] = lambda _: None,
) -> RunResult:
    """Run the nodes, one after another. Safe to repeat: what was done is not done again.

    Args:
        engine: The engine.
        request: What is to be run.
        hands: Who does developer jobs within the run; None: workers do.
        should_stop: Asked while something is waited for.
        hear: Is told each result when it is there.

    Raises:
        InputError: For a node that is not there.
        TaskError, RepositoryError, StoreError: As `submit_task`.
        StoppedError: If a command was stopped as `should_stop` wished.
    """
    request.check()
    journey = _begin(engine, request, hands, should_stop)
    done: dict[str, NodeResult] = {}
    for node in request.definition.order():
        reason = _why_skipped(request, node, done)
        done[node.id] = run_node(journey, node) if reason is None else _skipped(node, reason)
        hear(done[node.id])
    run = journey.run()
    return RunResult(
        definition=request.name,
        task_id=journey.task_id,
        run_id=run.run_id,
        trace_id=run.trace_id,
        nodes=tuple(done.values()),
    )


def _begin(
    engine: Engine, request: Request, hands: Hands | None, should_stop: Callable[[], bool]
) -> Journey:
    payload = request.payload
    task = submit_task(
        engine,
        repo=payload.repo,
        work_item=payload.work_item,
        branch=payload.branch,
        title=payload.title,
        source=request.source,
        trace_id=payload.trace_id,
    )
    with engine.store.reading() as rows:
        newest = tasks.runs(rows, task_id=task.id, limit=1)[0]
    return Journey(
        engine=engine,
        task_id=task.id,
        run_id=newest.run_id,
        wait_s=request.wait_s,
        hands=hands,
        should_stop=should_stop,
    )


def _why_skipped(request: Request, node: Node, done: Mapping[str, NodeResult]) -> str | None:
    if request.only and node.id not in request.only:
        return "not asked for"
    if isinstance(node, NotifyNode) and node.config.when != "success":
        return _why_silent(request, node, done)
    for name in request.definition.before(node):
        if done[name].status is not NodeStatus.PASSED and _was_asked(request, name):
            return f"{name}: {done[name].status}"
    return None


def _why_silent(request: Request, node: NotifyNode, done: Mapping[str, NodeResult]) -> str | None:
    """Why a message about how it ended is not left; None where it is."""
    before = [done[name] for name in _ancestors(request.definition, node)]
    waits = [result.id for result in before if result.status is NodeStatus.WAITING]
    if waits:
        return f"{waits[0]}: waiting"
    has_failed = any(result.status in _BAD for result in before)
    return "nothing failed" if node.config.when == "failure" and not has_failed else None


def _ancestors(definition: Definition, node: Node) -> set[str]:
    by_id = {other.id: other for other in definition.nodes}
    found: set[str] = set()
    open_ones = [node.id]
    while open_ones:
        new = set(definition.before(by_id[open_ones.pop()])) - found
        found |= new
        open_ones.extend(new)
    return found


def _was_asked(request: Request, name: str) -> bool:
    return not request.only or name in request.only


def _skipped(node: Node, reason: str) -> NodeResult:
    return NodeResult(id=node.id, type=node.type, status=NodeStatus.SKIPPED, reason=reason)
