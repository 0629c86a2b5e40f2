"""The work order: all that a developer is told."""

from __future__ import annotations

from collections.abc import Mapping

from coverage_gate import gate
from coverage_gate.adapters.render.report_reader import read_report
from coverage_gate.adapters.report_files import ReportError, read_report_file
from coverage_gate.boundary import never_raises, visible
from coverage_gate.core.linebits import lines_of, ranges_text
from coverage_gate.splice import CHECK_NAME
from stage_engine.context import Engine
from stage_engine.values import Task

ORDER_NAME = "19-work-order.md"


def first_order(task: Task) -> str:
    """What a task is sent into development with for the first time."""
    return _head(task) + "\nWrite what the title asks for, with tests.\n" + _tail(task)


def work_order(
    task: Task, *, check: str, reason: str, attempt: int, gaps: Mapping[str, str] | None = None
) -> str:
    """What a failed task is sent back with.

    Args:
        task: Which task.
        check: The check that failed.
        reason: Its reason.
        attempt: 1 for the first time that the task is sent back.
        gaps: Path of a changed file → its lines that no test runs.
    """
    told = f"\nAttempt {attempt}. `{check}` failed:\n\n{visible(reason, limit=4000)}\n"
    lines = [f"- `{visible(path)}`: {ranges}" for path, ranges in sorted((gaps or {}).items())]
    missing = "\n## Lines that no test runs\n\n" + "\n".join(lines) + "\n" if lines else ""
    report = _report(task) if check == CHECK_NAME else ""
    return _head(task) + told + missing + report + _tail(task)


@never_raises(lambda _: dict[str, str](), last=dict[str, str]())
def uncovered(engine: Engine, task: Task) -> dict[str, str]:
    """Path of each file that the branch changed → its lines that no test runs, as "3-5, 9".

    Taken from the measurement that the task's report names. Empty where there is none: an order
    must never fail for want of a detail.
    """
    report = read_report(read_report_file(gate.report_path(task.repo, task.work_item)))
    measurement = engine.store.shared.load_measurement(report.identity or "")
    if measurement is None or not report.commit or not report.base_commit:
        return {}
    changed = engine.origin(task.repo).changed(report.base_commit, report.commit)
    files = {file.path: file for file in measurement.files}
    missing = {path: files[path] for path in changed if path in files}
    found = {path: lines_of(file.statements & ~file.executed) for path, file in missing.items()}
    return {path: text for path, lines in found.items() if (text := ranges_text(lines))}


def _head(task: Task) -> str:
    title = visible(task.title or task.work_item)
    facts = f"{visible(task.work_item)} of {visible(task.repo)}, branch {visible(task.branch)}"
    return f"# Work order: {title}\n\n{facts}\n"


def _report(task: Task) -> str:
    """The report's body; its front matter is for machines."""
    try:
        text = read_report_file(gate.report_path(task.repo, task.work_item))
    except ReportError:
        return ""
    _, _, body = text.removeprefix("---\n").partition("\n---\n")
    return f"\n## What the gate found\n\n{body.strip()}\n"


def _tail(task: Task) -> str:
    return (
        f"\n## How to finish\n\nCommit on `{visible(task.branch)}`, in the folder in which you "
        "were started. Only commits count; no other branch may move.\n"
    )
