"""The stage deploy: main moves to the judged commit, and the baseline with it.

The order is: intent → compare-and-set of main → ratchet → done. A process may die between any two
of them: whoever comes next sees by git whether main moved, and goes on from there.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from coverage_gate.boundary import visible
from coverage_gate.core.records import Intent, IntentState
from coverage_gate.ports import RepositoryError
from coverage_gate.splice import verify_merge
from stage_engine import learning, tasks
from stage_engine.context import Engine
from stage_engine.host import EngineHost
from stage_engine.lease import Lease
from stage_engine.passage import Outcome, Passage, failed, passed, waiting
from stage_engine.repository import Origin, open_work_tree
from stage_engine.stages import DEPLOY, DEPLOY_STAGING, DONE
from stage_engine.values import StepStatus, Task, TaskStatus


def deploy(passage: Passage, origin: Origin) -> None:
    """Land the judged commit; back to the merge gate where branch or main moved meanwhile."""
    lease = passage.engine.acquire(passage.task)
    if lease is None:
        passage.wait(waiting("another work item holds the merge lease"))
        return
    with lease.kept():
        outcome = passage.step("merge", partial(_merge, passage, origin, lease))
        if outcome.passed:
            outcome = passage.step("merge-verify", partial(_verify, passage, origin, lease))
    if outcome.passed:
        passage.result.advanced, passage.result.to_stage = True, DONE
        passage.result.reason = outcome.reason
    elif outcome.status is StepStatus.FAILED:
        # No failure of the developer's: the verdict is void, since it was on other commits.
        values = {"judged_head": None, "judged_base": None}
        passage.move(DEPLOY_STAGING, outcome, lease.release, **values)
    else:
        passage.wait(outcome, lease.release)


def _merge(passage: Passage, origin: Origin, lease: Lease) -> Outcome:
    task, main = passage.task, origin.main_head()
    new, old = _judged(task)
    if origin.contains(main, new):
        return passed(f"{origin.main} holds {new[:12]} already")
    if origin.head_of(task.branch) != new:
        return failed(f"{visible(task.branch)} is not at the judged {new[:12]} any more")
    if main != old:
        return failed(f"{origin.main} is not at the judged {old[:12]} any more")
    for path in origin.shown_by(origin.main):
        _move_work_tree(path, old, new, dry=True)
    return _move_main(passage, origin, lease)


def _move_main(passage: Passage, origin: Origin, lease: Lease) -> Outcome:
    """The intent, then the one move that makes the merge."""
    task, (new, old) = passage.task, _judged(passage.task)
    store, at = passage.engine.store.shared, passage.engine.clock.now_iso()
    seq = store.open_intent(
        repository=task.repo,
        holder=lease.holder,
        fence=lease.fence,
        sha=new,
        payload={"task_id": task.id, "old": old},
        at=at,
    )
    if seq is None:
        return waiting("the merge lease was lost")
    if not origin.move(origin.main, new=new, old=old):
        store.settle_intent(seq, state=IntentState.DROPPED, at=at)
        return failed(f"{origin.main} moved away from the judged {old[:12]}")
    return passed(f"{origin.main}: {old[:12]} → {new[:12]}", old=old, new=new)


def _judged(task: Task) -> tuple[str, str]:
    """The judged commit of the branch, and that of main; a task in deploy has both."""
    return task.judged_head or "", task.judged_base or ""


def _verify(passage: Passage, origin: Origin, lease: Lease) -> Outcome:
    task = passage.task
    new, old = _judged(task)
    if not origin.contains(origin.main_head(), new):
        return waiting(f"{origin.main} does not hold {new[:12]}, which was merged")
    notes = [note for path in origin.shown_by(origin.main) if (note := _follow(path, old, new))]
    ratcheted = finish(passage.engine, task, lease)
    if ratcheted is None:
        return waiting("the merge lease was lost before the baseline was raised")
    rose = "baseline raised or stamped" if ratcheted else "baseline unchanged"
    return passed("; ".join((f"merged as {new[:12]}, {rose}", *notes)), ratcheted=ratcheted)


def finish(engine: Engine, task: Task, lease: Lease) -> bool | None:
    """Ratchet, then close intent, task and run and give the lease back, all at once.

    Returns:
        What the ratchet said; None where the lease was lost, so that nothing is known or written.
    """
    host = EngineHost(engine=engine, task=task)
    sha = task.judged_head or ""
    ratcheted = verify_merge(
        host,
        task_id=task.id,
        repo=task.repo,
        work_item=task.work_item,
        branch=task.branch,
        sha=sha,
    )
    host.notify_stage_change(task.id, task.stage, DONE, f"merged as {sha}")
    host.plane_notify_stage(task.work_item, DONE)
    with engine.store.writing() as rows:
        if not lease.is_ours(rows):
            return None
        tasks.change(rows, task, stage=DONE, status=TaskStatus.DONE, reason="")
        # Nobody comes back to a task that is done: what lies open now would be so for ever. The
        # step that calls this is written once more when it has ended, if its process lives.
        tasks.interrupt_steps(rows, task.id)
        run = tasks.ensure_run(rows, task.id, source="settle")
        tasks.change_run(rows, run.run_id, TaskStatus.DONE, error="")
        for intent in rows.shared.open_intents(task.repo):
            if intent.sha == sha:
                rows.shared.settle_intent(intent.seq, state=IntentState.DONE, at=rows.at)
        for effect in host.effects:
            effect(rows)
        if engine.settings.learns:
            learning.ask(rows, task.repo)
    return ratcheted


def settle_intents(engine: Engine, repo: str, *, own: int | None = None) -> int:
    """Settle what somebody intended and did not finish. Call it before taking the lease.

    An intent whose commit main holds is finished for its task: ratchet, done. One that main does
    not hold is dropped. An intent of a task that somebody works on is left to them.

    Args:
        engine: The engine.
        repo: Whose intents.
        own: The task whose lock the caller has.

    Returns:
        How many were settled.
    """
    settled = 0
    for intent in engine.store.shared.open_intents(repo):
        task_id = int(json.loads(intent.payload)["task_id"])
        lock = nullcontext(engine) if task_id == own else engine.exclusive(task_id)
        with lock as ours:
            settled += ours is not None and _settle(ours, intent, task_id)
    return settled


def _settle(engine: Engine, intent: Intent, task_id: int) -> bool:
    with engine.store.reading() as rows:
        task = tasks.find(rows, task_id)
    # Under the name of who intended it: the baseline is raised by the holder of the lease alone.
    lease = engine.acquire(task)
    if lease is None:
        return False
    with lease.kept():
        origin = engine.origin(intent.repository)
        is_merged = origin.contains(origin.main_head(), intent.sha)
        if is_merged and task.stage == DEPLOY and task.judged_head == intent.sha:
            return finish(engine, task, lease) is not None
    store, state = engine.store.shared, IntentState.DROPPED
    is_settled = store.settle_intent(intent.seq, state=state, at=engine.clock.now_iso())
    lease.release()
    return is_settled


def _follow(path: Path, old: str, new: str) -> str:
    """Bring a work tree of main along. Returns why it could not be, empty for nothing."""
    try:
        _move_work_tree(path, old, new, dry=False)
    except RepositoryError as error:
        return f"{path} still shows the commit before: {error}"
    return ""


def _move_work_tree(path: Path, old: str, new: str, *, dry: bool) -> None:
    """From one commit to another, as `git checkout` would; refuses to overwrite anything.

    Raises:
        RepositoryError: If something is in the way; nothing was changed then.
    """
    rehearsal = ("-n",) if dry else ()
    open_work_tree(path).run("read-tree", *rehearsal, "-m", "-u", old, new)
