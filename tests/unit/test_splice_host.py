"""How the splice calls a host's functions, whatever their parameters are called."""

from collections.abc import Awaitable, Callable, Generator
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from coverage_gate.splice.host import Host, HostError, call_host
from coverage_gate.testing.hosts import RecordingHost

JOB = {
    "task_id": 7,
    "agent": "developer",
    "description": "mend it",
    "repo": "shop",
    "work_item": "ET-7",
    "branch": "feature/x",
    "reason": "79% < 80%",
    "report": "/r/18.md",
    "attempt": 1,
    "stage": "deploy-staging",
}
PLACED = (7, "developer", "mend it")
NAMED = {k: JOB[k] for k in ("repo", "work_item", "branch", "reason", "report", "attempt")}


def everything(*args: object, **kwargs: object) -> object:
    return args, kwargs


def by_name_in_another_order(reason: str, task_id: int, *, agent: str = "") -> object:
    return reason, task_id, agent


def with_an_own_option(task_id: int, queue: str = "slow", stage: str = "") -> object:
    return task_id, queue, stage


def with_the_rest_by_name(task_id: int, **rest: object) -> object:
    return task_id, rest


def with_other_names(tid: int, who: str) -> object:
    return tid, who


def with_a_known_and_a_foreign_name(task_id: int, text: str) -> object:
    return task_id, text


def with_places_only(tid: int, who: str, /) -> object:
    return tid, who


def with_places_and_the_rest(tid: int, *rest: object) -> object:
    return tid, rest


@pytest.mark.parametrize(
    ("function", "heard"),
    [
        (everything, (PLACED, NAMED)),
        (lambda *args: args, (*PLACED, *NAMED.values())),
        (lambda **kwargs: kwargs, {k: JOB[k] for k in JOB if k != "stage"}),
        (by_name_in_another_order, ("79% < 80%", 7, "developer")),
        (with_an_own_option, (7, "slow", "deploy-staging")),
        (with_the_rest_by_name, (7, {k: JOB[k] for k in JOB if k not in {"task_id", "stage"}})),
        (with_other_names, (7, "developer")),
        (with_a_known_and_a_foreign_name, (7, "developer")),
        (with_places_only, (7, "developer")),
        (with_places_and_the_rest, (7, (*PLACED[1:], *NAMED.values()))),
        (lambda: "nothing", "nothing"),
        (partial(with_other_names, who="bound"), (7, "bound")),
    ],
)
def test_a_function_gets_what_it_takes(function: Callable[..., Any], heard: object) -> None:
    assert call_host({"enqueue_job": function}, "enqueue_job", JOB) == heard


def test_a_function_that_tells_nothing_of_itself_gets_the_values_by_position() -> None:
    # dict.get of C has no signature in some versions, `type` has none in any.
    assert call_host({"set_issue_in_progress": type}, "set_issue_in_progress", JOB) is str


def module_of(**functions: Callable[..., Any]) -> ModuleType:
    module = ModuleType("orchestrator")
    vars(module).update(functions)
    return module


@pytest.mark.parametrize(
    "host",
    [
        {"plane_notify_stage": everything},
        SimpleNamespace(plane_notify_stage=everything),
        module_of(plane_notify_stage=everything),
    ],
    ids=["mapping", "namespace", "module"],
)
def test_a_host_may_be_of_any_kind(host: Host) -> None:
    assert call_host(host, "plane_notify_stage", JOB) == (("ET-7", "deploy-staging"), {})


def test_a_function_is_looked_up_when_it_is_called() -> None:
    host = {"set_issue_in_progress": lambda work_item: work_item}
    call_host(host, "set_issue_in_progress", JOB)
    host["set_issue_in_progress"] = lambda work_item: work_item.lower()
    assert call_host(host, "set_issue_in_progress", JOB) == "et-7"


@pytest.mark.parametrize("host", [{}, SimpleNamespace(enqueue_job="no function"), module_of()])
def test_a_missing_function_is_named(host: Host) -> None:
    with pytest.raises(HostError, match="no function enqueue_job"):
        call_host(host, "enqueue_job", JOB)


def test_a_function_that_demands_what_nobody_has_fails_as_any_call_does() -> None:
    def demanding(task_id: int, *, priority: int) -> object:
        return task_id, priority

    with pytest.raises(TypeError, match="priority"):
        call_host({"enqueue_job": demanding}, "enqueue_job", JOB)


async def coroutine(task_id: int) -> int:
    return task_id


class Promise(Awaitable[None]):
    """Something to be awaited that is no coroutine."""

    def __await__(self) -> Generator[None, None, None]:
        yield


@pytest.mark.parametrize("function", [coroutine, lambda **_: Promise()])
def test_a_coroutine_function_is_refused_since_it_did_not_run(
    function: Callable[..., object],
) -> None:
    with pytest.raises(HostError, match="is a coroutine function"):
        call_host({"enqueue_job": function}, "enqueue_job", JOB)


def test_the_public_fake_hears_what_was_called_and_counts_jobs() -> None:
    host = RecordingHost()
    call_host(host, "enqueue_job", JOB)
    assert host.values_of("enqueue_job") == {k: JOB[k] for k in JOB if k != "stage"}
    assert call_host(host, "developer_retry_count", JOB) == 1


def test_the_public_fake_fails_as_it_is_told_and_remembers_the_call() -> None:
    host = RecordingHost(failing={"enqueue_job": OSError("disk full")})
    with pytest.raises(OSError, match="disk full"):
        call_host(host, "enqueue_job", JOB)
    assert host.names == ["enqueue_job"]


def test_the_public_fake_has_no_single_answer_for_several_calls() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        RecordingHost().values_of("enqueue_job")
