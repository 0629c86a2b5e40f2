"""What happens at the gate on PASS, on FAIL, and after the merge."""

import logging
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from threading import Event, current_thread, get_ident
from types import SimpleNamespace
from typing import Any

import pytest

from coverage_gate import gate, procedure
from coverage_gate.splice import Host, handle_coverage_gate, verify_merge
from coverage_gate.splice.rollback import NOTICES
from coverage_gate.testing.hosts import RecordingHost

REPORT = "/reports/shop/ET-7/18-coverage-report.md"
ESSENTIAL = [
    "run_qg",
    "update_task_stage",
    "developer_retry_count",
    "enqueue_job",
    "release_merge_lease",
]
FAIL = (False, "79% < floor 80%")
TRACE: ContextVar[str] = ContextVar("TRACE", default="none")


@dataclass(slots=True)
class AdvanceResult:
    """As a host may have it: no room for more."""

    rolled_back_to: str | None = None
    enqueued_agent: str | None = None


@dataclass(frozen=True)
class FrozenResult:
    """A result that cannot be told anything."""

    rolled_back_to: str | None = None


@pytest.fixture(autouse=True)
def report_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a host replaces it on the leaf."""
    monkeypatch.setattr(
        gate,
        "report_path",
        lambda repo, item: Path("/reports", repo, item, "18-coverage-report.md"),
    )


@pytest.fixture
def never() -> Iterator[Event]:
    """An event for hanging notices; it lets them go at the end of the test."""
    event = Event()
    yield event
    event.set()


def handle(
    host: Host,
    result: object = None,
    *,
    retry_limit: int | None = None,
    notify_within_s: float | None = 10.0,
) -> bool:
    return handle_coverage_gate(
        host,
        task_id=7,
        stage="deploy-staging",
        repo="shop",
        work_item="ET-7",
        branch="feature/x",
        agent="deployer",
        result=result,
        retry_limit=retry_limit,
        notify_within_s=notify_within_s,
    )


def merge(host: Host) -> bool:
    return verify_merge(
        host, task_id=7, repo="shop", work_item="ET-7", branch="feature/x", sha="a" * 40
    )


def failing_host(*names: str) -> RecordingHost:
    failing = {name: OSError(f"{name} is down") for name in names}
    return RecordingHost(answer=FAIL, failing=failing)


@pytest.mark.parametrize("reason", ["holds", "shop: coverage gate N/A", "coverage gate disabled"])
def test_on_pass_nothing_is_touched(reason: str) -> None:
    host, result = RecordingHost(answer=(True, reason)), AdvanceResult()
    assert handle(host, result) is False
    assert host.names == ["run_qg"]
    assert result == AdvanceResult()


def test_on_fail_stage_job_and_lease_come_once_and_in_order_and_notices_last() -> None:
    host = RecordingHost(answer=FAIL)
    assert handle(host) is True
    assert host.names == [*ESSENTIAL, *NOTICES]


def test_the_check_is_asked_for_by_its_name() -> None:
    host = RecordingHost()
    handle(host)
    assert dict(host.values_of("run_qg")) == {
        "name": "check_coverage_gate",
        "repo": "shop",
        "work_item": "ET-7",
        "branch": "feature/x",
    }


def test_the_job_carries_what_to_fix() -> None:
    host = RecordingHost(answer=FAIL, retries=1)
    handle(host)
    job = host.values_of("enqueue_job")
    assert (job["agent"], job["reason"], job["report"], job["attempt"]) == (
        "developer",
        FAIL[1],
        REPORT,
        2,
    )
    assert job["description"] == (
        "The coverage gate sent ET-7 (feature/x) back to development, job 2 of 3: "
        f"79% < floor 80%. Read {REPORT}: it names what is not covered."
    )


def test_people_are_told_the_change_the_failure_and_what_comes_next() -> None:
    host = RecordingHost(answer=FAIL)
    handle(host)
    change = host.values_of("notify_stage_change")
    assert (change["old"], change["new"]) == ("deploy-staging", "development")
    assert host.values_of("plane_notify_stage")["stage"] == "development"
    assert host.values_of("plane_add_comment")["comment"] == (
        f"check_coverage_gate failed: 79% < floor 80%. Report: {REPORT}. "
        "Back to development. A developer job is queued, 1 of 3."
    )


def test_a_reason_that_is_a_sentence_ends_with_one_stop() -> None:
    host = RecordingHost(answer=(False, "too low."))
    handle(host)
    assert "failed: too low. Report" in host.values_of("plane_add_comment")["comment"]


@pytest.mark.parametrize("kind", [AdvanceResult, SimpleNamespace])
def test_the_result_is_told_by_attribute(kind: Callable[[], Any]) -> None:
    result = kind()
    handle(RecordingHost(answer=FAIL), result)
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert not hasattr(result, "splice_errors")


def test_the_result_is_told_by_key_when_it_is_a_dict() -> None:
    result: dict[str, object] = {"advanced": False}
    handle(RecordingHost(answer=FAIL), result)
    assert result == {
        "advanced": False,
        "rolled_back_to": "development",
        "enqueued_agent": "developer",
    }


def test_a_result_that_cannot_be_told_stops_nothing() -> None:
    host, result = RecordingHost(answer=FAIL), FrozenResult()
    assert handle(host, result) is True
    assert host.names == [*ESSENTIAL, *NOTICES]
    assert result == FrozenResult()


@pytest.mark.parametrize(("retries", "limit"), [(3, 3), (4, 3), (0, 0)])
def test_past_the_limit_the_task_is_parked_without_a_job(retries: int, limit: int) -> None:
    host, result = RecordingHost(answer=FAIL, retries=retries), AdvanceResult()
    assert handle(host, result, retry_limit=limit) is True
    assert result == AdvanceResult(rolled_back_to="development", enqueued_agent=None)
    assert host.names == [name for name in [*ESSENTIAL, *NOTICES] if name != "enqueue_job"]
    assert (
        f"{retries} developer jobs did not mend it"
        in host.values_of("plane_add_comment")["comment"]
    )


@pytest.mark.parametrize(("setting", "jobs"), [("1", 1), ("0", 0), ("no number", 3)])
def test_the_limit_is_read_when_it_is_needed_and_three_where_it_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, setting: str, jobs: int
) -> None:
    monkeypatch.setenv("ORCH_DEVELOPER_RETRY_LIMIT", setting)
    host = RecordingHost(answer=FAIL)
    for _ in range(4):
        handle(host)
    assert host.retries == jobs


def test_a_task_gets_as_many_jobs_as_the_limit_allows_and_no_more() -> None:
    host = RecordingHost(answer=FAIL)
    for _ in range(5):
        handle(host)
    assert host.names.count("enqueue_job") == 3
    assert host.names.count("release_merge_lease") == 5


@pytest.mark.parametrize("count", [None, "many", 1.0])
def test_a_host_that_cannot_count_gets_no_job_since_it_could_go_on_for_ever(count: object) -> None:
    host = RecordingHost(answer=FAIL)
    functions = {name: getattr(host, name) for name in [*ESSENTIAL, *NOTICES]}
    result: dict[str, Any] = {}
    handle(functions | {"developer_retry_count": lambda _: count}, result)
    assert (result["rolled_back_to"], result["enqueued_agent"]) == ("development", None)
    assert "developer_retry_count: TypeError" in result["splice_errors"][0]
    assert "enqueue_job" not in host.names


@pytest.mark.parametrize("broken", ["update_task_stage", "release_merge_lease", *NOTICES])
def test_a_step_that_fails_stops_no_other_step(broken: str) -> None:
    host, result = failing_host(broken), SimpleNamespace()
    assert handle(host, result) is True
    assert host.names == [*ESSENTIAL, *NOTICES]
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", "developer")
    assert result.splice_errors == (f"{broken}: OSError: {broken} is down",)


def test_a_job_that_cannot_be_queued_leaves_the_lease_free_and_people_informed() -> None:
    host, result = failing_host("enqueue_job"), SimpleNamespace()
    assert handle(host, result) is True
    assert host.names == [*ESSENTIAL, *NOTICES]
    assert (result.rolled_back_to, result.enqueued_agent) == ("development", None)
    assert "No developer job could be queued" in host.values_of("plane_add_comment")["comment"]


def test_everything_down_is_still_an_intervention_with_each_step_tried_once() -> None:
    host, result = failing_host(*ESSENTIAL[1:], *NOTICES), SimpleNamespace()
    assert handle(host, result) is True
    assert host.names == [name for name in [*ESSENTIAL, *NOTICES] if name != "enqueue_job"]
    assert len(result.splice_errors) == 8


def test_functions_that_are_missing_are_named() -> None:
    result: dict[str, Any] = {}
    assert handle({"run_qg": lambda *_: FAIL}, result) is True
    assert [text.partition(":")[0] for text in result["splice_errors"]] == [
        "update_task_stage",
        "developer_retry_count",
        "release_merge_lease",
        *NOTICES,
    ]


def test_a_report_without_a_path_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Path:
        raise ValueError("no folder")

    monkeypatch.setattr(gate, "report_path", broken)
    host, result = RecordingHost(answer=FAIL), SimpleNamespace()
    handle(host, result)
    assert host.values_of("enqueue_job")["report"] == ""
    assert "Report" not in host.values_of("plane_add_comment")["comment"]
    assert result.splice_errors == ("report_path: ValueError: no folder",)


def test_hostile_text_reaches_people_on_one_line() -> None:
    host = RecordingHost(answer=(False, "a\nb\x1b[31m\ud800"))
    handle(host)
    assert host.values_of("enqueue_job")["reason"] == "a\\nb\\x1b[31m\\ud800"


@pytest.mark.parametrize(
    ("run_qg", "told"),
    [
        (lambda *_: None, "did not answer (ok, reason)"),
        (lambda *_: ("yes", "text"), "did not answer (ok, reason)"),
        (lambda *_: (True,), "did not answer (ok, reason)"),
        (lambda *_: "no", "did not answer (ok, reason)"),
        ("no function", "no function run_qg"),
    ],
)
@pytest.mark.parametrize("ok", [True, False])
def test_a_check_that_cannot_be_run_is_answered_as_an_error_of_the_gate(
    monkeypatch: pytest.MonkeyPatch, run_qg: Callable[..., Any], told: str, *, ok: bool
) -> None:
    heard: list[str] = []

    def error_answer(message: str) -> tuple[bool, str]:
        heard.append(message)
        return ok, message

    monkeypatch.setattr(procedure, "error_answer", error_answer)
    assert handle({"run_qg": run_qg}) is not ok
    assert told in heard[0]


def test_an_error_that_cannot_even_be_answered_sends_the_task_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(message: str) -> tuple[bool, str]:
        raise RuntimeError(message)

    monkeypatch.setattr(procedure, "error_answer", broken)
    host = RecordingHost(failing={"run_qg": ValueError("boom")})
    assert handle(host) is True
    assert host.values_of("enqueue_job")["reason"] == "run_qg: ValueError: boom"


def test_arguments_that_no_text_can_be_made_of_never_raise() -> None:
    class Unspeakable:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    host = RecordingHost(answer=FAIL)
    assert handle_coverage_gate(host, 7, "s", "r", Unspeakable(), "b", "a", None) is True  # type: ignore[arg-type]  # hostile
    assert host.names.count("release_merge_lease") == 1


def test_a_wish_to_stop_the_process_passes_and_leaves_no_lease() -> None:
    host = RecordingHost(answer=FAIL, failing={"update_task_stage": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        handle(host)
    assert host.names == ["run_qg", "update_task_stage", "release_merge_lease"]


def test_a_hanging_notice_delays_no_step_and_no_other_notice(never: Event) -> None:
    host = RecordingHost(answer=FAIL, hanging=dict.fromkeys(NOTICES, never))
    result = SimpleNamespace()
    assert handle(host, result, notify_within_s=0.05) is True
    assert host.names == [*ESSENTIAL, *NOTICES]
    assert len(result.splice_errors) == 5
    assert result.splice_errors[0] == (
        "notify_stage_change: no answer within 0.01 s; it may go on in the background"
    )


def test_a_notice_that_leaves_its_thread_is_told() -> None:
    host = RecordingHost(answer=FAIL, failing={"notify_qg_failure": SystemExit(1)})
    result = SimpleNamespace()
    assert handle(host, result) is True
    assert result.splice_errors[0].startswith("notify_qg_failure: no answer")


def test_a_limit_that_is_no_time_costs_the_waiting_only() -> None:
    host = RecordingHost(answer=FAIL)
    assert handle(host, notify_within_s=float("inf")) is True
    assert host.names[:5] == ESSENTIAL


def test_notices_see_the_context_of_the_caller_on_a_daemon_thread() -> None:
    heard: list[tuple[str, bool]] = []
    host = RecordingHost(answer=FAIL)
    functions = {name: getattr(host, name) for name in [*ESSENTIAL, *NOTICES]}
    functions["set_issue_in_progress"] = lambda _: heard.append(
        (TRACE.get(), current_thread().daemon)
    )
    token = TRACE.set("trace-1")
    handle(functions)
    TRACE.reset(token)
    assert heard == [("trace-1", True)]


def test_without_a_limit_notices_run_on_the_thread_of_the_caller() -> None:
    heard: list[int] = []
    functions: dict[str, Callable[..., Any]] = {
        "run_qg": lambda *_: FAIL,
        "notify_qg_failure": lambda _: heard.append(get_ident()),
    }
    handle(functions, notify_within_s=None)
    assert heard == [get_ident()]


def test_errors_reach_the_log_without_our_secrets(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ORCH_TELEGRAM_BOT_TOKEN", "12345:very-secret")
    leak = OSError("https://api.telegram.org/bot12345:very-secret/sendMessage refused")
    host, result = (
        RecordingHost(answer=FAIL, failing={"notify_qg_failure": leak}),
        SimpleNamespace(),
    )
    with caplog.at_level(logging.ERROR, logger="coverage_gate"):
        handle(host, result)
    assert "/bot***/sendMessage refused" in result.splice_errors[0]
    assert "/bot***/sendMessage refused" in caplog.text
    assert "very-secret" not in caplog.text


@pytest.mark.parametrize("moved", [True, False])
def test_after_the_merge_the_ratchet_runs_and_then_the_lease_goes(
    monkeypatch: pytest.MonkeyPatch, *, moved: bool
) -> None:
    host = RecordingHost()
    heard: list[object] = []

    def ratchet(*args: str) -> bool:
        heard.extend([args, list(host.names)])
        return moved

    monkeypatch.setattr(gate, "ratchet_baseline_on_merge", ratchet)
    assert merge(host) is moved
    assert heard == [("shop", "ET-7", "feature/x", "a" * 40), []]
    assert host.names == ["release_merge_lease"]


@pytest.mark.parametrize("error", [ValueError("boom"), RecursionError()])
def test_a_ratchet_that_raises_still_releases_the_lease(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: str) -> bool:
        raise error

    monkeypatch.setattr(gate, "ratchet_baseline_on_merge", broken)
    host = RecordingHost()
    assert merge(host) is False
    assert dict(host.values_of("release_merge_lease")) == {"repo": "shop", "task_id": 7}


def test_a_lease_that_cannot_be_released_does_not_undo_the_ratchet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "ratchet_baseline_on_merge", lambda *_: True)
    assert merge(failing_host("release_merge_lease")) is True
