"""The edge deploy-staging → deploy: the merge gate and the sub-gates behind it, in the lease."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coverage_gate.boundary import visible
from coverage_gate.splice import CHECK_NAME, handle_coverage_gate
from stage_engine.checkout import fresh_checkout
from stage_engine.commands import run_command, subject_variables
from stage_engine.context import Engine
from stage_engine.host import EngineHost, refuse, send_back
from stage_engine.landing import settle_intents
from stage_engine.lease import Lease
from stage_engine.notices import verdict_notices
from stage_engine.passage import Outcome, Passage, failed, outcome_of, passed, waiting
from stage_engine.qg import BLAMELESS, MERGE_GATE, Answer, conflict_text
from stage_engine.repository import Origin
from stage_engine.stages import DEPLOY, STAGE_TRANSITIONS
from stage_engine.values import AdvanceResult, StepStatus, Task


@dataclass(slots=True, kw_only=True)
class Crossing:
    """A task on the edge.

    Attributes:
        passage: The task on its way.
        origin: Its repository.
        lease: Once the merge gate took it.
        base: The commit of main that the branch was caught up with; its head holds it.
        path: The worktree, at that commit.
        host: What the splice wants, once the coverage gate was asked.
    """

    passage: Passage
    origin: Origin
    lease: Lease | None = None
    base: str = ""
    path: Path | None = None
    host: EngineHost | None = None


def cross(passage: Passage, origin: Origin) -> None:
    """Bring the task through the sub-gates into deploy, or say why not."""
    crossing = Crossing(passage=passage, origin=origin)
    with ExitStack() as stack:
        for name in passage.engine.sub_gates:
            outcome = _gate(name, crossing, stack)
            if not outcome.passed:
                _refuse(name, outcome, crossing)
                return
        outcome = passage.step("nothing moved", partial(_unmoved, crossing))
        if not outcome.passed:
            _refuse("nothing moved", outcome, crossing)
            return
        # The lease stays: nobody else may move main before the task has landed.
        done = passed("all sub-gates passed")
        head, base = passage.head, crossing.base
        told = () if crossing.host is None else tuple(crossing.host.effects)
        passage.move(DEPLOY, done, *told, judged_head=head, judged_base=base, head=head)
        passage.result.advanced = True


def _gate(name: str, crossing: Crossing, stack: ExitStack) -> Outcome:
    passage = crossing.passage
    if name == CHECK_NAME and name in passage.engine.checks:
        outcome, crossing.host = judge_coverage(passage)
        return outcome
    outcome = passage.check(name)
    if name != MERGE_GATE or not outcome.passed:
        return outcome
    return _merge_gate(crossing, stack)


def _merge_gate(crossing: Crossing, stack: ExitStack) -> Outcome:
    steps: dict[str, Callable[[], Outcome]] = {
        "merge gate: open intents": partial(_settle, crossing),
        "merge gate: lease": partial(_lease, crossing, stack),
        "merge gate: catch-up": partial(_catch_up, crossing),
        "merge gate: re-test": partial(_retest, crossing),
    }
    for name, action in steps.items():
        outcome = crossing.passage.step(name, action)
        if not outcome.passed:
            return outcome
    return passed()


def _settle(crossing: Crossing) -> Outcome:
    task = crossing.passage.task
    settled = settle_intents(crossing.passage.engine, task.repo, own=task.id)
    return passed(f"{settled} settled")


def _lease(crossing: Crossing, stack: ExitStack) -> Outcome:
    task = crossing.passage.task
    crossing.lease = crossing.passage.engine.acquire(task)
    if crossing.lease is None:
        return waiting(f"another work item holds the merge lease of {visible(task.repo)}")
    stack.enter_context(crossing.lease.kept())
    return passed(f"fence {crossing.lease.fence}", fence=crossing.lease.fence)


def _catch_up(crossing: Crossing) -> Outcome:
    """Bring the branch up to date with main: first the ref, in one move, then the worktree."""
    origin, task = crossing.origin, crossing.passage.task
    head, base = origin.head_of(task.branch), origin.main_head()
    if head is None:
        return waiting(gone_text(task))
    if not origin.contains(head, base):
        merged = origin.merged(head, base)
        if merged.tree is None:
            return failed(conflict_text(task.branch, origin.main, merged.conflicts))
        message = f"Merge {origin.main} into {task.branch}"
        new = origin.commit_merge(merged.tree, (head, base), message)
        if not origin.move(task.branch, new=new, old=head):
            return waiting(f"{visible(task.branch)} moved while it was caught up")
        head = new
    checkout = fresh_checkout(crossing.passage.engine.settings, origin, task.branch)
    crossing.passage.head, crossing.base, crossing.path = head, base, checkout.path
    saved = f"; what was not committed there is in {checkout.saved}" if checkout.saved else ""
    return passed(f"{head[:12]} holds {base[:12]}{saved}", head=head, base=base)


def _retest(crossing: Crossing) -> Outcome:
    path = crossing.path or Path()
    return outcome_of(retest(crossing.passage.engine, crossing.passage.task, path))


def retest(engine: Engine, task: Task, path: Path) -> Answer:
    """Whether the tests pass on the caught-up branch, checked out at `path`.

    Without ORCH_TEST_COMMAND the coverage gate's measurement behind it is the test run.
    """
    settings = engine.settings
    if settings.test_command is None:
        return True, "re-test: N/A (ORCH_TEST_COMMAND is not set: the coverage gate runs the tests)"
    result = run_command(
        settings,
        settings.test_command,
        cwd=path,
        own=subject_variables(task.repo, task.work_item, task.branch),
        timeout_s=settings.command_timeout_s,
        held=engine.held,
    )
    return result.status == 0, f"re-test: {settings.test_command[0]} {result.ended()}"


def judge_coverage(passage: Passage) -> tuple[Outcome, EngineHost]:
    """Have the splice run the gate, as a step.

    Returns:
        The outcome, and what is to be written with what follows: the rollback that the splice
        wants on FAIL, and who is told of the verdict.
    """
    host = EngineHost(engine=passage.engine, task=passage.task)
    outcome = passage.step(CHECK_NAME, partial(_coverage, host, passage.result))
    host.effects.extend(verdict_notices(passage, outcome))
    return outcome, host


def _coverage(host: EngineHost, result: AdvanceResult) -> Outcome:
    task = host.task
    intervened = handle_coverage_gate(
        host,
        task.id,
        task.stage,
        task.repo,
        task.work_item,
        task.branch,
        STAGE_TRANSITIONS[task.stage]["agent"] or "",
        result,
        retry_limit=host.engine.settings.gate.developer_retry_limit,
        notify_within_s=None,
    )
    reason = host.answer[1] or f"{CHECK_NAME} did not answer; see the log"
    return failed(reason) if intervened else passed(reason)


def _refuse(name: str, outcome: Outcome, crossing: Crossing) -> None:
    """Send the task back where the branch is at fault, else have it wait; the lease goes."""
    passage = crossing.passage
    if name == CHECK_NAME and crossing.host is not None:
        send_back(passage, crossing.host, outcome)
    elif outcome.status is StepStatus.FAILED and name not in BLAMELESS:
        refuse(passage, name, outcome)
    else:
        passage.wait(outcome, *([] if crossing.lease is None else [crossing.lease.release]))


def _unmoved(crossing: Crossing) -> Outcome:
    """What was judged must be what is there: a verdict on other commits is void, not red."""
    origin, branch = crossing.origin, crossing.passage.task.branch
    if (origin.head_of(branch), origin.main_head()) != (crossing.passage.head, crossing.base):
        return waiting(f"{visible(branch)} or {origin.main} moved while it was judged")
    return passed()


def gone_text(task: Task) -> str:
    """Why a task without its branch waits, and what to do."""
    branch = visible(task.branch)
    was = f" (it was at {task.head})" if task.head else ""
    return f"the branch {branch} is gone{was}: make it again there, or park the task"
