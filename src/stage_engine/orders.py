"""The work order: all that a developer is told."""

from __future__ import annotations

from coverage_gate import gate
from coverage_gate.adapters.render.printable import markdown_code, markdown_text
from coverage_gate.adapters.render.report_body import order_in
from coverage_gate.adapters.report_files import ReportError, read_report_file
from coverage_gate.splice import CHECK_NAME
from stage_engine.values import Task

ORDER_NAME = "19-work-order.md"


def first_order(task: Task) -> str:
    """What a task is sent into development with for the first time."""
    return _head(task) + "\nWrite what the title asks for, with tests.\n" + _tail(task)


def work_order(task: Task, *, check: str, reason: str, attempt: int) -> str:
    """What a failed task is sent back with.

    Args:
        task: Which task.
        check: The check that failed.
        reason: Its reason.
        attempt: 1 for the first time that the task is sent back.
    """
    told = f"\nAttempt {attempt}. `{check}` failed:\n\n{markdown_code(reason, limit=4000)}\n"
    order = _order(task) if check == CHECK_NAME else ""
    return _head(task) + told + order + _tail(task)


def _head(task: Task) -> str:
    title = markdown_text(task.title or task.work_item)
    names = [markdown_text(name) for name in (task.work_item, task.repo, task.branch)]
    facts = "{} of {}, branch {}".format(*names)
    return f"# Work order: {title}\n\n{facts}\n"


def _order(task: Task) -> str:
    """The gate's own order; where it wrote none, what its report tells people."""
    try:
        text = read_report_file(gate.report_path(task.repo, task.work_item))
    except ReportError:
        return ""
    order = order_in(text)
    if order:
        return f"\n{order}\n"
    _, _, body = text.removeprefix("---\n").partition("\n---\n")
    return f"\n## What the gate found\n\n{body.strip()}\n"


def _tail(task: Task) -> str:
    return (
        f"\n## How to finish\n\nCommit on {markdown_code(task.branch)}, in the folder in which you "
        "were started. Only commits count; no other branch may move.\n"
    )
