"""What people, tracker and forges are told, left in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from coverage_gate import gate
from coverage_gate.adapters.render.report_reader import read_report, report_body
from coverage_gate.adapters.report_files import ReportError, read_report_file
from coverage_gate.core.outbox import RECOVERY, VERDICT
from coverage_gate.receiving import FORGES, configured_topics
from coverage_gate.splice import CHECK_NAME
from stage_engine.passage import Effect, Outcome, Passage
from stage_engine.store import Rows
from stage_engine.values import Task

TELEGRAM = "telegram"
PLANE = "plane"


def notice(topic: str, kind: str, task: Task, **facts: object) -> Effect:
    """What leaves a message about a task."""
    about = {"task_id": task.id, "repo": task.repo, "branch": task.branch}
    payload = {"kind": kind, "work_item": task.work_item, **about, **facts}
    return partial(_enqueue, topic, payload)


def verdict_notices(passage: Passage, outcome: Outcome) -> tuple[Effect, ...]:
    """What the coverage gate's verdict leaves: for each forge, and for people where it recovers."""
    task = passage.task
    facts: dict[str, object] = {"reason": outcome.reason, "commit": passage.head or ""}
    body = {"passed": outcome.passed, "body": _report_body(task, outcome, passage.head)}
    forges = [topic for topic in configured_topics(passage.engine.settings.gate) if topic in FORGES]
    left = [notice(topic, VERDICT, task, **facts, **body) for topic in forges]
    if outcome.passed and task.developer_retries:
        left.append(notice(TELEGRAM, RECOVERY, task, check=CHECK_NAME, reason=outcome.reason))
    return tuple(left)


def _report_body(task: Task, outcome: Outcome, head: str | None) -> str:
    """What the report says to people; empty where there is none of this very verdict."""
    with suppress(ReportError):
        text = read_report_file(gate.report_path(task.repo, task.work_item))
        report = read_report(text)
        if report.status == ("PASS" if outcome.passed else "FAIL") and report.commit == head:
            return report_body(text)
    return ""


def _enqueue(topic: str, payload: Mapping[str, object], rows: Rows) -> None:
    rows.shared.enqueue(topic=topic, payload=payload, dedup_key=None, at=rows.at)
