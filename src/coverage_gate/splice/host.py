"""What the splice asks of a host, and how it calls it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from types import ModuleType
from typing import Any, Protocol, TypeAlias

#: A host's own key of a task: a number, a text, a UUID.
TaskId: TypeAlias = Any

#: The values that a host's functions may ask for, by name.
Values: TypeAlias = Mapping[str, object]


class HostError(Exception):
    """A host's function is missing, or cannot be called. The message says what to change."""


class StageHost(Protocol):
    """The functions of an orchestrator that the splice calls: of an object, a module or a mapping.

    The names are fixed. A host's function takes of the values what it names, in any order, and
    leaves out what it does not need; see `call_host` for functions that name them otherwise.
    All run to their end before they return: none is a coroutine function. What they return is
    ignored but for `run_qg` and `developer_retry_count`.

    Besides its own values, each function may ask for `task_id`, `stage` (where the gate ran,
    unless said otherwise below), `repo`, `work_item`, `branch`, `agent` (who finished that stage,
    unless said otherwise), `reason`, `report` (path as text), `attempt` and `parked`.
    """

    def run_qg(self, name: str, repo: str, work_item: str, branch: str) -> tuple[bool, str]:
        """Run the check that the host's registry has under this name: whether it holds, and why."""

    def update_task_stage(self, task_id: TaskId, stage: str) -> object:
        """Move a task to `stage`; moving it where it is already changes nothing."""

    def developer_retry_count(self, task_id: TaskId) -> int:
        """How many developer jobs a failed gate has queued for this task so far."""

    def enqueue_job(  # one job is many facts
        self,
        task_id: TaskId,
        agent: str,
        description: str,
        *,
        repo: str,
        work_item: str,
        branch: str,
        reason: str,
        report: str,
        attempt: int,
    ) -> object:
        """Queue a job; from then on `developer_retry_count` answers `attempt`.

        Args:
            task_id: Whose job.
            agent: "developer".
            description: What to fix, in words, with reason and path of the report.
            repo: Repository.
            work_item: Work item.
            branch: The branch to mend.
            reason: The gate's reason, in one line.
            report: Path of the gate's report.
            attempt: 1 for the first job that a failed gate queues for the task.
        """

    def release_merge_lease(self, repo: str, task_id: TaskId) -> object:
        """Give the merge lease back; nothing happens where the task does not hold it."""

    def notify_stage_change(self, task_id: TaskId, old: str, new: str, reason: str) -> object:
        """Tell people that a task changed its stage."""

    def plane_notify_stage(self, work_item: str, stage: str) -> object:
        """Tell the tracker the new `stage`."""

    def set_issue_in_progress(self, work_item: str) -> object:
        """Set the tracker's issue back to "in progress"."""

    def notify_qg_failure(self, task_id: TaskId, name: str, reason: str) -> object:
        """Tell people which check failed, and why."""

    def plane_add_comment(self, work_item: str, comment: str) -> object:
        """Write a comment under the tracker's issue."""


#: What may be given as host. A mapping holds the functions under their names. Any: an object whose
#: functions name fewer values fits when it is called, and no type says so.
Host: TypeAlias = StageHost | Mapping[str, Callable[..., Any]] | ModuleType | Any


def call_host(host: Host, name: str, values: Values) -> Any:  # noqa: ANN401 - a host's own answer
    """Call a host's function with what it takes of `values`; it is looked up now.

    A function that names its parameters as `StageHost` does gets those by name. One that names
    them otherwise, as a `lambda t, s:` does, gets them by position in the order of `StageHost`,
    as many as it takes. One with bare `*args` gets all of them.

    Raises:
        HostError: If there is no such function, or it is a coroutine function.
        Exception: What the function raises.
    """
    function = _function(host, name)
    args, kwargs = _arguments(function, _protocol_parameters(name), values)
    answer = function(*args, **kwargs)
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        raise HostError(f"{name} is a coroutine function and did not run; give a plain function")
    return answer


def _function(host: Host, name: str) -> Callable[..., Any]:
    found = host.get(name) if isinstance(host, Mapping) else getattr(host, name, None)
    if not callable(found):
        raise HostError(f"the host has no function {name}; see StageHost for what it takes")
    return found


def _protocol_parameters(name: str) -> list[Parameter]:
    return list(inspect.signature(getattr(StageHost, name)).parameters.values())[1:]


def _arguments(
    function: Callable[..., Any], declared: list[Parameter], values: Values
) -> tuple[list[object], dict[str, object]]:
    taken = _taken_by(function)
    if taken.by_name(values):
        wanted = (*taken.named, *declared) if taken.any_name else taken.named
        return [], _by_name(wanted, values)
    apart = [p for p in declared if taken.any_name and p.kind is Parameter.KEYWORD_ONLY]
    by_place = [values[p.name] for p in declared if p not in apart]
    return by_place[: taken.places], _by_name(apart, values)


def _by_name(parameters: Iterable[Parameter], values: Values) -> dict[str, object]:
    return {p.name: values[p.name] for p in parameters if p.name in values}


_PLACED = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What a function of a host takes.

    Attributes:
        named: Its parameters, but for starred ones.
        any_place: Whether it takes any number of values by position.
        any_name: Whether it takes values of any name.
    """

    named: tuple[Parameter, ...]
    any_place: bool
    any_name: bool

    @property
    def places(self) -> int | None:
        """How many values it takes by position; None for any number."""
        return None if self.any_place else sum(p.kind in _PLACED for p in self.named)

    def by_name(self, values: Values) -> bool:
        """Whether it can be called with these values by their names alone."""
        if self.any_place and not self.named:
            return False
        return all(
            p.kind is not Parameter.POSITIONAL_ONLY
            and (p.name in values or p.default is not p.empty)
            for p in self.named
        )


def _taken_by(function: Callable[..., Any]) -> _Taken:
    parameters = _parameters(function)
    kinds = {p.kind for p in parameters}
    starred = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return _Taken(
        named=tuple(p for p in parameters if p.kind not in starred),
        any_place=Parameter.VAR_POSITIONAL in kinds,
        any_name=Parameter.VAR_KEYWORD in kinds,
    )


def _parameters(function: Callable[..., Any]) -> Iterable[Parameter]:
    try:
        return inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        # Some callables of C tell nothing about themselves: they get all values by position.
        return (Parameter("args", Parameter.VAR_POSITIONAL),)
