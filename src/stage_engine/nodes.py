"""The nodes that move nothing: ask a check, run a command, leave a message."""

from __future__ import annotations

from functools import partial

from coverage_gate import procedure
from coverage_gate.boundary import describe_error
from coverage_gate.ports import StoreError
from stage_engine import tasks
from stage_engine.commands import NOT_YET, run_command, subject_variables
from stage_engine.definitions import (
    CheckConfig,
    CommandConfig,
    Node,
    NotifyConfig,
    StageNode,
)
from stage_engine.journey import Channels, Journey, NodeResult, NodeStatus, status_of
from stage_engine.passage import FAULTS, Outcome, Passage, failed, passed, waiting
from stage_engine.stage_node import leave_stage
from stage_engine.values import StepStatus, Task


def run_node(journey: Journey, node: Node) -> NodeResult:
    """Run a node to its end. Faults of tools become a status; see `journey.NodeStatus`.

    Raises:
        StoppedError: If its command was stopped as the journey wished.
    """
    clock = journey.engine.clock
    started = clock.monotonic()
    channels = None
    try:
        if isinstance(node, StageNode):
            status, reason, trace = leave_stage(journey, node.config.stage)
        elif isinstance(node.config, NotifyConfig):
            outcome, channels = _notify(journey, node.id, node.config)
            status, reason, trace = status_of(outcome.status), outcome.reason, outcome.trace
        else:
            outcome = _ask(journey, node.id, node.config)
            status, reason, trace = status_of(outcome.status), outcome.reason, outcome.trace
    except FAULTS as error:
        redact = journey.engine.redact()
        status, reason, trace = NodeStatus.ERROR, describe_error(error, redact=redact), ""
    duration = int((clock.monotonic() - started) * 1000)
    return NodeResult(
        id=node.id,
        type=node.type,
        status=status,
        reason=reason,
        duration_ms=duration,
        trace=trace,
        channels=channels,
    )


def _ask(journey: Journey, node_id: str, config: CheckConfig | CommandConfig) -> Outcome:
    passage = journey.passage()
    if isinstance(config, CheckConfig):
        outcome = passage.check(config.check)
    elif _was_done(journey, node_id, passage.head):
        return passed("done before, on the same commit")
    else:
        outcome = passage.step(_name(node_id), partial(_command, journey, passage, config))
    passage.close()
    return outcome


def _name(node_id: str) -> str:
    return f"command {node_id}"


def _was_done(journey: Journey, node_id: str, head: str | None) -> bool:
    """Whether the command passed in this run already: a run that is repeated does it once."""
    with journey.engine.store.reading() as rows:
        steps = tasks.executions(rows, journey.run_id)
    return any(
        step.step == _name(node_id)
        and step.status is StepStatus.PASSED
        and step.detail.get("head") == head
        for step in steps
    )


def _command(journey: Journey, passage: Passage, config: CommandConfig) -> Outcome:
    settings, task = journey.engine.settings, passage.task
    result = run_command(
        settings,
        tuple(config.argv),
        cwd=procedure.make_worktree(settings.gate, task.repo, task.branch),
        own=subject_variables(task.repo, task.work_item, task.branch),
        timeout_s=config.timeout_s,
        should_stop=journey.should_stop,
        held=passage.engine.held,
    )
    said = f"{config.argv[0]} {result.ended()}"
    if result.status == NOT_YET:
        return waiting(said)
    return passed(said, head=passage.head) if result.status == 0 else failed(said)


def _notify(journey: Journey, node_id: str, config: NotifyConfig) -> tuple[Outcome, Channels]:
    task, queued, broken = journey.task(), [], {}
    for channel in config.channels:
        try:
            _leave(journey, task, channel, node_id, config.message)
            queued.append(channel)
        except StoreError as error:
            broken[channel] = describe_error(error, redact=journey.engine.redact())
    attempted = tuple(config.channels)
    channels = Channels(attempted=attempted, queued=tuple(queued), failed=broken)
    if broken:
        return failed(f"not left for {', '.join(broken)}: {'; '.join(broken.values())}"), channels
    return passed(f"left for {', '.join(queued)}"), channels


def _leave(journey: Journey, task: Task, channel: str, node_id: str, message: str) -> None:
    about = {"task_id": task.id, "repo": task.repo, "branch": task.branch}
    payload = {"kind": "note", "work_item": task.work_item, **about, "message": message}
    store, at = journey.engine.store.shared, journey.engine.clock.now_iso()
    # A run that is repeated tells it once.
    key = f"{journey.run_id}:{node_id}"
    store.enqueue(topic=channel, payload=payload, dedup_key=key, at=at)
