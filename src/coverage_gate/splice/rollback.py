"""One failed task on its way back to the developer: every step runs, whatever another one did."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from functools import partial
from operator import index

from coverage_gate import gate
from coverage_gate.boundary import visible
from coverage_gate.splice.host import Host, call_host
from coverage_gate.splice.steps import Trouble, attempt, attempt_within

DEVELOPMENT = "development"
DEVELOPER = "developer"

#: Who is told, in this order: stages first, so that the picture of the pipeline is right early.
NOTICES = (
    "notify_stage_change",
    "plane_notify_stage",
    "set_issue_in_progress",
    "notify_qg_failure",
    "plane_add_comment",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTask:
    """A task that the gate refused.

    Attributes:
        task_id: The host's key of the task.
        stage: Where it stood.
        repo: Repository.
        work_item: Work item.
        branch: The branch that was judged.
        agent: Who finished the stage.
        name: The check that failed.
        reason: Why, in one line.
        retry_limit: How many developer jobs it may get.
        report: Path of the gate's report; empty where it is unknown.
        used: Developer jobs so far; None where the host could not count.
    """

    task_id: object
    stage: str
    repo: str
    work_item: str
    branch: str
    agent: str
    name: str
    reason: str
    retry_limit: int
    report: str = ""
    used: int | None = None

    @property
    def attempt(self) -> int:
        """The number of the next developer job; 0 where the host could not count."""
        return 0 if self.used is None else self.used + 1

    @property
    def may_retry(self) -> bool:
        """Whether it may get another developer job. Uncounted jobs could go on for ever."""
        return self.used is not None and self.used < self.retry_limit

    def values(self, **own: object) -> dict[str, object]:
        """What a host's function may ask for; `own` are the values of this function."""
        common = ("task_id", "stage", "repo", "work_item", "branch", "agent", "name", "reason")
        shared = {name: getattr(self, name) for name in (*common, "report", "attempt")}
        return shared | {"parked": not self.may_retry} | own


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """The steps, and what went wrong with them.

    Attributes:
        host: Who does them.
        troubles: One text for each step that failed.
    """

    host: Host
    troubles: list[str] = field(default_factory=list)

    def send_back(self, failed: FailedTask, result: object) -> tuple[FailedTask, str | None]:
        """Stage, job, lease, and the host's result.

        Returns:
            The task with report and count, and the agent that got a job, or None.
        """
        queued = None
        try:
            self._call("update_task_stage", failed.values(stage=DEVELOPMENT))
            failed = self._looked_up(failed)
            queued = self._queue_job(failed) if failed.may_retry else None
        finally:
            # Also when the process is asked to stop in between: this task will not merge now,
            # and must not keep the others waiting.
            self._call("release_merge_lease", failed.values())
        self._tell(result, rolled_back_to=DEVELOPMENT, enqueued_agent=queued)
        return failed, queued

    def tell_people(self, failed: FailedTask, queued: str | None, within_s: float | None) -> None:
        """Every notice, each with its share of the time; None: without a limit."""
        own: dict[str, object] = {"old": failed.stage, "new": DEVELOPMENT}
        own |= {"comment": comment_of(failed, queued), "parked": queued is None}
        for name in NOTICES:
            stage = DEVELOPMENT if name == "plane_notify_stage" else failed.stage
            call = partial(call_host, self.host, name, failed.values(stage=stage, **own))
            if within_s is None:
                self._note(attempt(name, call))
            else:
                self._note(attempt_within(within_s / len(NOTICES), name, call))

    def tell_errors(self, result: object) -> None:
        """Give the host what went wrong, if anything did."""
        if self.troubles:
            self._tell(result, splice_errors=tuple(self.troubles))

    def _looked_up(self, failed: FailedTask) -> FailedTask:
        path = attempt("report_path", lambda: str(gate.report_path(failed.repo, failed.work_item)))
        count = partial(call_host, self.host, "developer_retry_count", failed.values())
        used = attempt("developer_retry_count", lambda: index(count()))
        self._note(path)
        self._note(used)
        return replace(
            failed,
            report="" if isinstance(path, Trouble) else path,
            used=None if isinstance(used, Trouble) else used,
        )

    def _queue_job(self, failed: FailedTask) -> str | None:
        values = failed.values(agent=DEVELOPER, description=work_order_of(failed))
        return DEVELOPER if self._call("enqueue_job", values) else None

    def _call(self, name: str, values: dict[str, object]) -> bool:
        return self._note(attempt(name, partial(call_host, self.host, name, values)))

    def _tell(self, result: object, **facts: object) -> None:
        for name, value in facts.items():
            self._note(attempt(f"result.{name}", partial(_set, result, name, value)))

    def _note(self, answer: object) -> bool:
        """Keep what went wrong. Returns whether nothing did."""
        if not isinstance(answer, Trouble):
            return True
        self.troubles.append(answer.text)
        return False


def work_order_of(failed: FailedTask) -> str:
    """What a developer is to mend, in words."""
    report = f" Read {failed.report}: it names what is not covered." if failed.report else ""
    return (
        f"The coverage gate sent {_shown(failed.work_item)} ({_shown(failed.branch)}) back to"
        f" {DEVELOPMENT}, job {failed.attempt} of {failed.retry_limit}: {_reason(failed)}{report}"
    )


def comment_of(failed: FailedTask, queued: str | None) -> str:
    """What people are told: what failed, and what comes next."""
    report = f" Report: {failed.report}." if failed.report else ""
    if queued is not None:
        then = f"A {queued} job is queued, {failed.attempt} of {failed.retry_limit}."
    elif failed.used is not None and not failed.may_retry:
        then = f"{failed.used} developer jobs did not mend it: it waits for a person."
    else:
        then = "No developer job could be queued: it waits for a person."
    return f"{failed.name} failed: {_reason(failed)}{report} Back to {DEVELOPMENT}. {then}"


def _reason(failed: FailedTask) -> str:
    return failed.reason.rstrip(".") + "."


def _shown(text: object) -> str:
    return visible(str(text))


def _set(result: object, name: str, value: object) -> None:
    if result is None:
        return
    if isinstance(result, MutableMapping):
        result[name] = value
    else:
        setattr(result, name, value)
