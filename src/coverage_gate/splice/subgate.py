"""The two places where a host calls the splice: on the edge, and after the merge."""

from __future__ import annotations

from functools import partial

from coverage_gate import gate, procedure
from coverage_gate.boundary import never_raises, visible
from coverage_gate.splice.host import Host, HostError, TaskId, call_host
from coverage_gate.splice.mounting import CHECK_NAME
from coverage_gate.splice.rollback import FailedTask, Rollback
from coverage_gate.splice.steps import Trouble, attempt

#: Where the settings cannot be read: their default.
RETRY_LIMIT = 3
NOTIFY_WITHIN_S = 10.0
_REASON_LIMIT = 2000


@never_raises(lambda _: True, last=True)
def handle_coverage_gate(  # noqa: PLR0917 - the contract's order; by name or by position
    host: Host,
    task_id: TaskId,
    stage: str,
    repo: str,
    work_item: str,
    branch: str,
    agent: str,
    result: object,
    *,
    retry_limit: int | None = None,
    notify_within_s: float | None = NOTIFY_WITHIN_S,
) -> bool:
    """Run the coverage gate at its place of the edge; on FAIL send the task back. Never raises.

    On PASS, out of scope and switched off, nothing is touched. On FAIL, in this order: the task
    goes to "development", one "developer" job is queued, the merge lease is released, `result`
    is told, people are told. A step that fails stops no later one.

    A host calls this once per attempt, while the task stands on the edge and holds the lease:
    from a step that it records, or under a lock of the task. Called again for an attempt whose
    job is queued already, it judges again and queues a second one.

    Args:
        host: The functions of `StageHost`.
        task_id: The task.
        stage: Where the task stands, as in "deploy-staging".
        repo: Repository.
        work_item: Work item.
        branch: The branch to judge.
        agent: Who finished the stage.
        result: The host's own answer of `advance_stage`: an object whose attributes can be set, a
            dict, or None. After a FAIL it has `rolled_back_to` = "development", `enqueued_agent`
            = "developer" or None without a job, and, where something went wrong,
            `splice_errors`, a tuple of texts. One that cannot be written to is left as it is.
        retry_limit: How many developer jobs a task may get; None: ORCH_DEVELOPER_RETRY_LIMIT.
            Past it, or where the host cannot count them, no job is queued and the task waits
            for a person.
        notify_within_s: How long all notices together may hold up the caller, each on a thread
            of its own; the lease is free by then. None: on the caller's thread without a limit,
            for a host whose notices only write to its own outbox.

    Returns:
        Whether the gate has intervened: the task must not advance.
    """
    ok, reason = _judged(host, repo, work_item, branch)
    if ok:
        return False
    rollback = Rollback(host=host)
    failed = FailedTask(
        task_id=task_id,
        stage=stage,
        repo=repo,
        work_item=work_item,
        branch=branch,
        agent=agent,
        name=CHECK_NAME,
        reason=reason,
        retry_limit=_limit_now() if retry_limit is None else retry_limit,
    )
    failed, queued = rollback.send_back(failed, result)
    rollback.tell_errors(result)
    rollback.tell_people(failed, queued, notify_within_s)
    rollback.tell_errors(result)
    return True


@never_raises(lambda _: False, last=False)
def verify_merge(
    host: Host, *, task_id: TaskId, repo: str, work_item: str, branch: str, sha: str
) -> bool:
    """Ratchet the baseline after the merge, then release the lease, whatever the ratchet said.

    Never raises. May be called again for the same merge: an equal value is stamped again.

    Args:
        host: The functions of `StageHost`, of which `release_merge_lease` is called.
        task_id: The merged task, which holds the merge lease.
        repo: Repository.
        work_item: Work item.
        branch: The branch that was merged.
        sha: The commit on main.

    Returns:
        Whether the baseline was founded, moved or re-stamped.
    """
    values = {"task_id": task_id, "repo": repo, "work_item": work_item, "branch": branch}
    try:
        # Looked up now, so that a host may replace it. The leaf never raises; a replacement may.
        ratchet = gate.ratchet_baseline_on_merge
        moved = attempt("ratchet", partial(ratchet, repo, work_item, branch, sha))
    finally:
        attempt("release_merge_lease", partial(call_host, host, "release_merge_lease", values))
    return moved is True


def _limit_now() -> int:
    limit = attempt("retry_limit", lambda: procedure.read_settings().developer_retry_limit)
    return RETRY_LIMIT if isinstance(limit, Trouble) else limit


def _judged(host: Host, repo: str, work_item: str, branch: str) -> tuple[bool, str]:
    values = {"name": CHECK_NAME, "repo": repo, "work_item": work_item, "branch": branch}
    answer = attempt("run_qg", lambda: _verdict_of(call_host(host, "run_qg", values)))
    if not isinstance(answer, Trouble):
        return answer
    message = answer.text
    answer = attempt("error_answer", lambda: procedure.error_answer(message))
    return (False, message) if isinstance(answer, Trouble) else answer


def _verdict_of(answer: object) -> tuple[bool, str]:
    match answer:
        case [bool() as ok, reason]:
            return ok, visible(str(reason), limit=_REASON_LIMIT)
        case _:
            raise HostError("run_qg did not answer (ok, reason), a bool and a text")
