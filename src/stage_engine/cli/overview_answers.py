"""How the state of everything is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coverage_gate.adapters.render.canvas import Canvas, Style
from stage_engine.cli.output import canvas, say, status_text


def tell_queue(found: Mapping[str, Any]) -> None:
    """Tell the block of `overview.queue_block`."""
    on = canvas()
    say(on.painted("tasks", Style.HEADING))
    for stage, tasks in found["tasks"].items():
        for task in tasks:
            _tell_task(on, stage, task)
    say(f"  {found['done']} done")
    say(on.painted("merge leases", Style.HEADING))
    for repo, lease in found["leases"].items():
        over = ", over" if lease["is_over"] else ""
        say(f"  {on.plain(repo)}: {on.plain(lease['holder'])}, fence {lease['fence']}{over}")
    if not found["leases"]:
        say("  none")
    say(on.painted("jobs", Style.HEADING))
    say("  " + ", ".join(f"{count} {state}" for state, count in found["jobs"].items()))
    _tell_messages(on, found["messages"])
    _tell_coverage(on, found["coverage"])


def tell_plan(found: Mapping[str, Any]) -> None:
    """Tell the block of `overview.plan_block`."""
    on = canvas()
    say(on.painted(on.plain(" → ".join(found["edge"])), Style.HEADING))
    for number, gate in enumerate(found["sub_gates"], start=1):
        missing = "" if gate["is_there"] else " (missing: it blocks)"
        say(f"{number}. {gate['name']}{missing}")
        for key in ("after", "before", "requires"):
            if gate[key]:
                say(f"     {key} {', '.join(gate[key])}")


def _tell_task(on: Canvas, stage: str, task: Mapping[str, Any]) -> None:
    name = f"{on.plain(task['work_item'])} of {on.plain(task['repo'])}"
    say(f"  {stage}: {task['task_id']}, {name}, {status_text(on, task['status'])}")
    if task["reason"]:
        for line in on.wrapped(task["reason"], indent=6):
            say(line)


def _tell_messages(on: Canvas, messages: Mapping[str, Mapping[str, Any]]) -> None:
    say(on.painted("messages", Style.HEADING))
    for topic, counts in messages.items():
        why = "" if counts["is_configured"] else " (not configured)"
        say(f"  {on.plain(topic)}{why}: {counts['pending']} wait, {counts['dead']} dead")
    if not messages:
        say("  none")


def _tell_coverage(on: Canvas, block: Mapping[str, Any]) -> None:
    say(on.painted("coverage", Style.HEADING))
    state = "enabled" if block["enabled"] else "disabled"
    say(f"  {state}, policy {block['policy']}, floor {block['floor']}")
    for repo, row in block["baselines"].items():
        sha = row["sha"][:12] or "(set by hand)"
        say(f"  {on.plain(repo)}: {row['coverage']:g} % at {sha}")
    if not block["baselines"]:
        say("  no baseline yet: the first merge founds one")
